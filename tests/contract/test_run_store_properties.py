"""Whatever workers, humans and crashes do to runs, in any order: both stores agree and lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis
from tests.support.depth import DEPTH

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.claim import Claim, ClaimStatus
from fluxagents.flows.ports.commit import Commit, CommitResult, CommitStatus
from fluxagents.flows.ports.dispatch import Dispatch, Outgoing
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import TERMINAL, RunState, child_ids, state_digest
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.runs.run_store import RedisRunStore

T = TypeVar("T")
Does = Literal["go on", "ask", "split", "fan out", "finish"]

CAP = 3
NODES = ("node-1", "node-2")
QUEUES = ("tools", "decide")
FLOW = e.FlowRef(name="f", version=1, digest="d")
CALL = CallTool(tool="noop")
FAULT = FluxError(ErrorClass.INTERNAL, "a fault").info("step")

HOUR_MS = 3_600_000
FOR_EVER_MS = 10**12
PAUSES_MS = (0, 0, 0, -HOUR_MS // 2, HOUR_MS // 2)
"""Before a step may begin: most have none, and one is over already."""

which = st.integers(min_value=0, max_value=99)
"""Of several runs: modulo how many there are."""
back = st.sampled_from((0, 0, 0, 0, 1, 2, 5))
"""Which message or lease of a run, from the latest back: mostly the latest."""
node_names = st.sampled_from(NODES)
queues = st.sampled_from(QUEUES)
pauses = st.sampled_from(PAUSES_MS)
what_steps_do = st.sampled_from(("go on", "go on", "go on", "ask", "ask", "split", "fan out", "finish"))


@dataclass
class Clock:
    """The clock of the store in memory, which may be put forward."""

    ahead_ms: int = 0

    def now_ms(self) -> int:
        return SystemClock().now_ms() + self.ahead_ms


@dataclass
class Held:
    """A lease as its worker remembers it, long after it may have lost it."""

    state: RunState
    fence: int
    exhausted: bool


@dataclass
class Modelled:
    """What a run must look like: the simplest thing that could be right."""

    state: RunState
    events: list[e.Event]
    dispatch: Dispatch | None
    messages: list[Outgoing]
    """All that were ever published for this run; each may be delivered at any time, any number of times."""
    before: RunState | None = None
    held: list[Held] = field(default_factory=list)
    """All leases that were ever given."""
    owner: str | None = None
    aged: bool = False
    """Whether the lease is older than any step may take."""
    sleeping: bool = False
    """Whether it waits for a time, or for runs that it began."""
    awaits: set[str] = field(default_factory=set)
    """Those that it waits for."""
    fence: int = 0
    deliveries: int = 0
    pause_by: str = ""
    last_error: str = ""

    @property
    def sent(self) -> bool:
        """Whether a worker is to take it, or has."""
        return self.dispatch is not None and not self.sleeping

    def settle(self, commit: Commit, outgoing: Outgoing | None, *, now_ms: int) -> None:
        self.before, self.state, self.dispatch = self.state, commit.state, commit.dispatch
        self.events += commit.events
        self.owner, self.deliveries, self.pause_by, self.last_error = None, 0, "", ""
        until_ms = commit.dispatch.not_before_ms if commit.dispatch else 0
        if 0 < until_ms <= now_ms:
            self.awaits = set()
        follows_others = commit.dispatch is not None and bool(commit.dispatch.after)
        # A time beside runs to wait for is the latest moment: with their end it is over.
        self.sleeping = bool(self.awaits) if follows_others else until_ms > now_ms
        assert (outgoing is not None) is self.sent
        self.messages += [outgoing] if outgoing else []


class Stores(RuleBasedStateMachine):
    """The two stores side by side, and what both must say."""

    redis: Redis

    def __init__(self) -> None:
        super().__init__()
        self.prefix = f"test-{uuid4().hex[:12]}:"
        self.clock = Clock()
        self.stores: tuple[RunStore, RunStore] = (
            MemoryRunStore(self.clock),
            RedisRunStore(self.redis, prefix=self.prefix),
        )
        self.runs: dict[str, Modelled] = {}
        self.seen: dict[str, int] = {}
        """Up to which step the events of a run were compared."""
        self.pids: dict[str, set[str]] = {}
        """Processes of the nodes whose heartbeat is fresh."""

    def teardown(self) -> None:
        keys = list(self.redis.scan_iter(f"{self.prefix}*", count=1_000))
        if keys:
            self.redis.delete(*keys)

    def both(self, ask: Callable[[RunStore], T]) -> T:
        """What both stores answer; they must agree."""
        memory, real = (ask(store) for store in self.stores)
        assert memory == real
        return memory

    def one_of(self, number: int, fits: Callable[[Modelled], object] = lambda _: True) -> Modelled:
        fitting = [run for run in self.runs.values() if fits(run)]
        return fitting[number % len(fitting)]

    def holds(self, run: Modelled) -> bool:
        """Whether a live worker is at it."""
        node, _, pid = (run.owner or "").rpartition("|")
        return not run.aged and pid in self.pids.get(node, ())

    def free(self, run: Modelled) -> bool:
        return run.sent and not self.holds(run)

    def open(self, run: Modelled) -> bool:
        return not run.state.has_ended

    def is_any(self, fits: Callable[[Modelled], object]) -> bool:
        return any(fits(run) for run in self.runs.values())

    # What a worker does, and what both stores must say to it.

    def claim(
        self,
        run: Modelled,
        sent: Outgoing,
        owner: str,
        *,
        digest: str | None = None,
        lease_ms: int = FOR_EVER_MS,
    ) -> Held | None:
        claim = self.both(
            lambda store: store.claim(
                run.state.run_id,
                sent.seq,
                digest=state_digest(sent.state) if digest is None else digest,
                sequence_number=sent.sequence_number,
                owner=owner,
                max_deliveries=CAP,
                lease_ms=lease_ms,
            )
        )
        assert claim.status is self.expected(run, sent, altered=digest not in {None, ""})
        if not claim.fence:
            return None
        self.check_lease(run, claim, by_reference=digest == "")
        node, _, pid = owner.rpartition("|")
        if node in self.pids:
            self.pids[node].add(pid)
        run.owner, run.aged, run.fence = owner, lease_ms == 0, claim.fence
        run.deliveries += 1
        if run.aged:
            given_ms = SystemClock().now_ms()
            while SystemClock().now_ms() <= given_ms + 1:
                """The clock ticks in ms."""
        run.held.append(Held(run.state, claim.fence, claim.status is ClaimStatus.EXHAUSTED))
        return run.held[-1]

    def expected(self, run: Modelled, sent: Outgoing, *, altered: bool) -> ClaimStatus:
        if sent.seq != run.state.seq:
            return ClaimStatus.STALE
        if not run.sent:
            return ClaimStatus.NOT_RUNNABLE
        if altered:
            return ClaimStatus.DIGEST_MISMATCH
        if self.holds(run):
            return ClaimStatus.LEASED
        return ClaimStatus.EXHAUSTED if run.deliveries >= CAP else ClaimStatus.OK

    def check_lease(self, run: Modelled, claim: Claim, *, by_reference: bool) -> None:
        assert claim.fence > run.fence
        assert claim.state == (run.state.model_dump_json() if by_reference else "")
        assert claim.last_error == run.last_error

    def commit(self, commit: Commit, *, fence: int | None, pausing: bool = False) -> CommitResult:
        text = commit.state.model_dump_json()
        return self.both(lambda store: store.commit(commit, text, fence=fence, pausing=pausing))

    def write(
        self, run: Modelled, held: Held, does: Does = "go on", *, queue: str = "tools", pause_ms: int = 0
    ) -> CommitStatus:
        """Commit with a lease that the worker has, or had: only the latest fence writes, and only once."""
        event = step_event(held, does)
        seq, state = held.state.seq, reduce(held.state, event)
        commit = Commit(events=(event,), state=state, dispatch=self.follows(state, queue, pause_ms))
        commit = with_children(commit, event)
        done = self.commit(commit, fence=held.fence)
        if seq != run.state.seq or run.owner is None or held.fence != run.fence:
            assert done.status is CommitStatus.STALE
            return done.status
        if run.pause_by and state.status in {"running", "waiting"}:
            assert (done.status, done.pause_by) == (CommitStatus.PAUSE_REQUESTED, run.pause_by)
            pause = e.RunPaused(seq=seq, at_ms=seq, by=done.pause_by)
            commit = replace(commit, events=(event, pause), state=reduce(state, pause), dispatch=None)
            done = self.commit(commit, fence=held.fence, pausing=True)
        assert done.status is CommitStatus.OK
        self.settle(run, commit, done)
        return done.status

    def settle(self, run: Modelled, commit: Commit, done: CommitResult) -> None:
        more = {one.run_id: one for one in done.others}
        for child in commit.children:
            run_id = child.state.run_id
            assert run_id not in self.runs
            begun = Modelled(child.state, [], None, [])
            begun.awaits = self.not_at_rest(child.dispatch)
            begun.settle(child, more.pop(run_id, None), now_ms=self.clock.now_ms())
            self.runs[run_id] = begun
        run.awaits = self.not_at_rest(commit.dispatch)
        run.settle(commit, done.outgoing, now_ms=self.clock.now_ms())
        if run.state.status in TERMINAL:
            for name, other in self.runs.items():
                if run.state.run_id in other.awaits:
                    other.awaits.remove(run.state.run_id)
                    if not other.awaits:
                        other.sleeping = False
                        other.messages.append(more.pop(name))
        assert more == {}

    def not_at_rest(self, dispatch: Dispatch | None) -> set[str]:
        named = dispatch.after if dispatch else ()
        return {run_id for run_id in named if self.runs[run_id].state.status not in TERMINAL}

    def follows(self, state: RunState, queue: str, pause_ms: int = 0) -> Dispatch | None:
        if state.status == "running":
            if state.joining:
                return Dispatch("tool.noop", queue, after=state.joining.runs)
            if state.begun:
                until_ms = self.at(pause_ms or HOUR_MS // 2)
                return Dispatch("run.join", queue, after=state.begun.runs, not_before_ms=until_ms)
            at_ms = self.at(pause_ms) if pause_ms else 0
            return Dispatch("tool.noop", queue, not_before_ms=at_ms)
        if state.status == "waiting" and not state.notified:
            return Dispatch("human.notify", "human")
        return None

    def at(self, pause_ms: int) -> int:
        """So long from now; what is over is so by the server's clock too, which cannot be put forward."""
        return (self.clock if pause_ms > 0 else SystemClock()).now_ms() + pause_ms

    def give_back(self, run: Modelled, held: Held, *, error: str) -> None:
        seq = held.state.seq
        mine = run.owner is not None and (seq, held.fence) == (run.state.seq, run.fence)
        released = self.both(lambda store: store.release(run.state.run_id, seq, held.fence, error=error))
        assert released is mine
        if mine:
            run.owner, run.last_error = None, error or run.last_error
            run.deliveries -= 0 if error else 1

    def ask_for_pause(self, run: Modelled) -> None:
        assert self.both(lambda store: store.request_pause(run.state.run_id, "ada")) is (
            run.owner is not None
        )
        run.pause_by = "ada" if run.owner else run.pause_by

    def steer(self, run: Modelled, seen: RunState, event: e.Event) -> None:
        """A human acts on a state that was seen."""
        state = reduce(seen, event)
        commit = Commit(events=(event,), state=state, dispatch=self.follows(state, "tools"))
        done = self.commit(commit, fence=None)
        if seen.seq != run.state.seq:
            assert done.status is CommitStatus.STALE
            return
        assert done.status is CommitStatus.OK
        assert (done.interrupted > 0) == (run.owner is not None)
        self.settle(run, commit, done)

    def issued(self, ask: Callable[[RunStore], list[Outgoing]]) -> list[Outgoing]:
        """What both stores issue again: the same runs, with the same sequence numbers in another order."""
        memory, real = (sorted(ask(store), key=lambda one: one.run_id) for store in self.stores)
        assert [replace(one, sequence_number=0) for one in memory] == [
            replace(one, sequence_number=0) for one in real
        ]
        assert sorted(one.sequence_number for one in memory) == sorted(one.sequence_number for one in real)
        for one in memory:
            run = self.runs[one.run_id]
            assert run.dispatch
            assert (one.seq, one.dispatch) == (run.state.seq, replace(run.dispatch, after=()))
            run.owner = None
            run.messages.append(one)
        return memory

    # Anything at any time.

    @initialize(first=queues, second=queues)
    def begin(self, first: str, second: str) -> None:
        for node in NODES:
            self.beat(node, alive=True)
        for number, queue in enumerate((first, second)):
            self.create(queue, again=False, number=number)

    @rule(queue=queues, again=st.booleans(), number=which)
    def create(self, queue: str, *, again: bool, number: int) -> None:
        """A start, or one that is delivered twice."""
        known = list(self.runs)
        run_id = known[number % len(known)] if again else f"run-{len(known)}"
        event = e.RunStarted(
            seq=0,
            at_ms=len(known),
            run_id=run_id,
            session=f"s{number % 2}",
            flow=FLOW,
            start_node="a",
            inputs={},
        )
        state = reduce(None, event)
        commit = Commit(events=(event,), state=state, dispatch=self.follows(state, queue))
        outgoing = self.both(lambda store: store.create(commit, state.model_dump_json()))
        assert (outgoing is None) == (run_id in self.runs)
        if outgoing:
            self.runs[run_id] = Modelled(commit.state, [event], commit.dispatch, [outgoing])

    @rule(
        number=which,
        message=back,
        node=node_names,
        pid=st.sampled_from(("1", "2")),
        digest=st.sampled_from((None, None, "", "f" * 64)),
        lease_ms=st.sampled_from((FOR_EVER_MS, FOR_EVER_MS, 0)),
    )
    def deliver(
        self, number: int, message: int, node: str, pid: str, *, digest: str | None, lease_ms: int
    ) -> None:
        """A worker claims: any message that was ever published, in any order, any number of times."""
        run = self.one_of(number, lambda run: run.messages)
        sent = run.messages[-1 - message % len(run.messages)]
        self.claim(run, sent, f"{node}|{pid}", digest=digest, lease_ms=lease_ms)

    @precondition(lambda self: self.is_any(lambda run: run.held))
    @rule(number=which, lease=back, does=what_steps_do, queue=queues, pause_ms=pauses)
    def step(self, number: int, lease: int, does: Does, queue: str, pause_ms: int) -> None:
        run = self.one_of(number, lambda run: run.held)
        self.write(run, run.held[-1 - lease % len(run.held)], does, queue=queue, pause_ms=pause_ms)

    @precondition(lambda self: self.is_any(lambda run: run.held))
    @rule(number=which, lease=back, error=st.sampled_from(("", "a fault")))
    def release(self, number: int, lease: int, error: str) -> None:
        run = self.one_of(number, lambda run: run.held)
        self.give_back(run, run.held[-1 - lease % len(run.held)], error=error)

    @precondition(lambda self: self.is_any(self.open))
    @rule(number=which, what=which, late=st.booleans())
    def outside(self, number: int, what: int, *, late: bool) -> None:
        """A human steers, from the present state or from one that has passed."""
        run = self.one_of(number, self.open)
        seen = run.before if late and run.before else run.state
        possible = outside_events(seen)
        self.steer(run, seen, possible[what % len(possible)])

    @rule(number=which)
    def request_pause(self, number: int) -> None:
        self.ask_for_pause(self.one_of(number))

    @rule(node=node_names, alive=st.booleans())
    def beat(self, node: str, *, alive: bool) -> None:
        """A heartbeat of a node with fresh processes, or its crash."""
        self.both(lambda store: store.beat(node, [1] if alive else [], FOR_EVER_MS))
        self.pids.pop(node, None)
        if alive:
            self.pids[node] = {"1"}

    @rule(queue=st.sampled_from((*QUEUES, "human")), idle=st.booleans())
    def reconcile(self, queue: str, *, idle: bool) -> None:
        """Lost dispatches are issued again: never of a run that waits, sleeps, has ended or is at work."""
        mine = {name: run for name, run in self.runs.items() if run.dispatch and run.dispatch.queue == queue}
        free = {name for name, run in mine.items() if self.free(run)}
        lost = {name for name in free if mine[name].owner}
        issued = self.issued(
            lambda store: store.find_lost_dispatches(queue, idle=idle, grace_ms=0, limit=1_000)
        )
        found = {one.run_id for one in issued}
        assert lost <= found <= free
        assert found == free or not idle

    @rule(hours=st.integers(min_value=0, max_value=1))
    def wake(self, hours: int) -> None:
        """Time passes, and each run whose time has come is issued once."""
        self.clock.ahead_ms += hours * HOUR_MS
        asleep = {
            name: run.dispatch.not_before_ms
            for name, run in self.runs.items()
            if run.sleeping and run.dispatch
        }
        due_ms = {name: at_ms for name, at_ms in asleep.items() if at_ms}
        assert self.redis.zcard(f"{self.prefix}timers") == len(due_ms)
        if due_ms:
            # A server's clock cannot be put forward: its timers are put back instead.
            put_back = {name: at_ms - self.clock.ahead_ms for name, at_ms in due_ms.items()}
            assert self.redis.zadd(f"{self.prefix}timers", put_back, xx=True) == 0
        woken = self.issued(lambda store: store.wake(limit=1_000))
        assert {one.run_id for one in woken} == {
            name for name, at_ms in due_ms.items() if at_ms <= self.clock.now_ms()
        }
        for one in woken:
            self.runs[one.run_id].sleeping = False
            self.runs[one.run_id].awaits = set()

    # What chance alone finds too seldom.

    @precondition(lambda self: self.is_any(self.free))
    @rule(number=which, steps=st.integers(min_value=1, max_value=CAP + 2), queue=queues, twice=st.booleans())
    def work(self, number: int, steps: int, queue: str, *, twice: bool) -> None:
        """Several steps of a run, as they should go; each message may come twice."""
        self.work_on(self.one_of(number, self.free), steps, queue, twice=twice)

    def work_on(self, run: Modelled, steps: int, queue: str, *, twice: bool) -> None:
        for _ in range(steps):
            self.beat("node-1", alive=True)
            if not self.free(run):
                return
            sent = run.messages[-1]
            held = self.claim(run, sent, "node-1|1")
            assert held is not None
            if twice:
                assert self.claim(run, sent, "node-2|1") is None
                self.reconcile(sent.dispatch.queue, idle=True)
                assert self.holds(run)
            assert self.write(run, held, queue=queue) is CommitStatus.OK
            if twice:
                assert self.claim(run, sent, "node-2|1") is None

    @precondition(lambda self: self.is_any(self.free))
    @rule(
        number=which,
        how=st.sampled_from(("crash", "age", "reconcile")),
        first=st.booleans(),
        does=what_steps_do,
    )
    def take_over(self, number: int, how: str, *, first: bool, does: Does) -> None:
        """A worker is taken for dead, another has its step, and both commit in either order."""
        run = self.one_of(number, self.free)
        old = self.claim(run, run.messages[-1], "node-1|1", lease_ms=0 if how == "age" else FOR_EVER_MS)
        assert old is not None
        if how != "age":
            self.beat("node-1", alive=False)
        if how == "reconcile":
            assert run.dispatch
            self.reconcile(run.dispatch.queue, idle=False)
        assert self.write(run, old) is CommitStatus.STALE if run.owner is None else True
        new = self.claim(run, run.messages[-1], "node-2|1")
        assert new is not None
        latecomers = (old, new) if first else (new, old)
        answers = [self.write(run, held, does) for held in latecomers]
        assert answers == (
            [CommitStatus.STALE, CommitStatus.OK] if first else [CommitStatus.OK, CommitStatus.STALE]
        )
        self.give_back(run, old, error="a fault")

    @precondition(lambda self: self.is_any(self.free))
    @rule(number=which, does=what_steps_do, queue=queues, resumed=st.booleans())
    def pause_between(self, number: int, does: Does, queue: str, *, resumed: bool) -> None:
        """A pause is asked for while a step runs; what it found is kept and nothing follows."""
        run = self.one_of(number, self.free)
        held = self.claim(run, run.messages[-1], "node-2|1")
        assert held is not None
        self.ask_for_pause(run)
        self.write(run, held, does, queue=queue)
        assert run.state.status in {"paused", "finished", "dead"}
        assert run.dispatch is None
        if resumed and run.state.status == "paused":
            self.steer(run, run.state, e.RunResumed(seq=run.state.seq, at_ms=run.state.seq, by="ada"))
            self.work_on(run, 1, queue, twice=False)

    @precondition(lambda self: self.is_any(self.free))
    @rule(number=which, how=st.sampled_from(("crash", "fault", "refusal")))
    def exhaust(self, number: int, how: str) -> None:
        """A step that fails each time it is delivered; giving it back untried never exhausts it."""
        run = self.one_of(number, self.free)
        for _ in range(CAP + 1):
            held = self.claim(run, run.messages[-1], "node-1|1")
            assert held is not None
            if held.exhausted:
                assert self.write(run, held) is CommitStatus.OK
                assert run.state.status == "dead"
                return
            if how == "crash":
                self.beat("node-1", alive=False)
            else:
                self.give_back(run, held, error="a fault" if how == "fault" else "")
        assert how == "refusal"

    @precondition(lambda self: self.is_any(self.free))
    @rule(number=which, queue=queues, disturbed=st.booleans())
    def nap(self, number: int, queue: str, *, disturbed: bool) -> None:
        """The next step may begin later only; a human may be faster."""
        run = self.one_of(number, self.free)
        held = self.claim(run, run.messages[-1], "node-2|1")
        assert held is not None
        self.write(run, held, queue=queue, pause_ms=HOUR_MS // 2)
        if disturbed and self.open(run):
            self.steer(run, run.state, outside_events(run.state)[0])
        for hours in (0, 1, 0):
            self.wake(hours)

    @precondition(lambda self: self.is_any(self.free))
    @rule(number=which, queue=queues, pause_ms=pauses, all_end=st.booleans())
    def fan_out(self, number: int, queue: str, *, pause_ms: int, all_end: bool) -> None:
        """Runs that begin one after the other; whoever waits goes on with the last, or when time is up."""
        run = self.one_of(number, self.free)
        held = self.claim(run, run.messages[-1], "node-2|1")
        assert held is not None
        self.write(run, held, "fan out", queue=queue, pause_ms=pause_ms)
        for name in run.state.begun.runs[: 3 if all_end else 2] if run.state.begun else ():
            child = self.runs[name]
            self.beat("node-2", alive=True)
            if self.free(child):
                taken = self.claim(child, child.messages[-1], "node-2|1")
                assert taken is not None
                self.write(child, taken, "finish")
        for hours in (0, 1):
            self.wake(hours)

    @invariant()
    def nothing_is_lost_or_written_twice(self) -> None:
        moved = {run_id: run for run_id, run in self.runs.items() if run.state.seq != self.seen.get(run_id)}
        for run_id, run in moved.items():
            self.seen[run_id] = run.state.seq
            events = self.both(lambda store, run_id=run_id: store.events(run_id))  # type: ignore[misc]
            state = self.both(lambda store, run_id=run_id: store.load(run_id))  # type: ignore[misc]
            assert list(events) == run.events
            assert state == run.state == fold(events)
            assert sorted({event.seq for event in events}) == list(range(state.seq))

    @invariant()
    def both_list_alike(self) -> None:
        listed = self.both(lambda store: store.runs(limit=1_000))
        assert {state.run_id: state for state in listed} == {
            run_id: run.state for run_id, run in self.runs.items() if not run.state.parent
        }
        self.both(lambda store: store.counts())
        self.both(lambda store: sorted(store.requests(), key=lambda asked: asked[0]))


def step_event(held: Held, does: Does) -> e.Event:
    """What a step of a run in this state says."""
    state, seq = held.state, held.state.seq
    if held.exhausted:
        return e.RunDeadLettered(seq=seq, at_ms=seq, error=FAULT)
    if state.waiting_for is not None:
        return e.HumanNotified(seq=seq, at_ms=seq, request_id=state.waiting_for.id, channels=("inbox",))
    if does == "ask":
        return e.QuestionAsked(seq=seq, at_ms=seq, request=question(state))
    if does == "finish":
        return e.RunFinished(seq=seq, at_ms=seq, node="a", answer="42")
    return beginning(state, does)


def beginning(state: RunState, does: Does) -> e.Event:
    """What begins with a step: runs of others, or the next node."""
    seq = state.seq
    if does == "split":
        names = tuple(f"{state.run_id}.{seq}.part{index}" for index in range(2))
        return e.ToolSplit(seq=seq, at_ms=seq, node="a", call=CALL, runs=names)
    if does == "fan out":
        names = child_ids(f"{state.run_id}.{seq}", 3)
        runs = tuple(e.RunBegun(run_id=name, inputs={}, model=None) for name in names)
        return e.RunsBegun(seq=seq, at_ms=seq, node="a", flow=FLOW, start_node="a", runs=runs, width=1)
    return e.NodeEntered(seq=seq, at_ms=seq, node="b")


def with_children(commit: Commit, event: e.Event) -> Commit:
    """The runs that begin with an event: parts all at once, those of a node one after the other."""
    in_turn = isinstance(event, e.RunsBegun)
    names: tuple[str, ...] = ()
    if isinstance(event, e.ToolSplit):
        names = event.runs
    if isinstance(event, e.RunsBegun):
        names = tuple(one.run_id for one in event.runs)
    children = []
    for place, name in enumerate(names):
        started = e.RunStarted(
            seq=0,
            at_ms=event.at_ms,
            run_id=name,
            session="children",
            flow=FLOW,
            start_node="a",
            inputs={},
            parent=commit.state.run_id,
        )
        before = names[place - 1 : place] if in_turn else ()
        dispatch = Dispatch("tool.noop", "tools", after=before)
        children.append(Commit(events=(started,), state=reduce(None, started), dispatch=dispatch))
    return replace(commit, children=tuple(children))


def question(state: RunState) -> HumanRequest:
    return HumanRequest(
        id=f"{state.run_id}.{state.seq}", kind="question", node="a", question="which?", digest="x"
    )


def outside_events(state: RunState) -> list[e.Event]:
    """What a human may do to a run in this state: end it, but rather something else."""
    seq, status = state.seq, state.status
    found: list[e.Event] = []
    if status in {"running", "waiting"}:
        found.append(e.RunPaused(seq=seq, at_ms=seq, by="ada"))
    if status == "running":
        found.append(e.QuestionAsked(seq=seq, at_ms=seq, request=question(state)))
    if status == "paused":
        found.append(e.RunResumed(seq=seq, at_ms=seq, by="ada"))
    if status == "dead":
        found.append(e.RunRetried(seq=seq, at_ms=seq, by="ada"))
    if state.waiting_for is not None:
        asked = state.waiting_for.id
        found.append(e.QuestionAnswered(seq=seq, at_ms=seq, request_id=asked, by="ada", answer="this"))
    return [*found, *found, e.RunCancelled(seq=seq, at_ms=seq, by="ada", reason="enough")]


@pytest.mark.hypothesis
def test_any_interleaving_is_recorded_exactly_once_by_both_stores(redis: Redis) -> None:
    machine = type("StoresOnRedis", (Stores,), {"redis": redis})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=120 * DEPTH,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
