"""Whatever workers, humans and crashes do to runs, in any order: both stores agree and lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from redis import Redis

from fluxagents.flows import events as e
from fluxagents.flows.memory_store import MemoryRunStore
from fluxagents.flows.ports import Answer, Claim, Commit, Committed, Dispatch, Outgoing, RunStore
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import RunState, state_digest
from fluxagents.workers.clock import SystemClock
from fluxagents.workers.redis_store import RedisRunStore

T = TypeVar("T")

CAP = 3
NODES = ("node-1", "node-2")
QUEUES = ("tools", "decide")
DEEDS = ("cancel", "pause", "resume", "ask", "answer")
FLOW = e.FlowRef(name="f", version=1, digest="d")

pick = st.integers(min_value=0, max_value=99)
"""Which run, claim or message: modulo how many there are."""


@dataclass
class Modelled:
    """What a run must look like: the simplest thing that could be right."""

    state: RunState
    events: list[e.Event]
    dispatch: Dispatch | None
    messages: list[Outgoing]
    """All that were ever published for this run; each may be delivered at any time, any number of times."""
    owner: str | None = None
    fence: int = 0
    deliveries: int = 0
    pause_by: str = ""

    def settle(self, commit: Commit, outgoing: Outgoing | None) -> None:
        self.state, self.dispatch = commit.state, commit.dispatch
        self.events += commit.events
        self.owner, self.deliveries, self.pause_by = None, 0, ""
        assert (outgoing is None) == (commit.dispatch is None)
        self.messages += [outgoing] if outgoing else []


@dataclass
class Held:
    """A lease as its worker remembers it, long after it may have lost it."""

    run_id: str
    state: RunState
    fence: int


@dataclass
class Living:
    """Processes whose node's heartbeat is fresh."""

    pids: dict[str, set[str]] = field(default_factory=dict)

    def has(self, owner: str | None) -> bool:
        node, _, pid = (owner or "").rpartition("|")
        return pid in self.pids.get(node, ())


