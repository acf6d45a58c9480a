"""The run store in this process's memory: for tests, notebooks and the shape of the real one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import RLock

from fluxagents.flows.events import Event, HumanRequest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.ports.run_store import (
    Answer,
    Claim,
    Clock,
    Commit,
    Committed,
    Dispatch,
    Outgoing,
    unknown_flow,
    unknown_run,
)
from fluxagents.flows.state import AT_REST, ENDED, STATUSES, RunState, Status, state_digest, state_from_json


@dataclass
class _Run:
    seq: int = 0
    status: Status = "running"
    state: str = ""
    digest: str = ""
    events: list[Event] = field(default_factory=list)
    dispatch: Dispatch | None = None
    ticket: int = 0
    attempt: int = 0
    due: bool = False
    sleeping: bool = False
    dispatched_ms: int = 0
    owner: str = ""
    lease_until_ms: int = 0
    fence: int = 0
    deliveries: int = 0
    last_error: str = ""
    pause_by: str = ""
    open: set[str] = field(default_factory=set)
    """Runs that it waits for."""
    followers: set[str] = field(default_factory=set)
    """Runs that wait for it."""
    request: HumanRequest | None = None


@dataclass
class _Queue:
    issued: int = 0
    seen: int = 0
    mark_seen: int = 0
    mark_ms: int | None = None


class MemoryRunStore:
    """Runs in memory, with the semantics of the Redis store to the letter."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = RLock()
        self._runs: dict[str, _Run] = {}
        self._queues: defaultdict[str, _Queue] = defaultdict(_Queue)
        self._nodes: dict[str, tuple[int, set[str]]] = {}
        self._flows: dict[str, Flow] = {}

    def create(self, commit: Commit, state: str) -> Outgoing | None:
        with self._lock:
            if commit.state.run_id in self._runs:
                return None
            self._runs[commit.state.run_id] = _Run()
            return self._settle(commit, state)

    def create_many(self, commits: Sequence[tuple[Commit, str]]) -> list[Outgoing | None]:
        return [self.create(commit, state) for commit, state in commits]

    def claim(
        self, run_id: str, seq: int, *, digest: str, ticket: int, owner: str, cap: int, lease_ms: int
    ) -> Claim:
        with self._lock:
            run = self._runs.get(run_id)
            refusal = self._refusal(run, seq, digest)
            if run is None or run.dispatch is None or refusal:
                return Claim(refusal or Answer.UNKNOWN)
            queue = self._queues[run.dispatch.queue]
            if queue.seen < ticket <= queue.issued:
                queue.seen = ticket
            if run.owner and self._holds(run):
                return Claim(Answer.LEASED)
            node, _, pid = owner.rpartition("|")
            if self._lives(node):
                self._nodes[node][1].add(pid)
            run.owner, run.due = owner, False
            run.lease_until_ms = self._clock.now_ms() + lease_ms
            run.fence += 1
            run.deliveries += 1
            answer = Answer.EXHAUSTED if run.deliveries > cap else Answer.OK
            return Claim(
                answer, fence=run.fence, state="" if digest else run.state, last_error=run.last_error
            )

    def _refusal(self, run: _Run | None, seq: int, digest: str) -> Answer | None:
        if run is None:
            return Answer.UNKNOWN
        if run.seq != seq:
            return Answer.STALE
        if run.dispatch is None or run.sleeping:
            return Answer.HELD
        if digest and run.digest != digest:
            return Answer.FORGED
        return None

    def commit(self, commit: Commit, state: str, *, fence: int | None, pausing: bool = False) -> Committed:
        with self._lock:
            run = self._runs.get(commit.state.run_id)
            if run is None:
                return Committed(Answer.UNKNOWN)
            if run.seq != commit.seq or (fence is not None and (not run.owner or run.fence != fence)):
                return Committed(Answer.STALE)
            goes_on = commit.state.status in {"running", "waiting"}
            if fence is not None and run.pause_by and not pausing and goes_on:
                return Committed(Answer.PAUSE, pause_by=run.pause_by)
            interrupted = run.attempt if run.owner and fence is None else 0
            begun = [self.create(child, child.state.model_dump_json()) for child in commit.children]
            outgoing = self._settle(commit, state)
            more = [*begun, *self._rouse_followers(commit.state)]
            return Committed(
                Answer.OK,
                outgoing=outgoing,
                more=tuple(one for one in more if one),
                interrupted=interrupted,
            )

    def _rouse_followers(self, state: RunState) -> Iterator[Outgoing | None]:
        """The messages of the runs that waited for this one as the last."""
        if state.status not in AT_REST:
            return
        followers, self._runs[state.run_id].followers = self._runs[state.run_id].followers, set()
        for run_id in sorted(followers):
            follower = self._runs.get(run_id)
            if follower is None or state.run_id not in follower.open:
                continue
            follower.open.remove(state.run_id)
            if not follower.open:
                follower.sleeping = False
                yield self._issue(run_id, follower)

    def _settle(self, commit: Commit, state: str) -> Outgoing | None:
        run = self._runs[commit.state.run_id]
        run.events += commit.events
        run.seq, run.status, run.state, run.digest = (
            commit.seq + 1,
            commit.state.status,
            state,
            state_digest(state),
        )
        run.request, run.dispatch = commit.state.waiting_for, commit.dispatch
        run.owner, run.pause_by, run.last_error, run.deliveries, run.attempt = "", "", "", 0, 0
        run.due = False
        until_ms = commit.dispatch.not_before_ms if commit.dispatch else 0
        later = until_ms > self._clock.now_ms()
        run.open = {
            other
            for other in (commit.dispatch.after if commit.dispatch else ())
            if (later or not until_ms) and other in self._runs and self._runs[other].status not in AT_REST
        }
        for other in run.open:
            self._runs[other].followers.add(commit.state.run_id)
        # A run that waits for others, at most until then, goes on when all have come to rest already.
        run.sleeping = bool(run.open) or (later and not (commit.dispatch and commit.dispatch.after))
        return None if run.sleeping else self._issue(commit.state.run_id, run)

    def _issue(self, run_id: str, run: _Run) -> Outgoing | None:
        if run.dispatch is None:
            return None
        queue = self._queues[run.dispatch.queue]
        queue.issued += 1
        run.ticket, run.attempt, run.due = queue.issued, run.attempt + 1, True
        run.dispatched_ms = self._clock.now_ms()
        dispatch = replace(run.dispatch, after=())
        return Outgoing(run_id, run.seq, run.ticket, run.attempt, dispatch, run.state)

    def release(self, run_id: str, seq: int, fence: int, *, error: str) -> bool:
        with self._lock:
            run = self._runs.get(run_id)
            if run is None or run.seq != seq or run.fence != fence or not run.owner:
                return False
            run.owner, run.due = "", True
            run.deliveries -= 0 if error else 1
            run.last_error = error or run.last_error
            return True

    def ask_pause(self, run_id: str, by: str) -> bool:
        with self._lock:
            run = self._runs.get(run_id)
            if run is None or not run.owner:
                return False
            run.pause_by = by
            return True

    def holds(self, run_id: str) -> bool:
        with self._lock:
            return run_id in self._runs

    def load(self, run_id: str) -> RunState:
        with self._lock:
            return state_from_json(self._known(run_id).state)

    def events(self, run_id: str) -> tuple[Event, ...]:
        with self._lock:
            return tuple(self._known(run_id).events)

    def _known(self, run_id: str) -> _Run:
        if run_id not in self._runs:
            raise unknown_run(run_id)
        return self._runs[run_id]

    def runs(
        self, *, status: Status | None = None, session: str | None = None, most: int = 50, offset: int = 0
    ) -> list[RunState]:
        with self._lock:
            states = [state_from_json(run.state) for run in self._runs.values()]
        newest_first = sorted(states, key=lambda state: (state.started_ms, state.run_id), reverse=True)
        if not session:
            newest_first = [state for state in newest_first if not state.parent]
        if session:
            newest_first = [state for state in newest_first if state.session == session]
        if status:
            newest_first = [state for state in newest_first if state.status == status]
        return newest_first[offset : offset + most]

    def counts(self) -> dict[str, int]:
        with self._lock:
            found: dict[str, int] = dict.fromkeys(STATUSES, 0)
            for run in self._runs.values():
                found[run.status] += 1
            return found

    def ended(self, *, most: int, offset: int = 0) -> list[RunState]:
        with self._lock:
            states = [state_from_json(run.state) for run in self._runs.values() if run.status in ENDED]
        oldest_first = sorted(states, key=lambda state: (state.started_ms, state.run_id))
        return oldest_first[offset : offset + most]

    def forget(self, run_id: str, session: str, seq: int | None = None) -> bool:
        with self._lock:
            run = self._runs.get(run_id)
            if run is None or run.status not in ENDED or seq not in {None, run.seq}:
                return False
            assert state_from_json(run.state).session == session
            del self._runs[run_id]
            return True

    def requests(self) -> list[tuple[str, HumanRequest]]:
        with self._lock:
            return [(run_id, run.request) for run_id, run in self._runs.items() if run.request]

    def beat(self, node: str, pids: Sequence[int], ttl_ms: int) -> None:
        with self._lock:
            self._nodes.pop(node, None)
            if pids:
                self._nodes[node] = (self._clock.now_ms() + ttl_ms, {str(pid) for pid in pids})

    def _lives(self, node: str) -> bool:
        return node in self._nodes and self._nodes[node][0] > self._clock.now_ms()

    def _holds(self, run: _Run) -> bool:
        node, _, pid = run.owner.rpartition("|")
        in_time = self._clock.now_ms() <= run.lease_until_ms
        return in_time and self._lives(node) and pid in self._nodes[node][1]

    def overdue(self, queue: str, *, idle: bool, grace_ms: int, most: int) -> list[Outgoing]:
        with self._lock:
            mine = {
                i: run
                for i, run in self._runs.items()
                if run.dispatch and run.dispatch.queue == queue and not run.sleeping
            }
            lost: dict[str, _Run] = {}
            for run_id, run in mine.items():
                if run.owner and not self._holds(run):
                    run.owner = ""
                    lost[run_id] = run
            passed = self._mark_passed(self._queues[queue], grace_ms)
            for run_id, run in sorted(mine.items(), key=lambda item: item[1].ticket)[:most]:
                waited = self._clock.now_ms() - run.dispatched_ms
                if run.due and (run.ticket < passed or (idle and waited >= grace_ms)):
                    lost[run_id] = run
            issued = (self._issue(run_id, run) for run_id, run in lost.items())
            return [outgoing for outgoing in issued if outgoing]

    def wake(self, *, most: int) -> list[Outgoing]:
        with self._lock:
            found: list[Outgoing] = []
            for run_id, run in self._runs.items():
                until = run.dispatch.not_before_ms if run.dispatch else 0
                timed = until > 0 or not run.open
                if run.sleeping and timed and until <= self._clock.now_ms() and len(found) < most:
                    run.sleeping = False
                    run.open = set()
                    outgoing = self._issue(run_id, run)
                    assert outgoing is not None
                    found.append(outgoing)
            return found

    def _mark_passed(self, queue: _Queue, grace_ms: int) -> int:
        """The last ticket that was claimed at least `grace_ms` ago, or 0 while the mark is younger."""
        now = self._clock.now_ms()
        if queue.mark_ms is not None and now - queue.mark_ms < grace_ms:
            return 0
        passed, queue.mark_seen, queue.mark_ms = queue.mark_seen, queue.seen, now
        return passed

    def save_flow(self, flow: Flow) -> None:
        self._flows.setdefault(flow.digest, flow)

    def flow(self, digest: str) -> Flow:
        if digest not in self._flows:
            raise unknown_flow(digest)
        return self._flows[digest]