class Stores(RuleBasedStateMachine):
    """The two stores side by side, and what both must say."""

    redis: Redis

    def __init__(self) -> None:
        super().__init__()
        self.prefix = f"test-{uuid4().hex[:12]}:"
        self.real = RedisRunStore(self.redis, prefix=self.prefix)
        self.stores: tuple[RunStore, RunStore] = (MemoryRunStore(SystemClock()), self.real)
        self.runs: dict[str, Modelled] = {}
        self.claims: list[Held] = []
        self.living = Living()
        for node in NODES:
            self.beat(node, alive=True)

    def teardown(self) -> None:
        keys = list(self.redis.scan_iter(f"{self.prefix}*", count=1_000))
        if keys:
            self.redis.delete(*keys)

    def both(self, ask: Callable[[RunStore], T]) -> T:
        """What both stores answer; they must agree."""
        memory, real = (ask(store) for store in self.stores)
        assert memory == real
        return memory

    def commit(self, commit: Commit, *, fence: int | None, pausing: bool = False) -> Committed:
        text = commit.state.model_dump_json()
        return self.both(lambda store: store.commit(commit, text, fence=fence, pausing=pausing))

    @rule(queue=st.sampled_from(QUEUES), again=st.booleans(), which=pick)
    def create(self, queue: str, *, again: bool, which: int) -> None:
        """A start, or one that is delivered twice."""
        known = list(self.runs)
        run_id = known[which % len(known)] if again and known else f"run-{len(known)}"
        event = e.RunStarted(
            seq=0,
            at_ms=len(known),
            run_id=run_id,
            session=f"s{which % 2}",
            flow=FLOW,
            start_node="a",
            inputs={},
        )
        commit = Commit(events=(event,), state=reduce(None, event), dispatch=Dispatch("tool.noop", queue))
        text = commit.state.model_dump_json()
        outgoing = self.both(lambda store: store.create(commit, text))
        assert (outgoing is None) == (run_id in self.runs)
        if outgoing:
            self.runs[run_id] = Modelled(commit.state, [event], commit.dispatch, [outgoing])

    @rule(which=pick, message=pick, node=st.sampled_from(NODES), pid=st.sampled_from(("1", "2")))
    def deliver(self, which: int, message: int, node: str, pid: str) -> None:
        """A worker claims: any message that was ever published, in any order, any number of times."""
        if not self.runs:
            return
        run_id, run = list(self.runs.items())[which % len(self.runs)]
        sent = run.messages[-1 - message % len(run.messages)]
        owner = f"{node}|{pid}"
        claim = self.both(
            lambda store: store.claim(
                run_id,
                sent.seq,
                digest=state_digest(sent.state),
                ticket=sent.ticket,
                owner=owner,
                cap=CAP,
                lease_ms=600_000,
            )
        )
        self.check_claim(run, sent, claim)
        if claim.fence:
            if node in self.living.pids:
                self.living.pids[node].add(pid)
            run.owner, run.fence, run.deliveries = owner, claim.fence, run.deliveries + 1
            self.claims.append(Held(run_id, run.state, claim.fence))

    def check_claim(self, run: Modelled, sent: Outgoing, claim: Claim) -> None:
        if sent.seq != run.state.seq:
            assert claim.answer is Answer.STALE
        elif run.dispatch is None:
            assert claim.answer is Answer.HELD
        elif self.living.has(run.owner):
            assert claim.answer is Answer.LEASED
        else:
            assert claim.answer is (Answer.EXHAUSTED if run.deliveries >= CAP else Answer.OK)
            assert claim.fence > run.fence

    @rule(which=pick, queue=st.sampled_from(QUEUES), finishes=st.booleans())
    def step(self, which: int, queue: str, *, finishes: bool) -> None:
        """A worker commits with a lease that it has, or had: only the latest fence writes."""
        if not self.claims:
            return
        held = self.claims[-1 - which % len(self.claims)]
        run, seq = self.runs[held.run_id], held.state.seq
        event: e.Event = (
            e.RunFinished(seq=seq, at_ms=seq, node="a", answer="42")
            if finishes
            else e.NodeEntered(seq=seq, at_ms=seq, node="b")
        )
        dispatch = None if finishes else Dispatch("tool.noop", queue)
        commit = Commit(events=(event,), state=reduce(held.state, event), dispatch=dispatch)
        done = self.commit(commit, fence=held.fence)
        if seq != run.state.seq or run.owner is None or held.fence != run.fence:
            assert done.answer is Answer.STALE
            return
        if run.pause_by and not finishes:
            assert (done.answer, done.pause_by) == (Answer.PAUSE, run.pause_by)
            pause = e.RunPaused(seq=seq, at_ms=seq, by=done.pause_by)
            commit = replace(commit, events=(event, pause), state=reduce(commit.state, pause), dispatch=None)
            done = self.commit(commit, fence=held.fence, pausing=True)
        assert done.answer is Answer.OK
        run.settle(commit, done.outgoing)

    @rule(which=pick, failed=st.booleans())
    def release(self, which: int, *, failed: bool) -> None:
        """A worker gives a lease back that it has, or had."""
        if not self.claims:
            return
        held = self.claims[-1 - which % len(self.claims)]
        run, seq = self.runs[held.run_id], held.state.seq
        error = "a fault" if failed else ""
        mine = run.owner is not None and (seq, held.fence) == (run.state.seq, run.fence)
        assert self.both(lambda store: store.release(held.run_id, seq, held.fence, error=error)) is mine
        if mine:
            run.owner = None
            run.deliveries -= 0 if failed else 1

    @rule(
        which=pick, what=st.sampled_from(("cancel", "pause", "resume", "ask", "answer")), late=st.booleans()
    )
    def outside(self, which: int, what: str, *, late: bool) -> None:
        """A human steers, from the present state or from one that has passed."""
        if not self.runs:
            return
        run = list(self.runs.values())[which % len(self.runs)]
        seen = fold(run.events[:-1]) if late and len(run.events) > 1 else run.state
        event = outside_event(seen, what)
        if event is None:
            return
        state = reduce(seen, event)
        goes_on = state.status == "running"
        commit = Commit(
            events=(event,), state=state, dispatch=Dispatch("tool.noop", "tools") if goes_on else None
        )
        done = self.commit(commit, fence=None)
        if seen.seq != run.state.seq:
            assert done.answer is Answer.STALE
            return
        assert done.answer is Answer.OK
        assert (done.interrupted > 0) == (run.owner is not None)
        run.settle(commit, done.outgoing)

    @rule(which=pick)
    def ask_pause(self, which: int) -> None:
        if not self.runs:
            return
        run_id, run = list(self.runs.items())[which % len(self.runs)]
        assert self.both(lambda store: store.ask_pause(run_id, "ada")) is (run.owner is not None)
        run.pause_by = "ada" if run.owner else ""

    @rule(node=st.sampled_from(NODES), alive=st.booleans())
    def beat(self, node: str, *, alive: bool) -> None:
        """A heartbeat of a node with fresh processes, or its crash."""
        pids = [1] if alive else []
        self.both(lambda store: store.beat(node, pids, 600_000))
        if alive:
            self.living.pids[node] = {"1"}
        else:
            self.living.pids.pop(node, None)

    @rule(queue=st.sampled_from(QUEUES), idle=st.booleans())
    def reconcile(self, queue: str, *, idle: bool) -> None:
        """Lost dispatches are issued again: never of a run that waits, has ended or is at work."""
        at_work = {run_id for run_id, run in self.runs.items() if self.living.has(run.owner)}
        memory, real = (
            sorted(store.overdue(queue, idle=idle, grace_ms=0, most=1_000), key=lambda one: one.run_id)
            for store in self.stores
        )
        assert [replace(one, ticket=0) for one in memory] == [replace(one, ticket=0) for one in real]
        assert sorted(one.ticket for one in memory) == sorted(one.ticket for one in real)
        for one in memory:
            run = self.runs[one.run_id]
            assert one.run_id not in at_work
            assert (one.seq, one.dispatch) == (run.state.seq, run.dispatch)
            run.owner = None
            run.messages.append(one)

    @invariant()
    def nothing_is_lost_or_written_twice(self) -> None:
        for run_id, run in self.runs.items():
            events = self.both(lambda store, run_id=run_id: store.events(run_id))  # type: ignore[misc]
            state = self.both(lambda store, run_id=run_id: store.load(run_id))  # type: ignore[misc]
            assert list(events) == run.events
            assert state == run.state == fold(events)
            assert sorted({event.seq for event in events}) == list(range(state.seq))

    @invariant()
    def both_list_alike(self) -> None:
        listed = self.both(lambda store: store.runs(most=1_000))
        assert {state.run_id for state in listed} == set(self.runs)
        self.both(lambda store: store.counts())
        self.both(lambda store: sorted(store.requests(), key=lambda asked: asked[0]))


def outside_event(state: RunState, what: str) -> e.Event | None:
    """What a human may do to a run in this state; None when nothing."""
    seq = state.seq
    question = e.HumanRequest(
        id=f"{state.run_id}.{seq}", kind="question", node="a", question="which?", digest="x"
    )
    asked = state.waiting_for.id if state.waiting_for else ""
    possible: dict[tuple[str, str], e.Event] = {
        ("pause", "running"): e.RunPaused(seq=seq, at_ms=seq, by="ada"),
        ("resume", "paused"): e.RunResumed(seq=seq, at_ms=seq, by="ada"),
        ("ask", "running"): e.QuestionAsked(seq=seq, at_ms=seq, request=question),
        ("answer", "waiting"): e.QuestionAnswered(
            seq=seq, at_ms=seq, request_id=asked, by="ada", answer="this"
        ),
    }
    if what == "cancel" and not state.ended:
        return e.RunCancelled(seq=seq, at_ms=seq, by="ada", reason="enough")
    return possible.get((what, state.status))


@pytest.mark.timeout(120)
def test_any_interleaving_is_recorded_exactly_once_by_both_stores(redis: Redis) -> None:
    machine = type("StoresOnRedis", (Stores,), {"redis": redis})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
