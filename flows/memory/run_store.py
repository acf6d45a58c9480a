"""The run store in this process's memory: for tests, notebooks and the shape of the real one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import RLock

from fluxagents.flows.events import Event, RunStarted
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.memory.audit_log import MemoryAuditLog
from fluxagents.flows.memory.fair_shares import MIN_ISSUED, FairShares
from fluxagents.flows.memory.remark_book import MemoryRemarkBook
from fluxagents.flows.memory.session_store import MemorySessionStore
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.ports.claim import Claim, ClaimStatus
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.commit import Commit, CommitResult, CommitStatus
from fluxagents.flows.ports.dispatch import Dispatch, Outgoing
from fluxagents.flows.ports.run_store import RequestPlace, RunPlace, require_start, unknown_flow, unknown_run
from fluxagents.flows.state import ENDED, STATUSES, TERMINAL, RunState, Status, state_digest, state_from_json

MAX_RELEASED = 16
"""First steps that one claim releases at most."""

NEW = ".new"
"""How lanes for first steps end; see `fluxagents.flows.engine.lanes`."""


@dataclass
class _Run:
    seq: int = 0
    status: Status = "running"
    state: str = ""
    digest: str = ""
    events: list[Event] = field(default_factory=list)
    dispatch: Dispatch | None = None
    sequence_number: int = 0
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
    waiters: set[str] = field(default_factory=set)
    """Runs that wait for it."""
    request: HumanRequest | None = None
    requested_ms: int = 0
    account: str = ""
    """The session that pays for it."""
    person: str = ""
    requester: str = ""
    """As `person`, where its open runs count."""
    held: str = ""
    """The queue in which its first step waits for its turn."""


@dataclass
class _Queue:
    issued: int = 0
    claimed: int = 0
    high_water_mark: int = 0
    marked_ms: int | None = None
    due: set[str] = field(default_factory=set)
    """Runs whose dispatch nobody has claimed."""


class MemoryRunStore:
    """Runs in memory, with the semantics of the Redis store to the letter."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = RLock()
        self._runs: dict[str, _Run] = {}
        self._queues: defaultdict[str, _Queue] = defaultdict(_Queue)
        self._nodes: dict[str, tuple[int, set[str]]] = {}
        self._flows: dict[str, Flow] = {}
        self._leased: set[str] = set()
        self._audit_log = MemoryAuditLog(clock)
        self._sessions = MemorySessionStore(clock)
        self._remarks = MemoryRemarkBook(clock, self._audit_log)
        self._shares = FairShares(self._sessions.weight_of_person, self._sessions.weight_of_session)

    @property
    def sessions(self) -> MemorySessionStore:
        return self._sessions

    @property
    def audit_log(self) -> MemoryAuditLog:
        return self._audit_log

    @property
    def remarks(self) -> MemoryRemarkBook:
        return self._remarks

    def create(self, commit: Commit, state: str) -> Outgoing | None:
        with self._lock:
            if commit.state.run_id in self._runs:
                return None
            self._runs[commit.state.run_id] = self._new_run(commit)
            return self._write(commit, state)

    def _new_run(self, commit: Commit) -> _Run:
        state = commit.state
        if state.parent:
            parent = self._runs.get(state.parent)
            return _Run(account=parent.account, person=parent.person) if parent else _Run()
        if commit.is_start:
            self._sessions.start(state, state.requester)
        self._sessions.hold(state)
        account = state.session if state.session != state.run_id else ""
        requester = state.requester if commit.is_start else ""
        return _Run(account=account, person=state.requester, requester=requester)

    def create_many(
        self, commits: Sequence[tuple[Commit, str]], *, record: AuditRecord | None = None
    ) -> list[Outgoing | None]:
        if record is not None:
            self.audit_log.append(record)
        return [self.create(commit, state) for commit, state in commits]

    def put_back(self, commits: Sequence[tuple[Commit, str]]) -> None:
        for commit, state in commits:
            self.create(commit, state)

    def claim(
        self,
        run_id: str,
        seq: int,
        *,
        digest: str,
        sequence_number: int,
        owner: str,
        max_deliveries: int,
        lease_ms: int,
    ) -> Claim:
        with self._lock:
            run = self._runs.get(run_id)
            refusal = self._find_refusal(run, seq, digest)
            if run is None or run.dispatch is None or refusal:
                return Claim(refusal or ClaimStatus.UNKNOWN)
            queue = self._queues[run.dispatch.queue]
            if queue.claimed < sequence_number <= queue.issued:
                queue.claimed = sequence_number
            if run.owner and self._has_lease(run):
                return Claim(ClaimStatus.LEASED)
            node, _, pid = owner.rpartition("|")
            if self._is_alive(node):
                self._nodes[node][1].add(pid)
            run.owner, run.due = owner, False
            self._index(run_id, run)
            run.lease_until_ms = self._clock.now_ms() + lease_ms
            run.fence += 1
            run.deliveries += 1
            status, excess = ClaimStatus.OK, ""
            if run.deliveries > max_deliveries:
                status = ClaimStatus.EXHAUSTED
            # What waits or is paused may end by its time, whatever its session has used.
            elif run.account and run.status == "running":
                excess = self._sessions.find_excess(run.account)
                status = ClaimStatus.OVER_BUDGET if excess else ClaimStatus.OK
            return Claim(
                status,
                fence=run.fence,
                state="" if digest else run.state,
                last_error=run.last_error,
                excess=excess,
                released=tuple(self._release(run.dispatch.queue, MAX_RELEASED)),
            )

    def _release(self, queue: str, limit: int) -> Iterator[Outgoing]:
        """The first steps of a queue whose turn it is, as far as there is room."""
        for _ in range(limit):
            run_id = self._shares.take(queue) if self._has_room(queue) else None
            if run_id is None:
                return
            run = self._runs[run_id]
            run.sleeping, run.held = False, ""
            outgoing = self._issue(run_id, run)
            assert outgoing is not None
            yield outgoing

    def _has_room(self, queue: str) -> bool:
        return len(self._queues[queue].due) < max(MIN_ISSUED, len(self._leased))

    def _index(self, run_id: str, run: _Run) -> None:
        """Know whether somebody holds the lease of a run, and whether its dispatch is due."""
        (self._leased.add if run.owner else self._leased.discard)(run_id)
        if run.dispatch is not None:
            due = self._queues[run.dispatch.queue].due
            (due.add if run.due else due.discard)(run_id)

    def _find_refusal(self, run: _Run | None, seq: int, digest: str) -> ClaimStatus | None:
        if run is None:
            return ClaimStatus.UNKNOWN
        if run.seq != seq:
            return ClaimStatus.STALE
        if run.dispatch is None or run.sleeping:
            return ClaimStatus.NOT_RUNNABLE
        if digest and run.digest != digest:
            return ClaimStatus.DIGEST_MISMATCH
        return None

    def commit(self, commit: Commit, state: str, *, fence: int | None, pausing: bool = False) -> CommitResult:
        with self._lock:
            run = self._runs.get(commit.state.run_id)
            if run is None:
                return CommitResult(CommitStatus.UNKNOWN)
            if run.seq != commit.seq or (fence is not None and (not run.owner or run.fence != fence)):
                return CommitResult(CommitStatus.STALE)
            goes_on = commit.state.status in {"running", "waiting"}
            if fence is not None and run.pause_by and not pausing and goes_on:
                return CommitResult(CommitStatus.PAUSE_REQUESTED, pause_by=run.pause_by)
            interrupted = run.attempt if run.owner and fence is None else 0
            started = [self.create(child, child.state.model_dump_json()) for child in commit.children]
            outgoing = self._write(commit, state)
            if run.account and commit.usage:
                self._sessions.charge(run.account, commit.usage)
            if commit.usage:
                self._shares.take_turn(run.person, run.account, commit.usage.work_ms)
            others = [*started, *self._resume_waiters(commit.state)]
            return CommitResult(
                CommitStatus.OK,
                outgoing=outgoing,
                others=tuple(message for message in others if message),
                interrupted=interrupted,
            )

    def _resume_waiters(self, state: RunState) -> Iterator[Outgoing | None]:
        """The messages of the runs that waited for this one as the last."""
        if state.status not in TERMINAL:
            return
        waiters, self._runs[state.run_id].waiters = self._runs[state.run_id].waiters, set()
        for run_id in sorted(waiters):
            waiter = self._runs.get(run_id)
            if waiter is None or state.run_id not in waiter.open:
                continue
            waiter.open.remove(state.run_id)
            if not waiter.open:
                waiter.sleeping = False
                yield self._issue(run_id, waiter)

    def _write(self, commit: Commit, state: str) -> Outgoing | None:
        run = self._runs[commit.state.run_id]
        if commit.record is not None:
            self.audit_log.append(commit.record)
        was_terminal, is_terminal = run.status in TERMINAL, commit.state.status in TERMINAL
        if run.requester and was_terminal is not is_terminal:
            self._sessions.count_open(commit.state.run_id, run.requester, is_terminal=is_terminal)
        run.events += commit.events
        run.seq, run.status, run.state, run.digest = (
            commit.seq + 1,
            commit.state.status,
            state,
            state_digest(state),
        )
        if run.held:
            self._shares.let_go(run.held, run.person, run.account, commit.state.run_id)
            run.held = ""
        run.owner, run.due = "", False
        self._index(commit.state.run_id, run)
        if run.request is None:
            run.requested_ms = self._clock.now_ms()
        run.request, run.dispatch = commit.state.waiting_for, commit.dispatch
        run.pause_by, run.last_error, run.deliveries, run.attempt = "", "", 0, 0
        until_ms = commit.dispatch.not_before_ms if commit.dispatch else 0
        later = until_ms > self._clock.now_ms()
        run.open = {
            other
            for other in (commit.dispatch.after if commit.dispatch else ())
            if (later or not until_ms) and other in self._runs and self._runs[other].status not in TERMINAL
        }
        for other in run.open:
            self._runs[other].waiters.add(commit.state.run_id)
        # A run that waits for others, at most until then, goes on when all are terminal already.
        run.sleeping = bool(run.open) or (later and not (commit.dispatch and commit.dispatch.after))
        if not run.sleeping and commit.dispatch and commit.dispatch.queue.endswith(NEW):
            self._hold(commit.state.run_id, run, commit.dispatch.queue)
        return None if run.sleeping else self._issue(commit.state.run_id, run)

    def _hold(self, run_id: str, run: _Run, queue: str) -> None:
        """Let a first step wait for its turn where others wait, or enough are in the queue."""
        if queue in self._shares.queues or not self._has_room(queue):
            run.sleeping, run.held = True, queue
            self._shares.hold(queue, run.person, run.account, run_id)

    def _issue(self, run_id: str, run: _Run) -> Outgoing | None:
        if run.dispatch is None:
            return None
        queue = self._queues[run.dispatch.queue]
        queue.issued += 1
        run.sequence_number, run.attempt, run.due = queue.issued, run.attempt + 1, True
        run.dispatched_ms = self._clock.now_ms()
        self._index(run_id, run)
        dispatch = replace(run.dispatch, after=())
        return Outgoing(run_id, run.seq, run.sequence_number, run.attempt, dispatch, run.state)

    def release(self, run_id: str, seq: int, fence: int, *, error: str) -> bool:
        with self._lock:
            run = self._runs.get(run_id)
            if run is None or run.seq != seq or run.fence != fence or not run.owner:
                return False
            run.owner, run.due = "", True
            self._index(run_id, run)
            run.deliveries -= 0 if error else 1
            run.last_error = error or run.last_error
            return True

    def request_pause(self, run_id: str, by: str, *, record: AuditRecord | None = None) -> bool:
        with self._lock:
            run = self._runs.get(run_id)
            if run is None or not run.owner:
                return False
            run.pause_by = by
            if record is not None:
                self.audit_log.append(record)
            return True

    def holds(self, run_id: str) -> bool:
        with self._lock:
            return run_id in self._runs

    def load(self, run_id: str) -> RunState:
        with self._lock:
            return state_from_json(self._find(run_id).state)

    def events(self, run_id: str) -> tuple[Event, ...]:
        with self._lock:
            return tuple(self._find(run_id).events)

    def _find(self, run_id: str) -> _Run:
        if run_id not in self._runs:
            raise unknown_run(run_id)
        return self._runs[run_id]

    def statuses(self, run_ids: Sequence[str]) -> list[Status]:
        return [self.load(run_id).status for run_id in run_ids]

    def starts_of(self, run_ids: Sequence[str]) -> list[RunStarted]:
        return [require_start(self.events(run_id)[0]) for run_id in run_ids]

    def runs(
        self,
        *,
        status: Status | None = None,
        session: str | None = None,
        limit: int = 50,
        offset: int = 0,
        after: RunPlace | None = None,
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
        if after:
            newest_first = [state for state in newest_first if (state.started_ms, state.run_id) < after]
        return newest_first[offset : offset + limit]

    def counts(self) -> dict[str, int]:
        with self._lock:
            counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
            for run in self._runs.values():
                counts[run.status] += 1
            return counts

    def list_ended_runs(self, *, limit: int, offset: int = 0) -> list[RunState]:
        with self._lock:
            states = [state_from_json(run.state) for run in self._runs.values() if run.status in ENDED]
        oldest_first = sorted(states, key=lambda state: (state.started_ms, state.run_id))
        return oldest_first[offset : offset + limit]

    def forget(self, run_id: str, session: str, seq: int | None = None) -> bool:
        with self._lock:
            run = self._runs.get(run_id)
            if run is None or run.status not in ENDED or seq not in {None, run.seq}:
                return False
            assert state_from_json(run.state).session == session
            self._sessions.forget(session)
            del self._runs[run_id]
            return True

    def requests(self) -> list[tuple[str, HumanRequest]]:
        with self._lock:
            return [(place.run_id, request) for place, request in self._open_requests()]

    def requests_after(
        self, place: RequestPlace | None, *, limit: int
    ) -> list[tuple[RequestPlace, HumanRequest]]:
        with self._lock:
            return [entry for entry in self._open_requests() if place is None or entry[0] > place][:limit]

    def _open_requests(self) -> list[tuple[RequestPlace, HumanRequest]]:
        waiting = (
            (RequestPlace(run.requested_ms, run_id), run.request)
            for run_id, run in self._runs.items()
            if run.request
        )
        return sorted(waiting, key=lambda entry: entry[0])

    def beat(self, node: str, pids: Sequence[int], ttl_ms: int) -> None:
        with self._lock:
            self._nodes.pop(node, None)
            if pids:
                self._nodes[node] = (self._clock.now_ms() + ttl_ms, {str(pid) for pid in pids})

    def _is_alive(self, node: str) -> bool:
        return node in self._nodes and self._nodes[node][0] > self._clock.now_ms()

    def _has_lease(self, run: _Run) -> bool:
        node, _, pid = run.owner.rpartition("|")
        in_time = self._clock.now_ms() <= run.lease_until_ms
        return in_time and self._is_alive(node) and pid in self._nodes[node][1]

    def find_lost_dispatches(self, queue: str, *, idle: bool, grace_ms: int, limit: int) -> list[Outgoing]:
        with self._lock:
            mine = {
                i: run
                for i, run in self._runs.items()
                if run.dispatch and run.dispatch.queue == queue and not run.sleeping
            }
            lost: dict[str, _Run] = {}
            for run_id, run in mine.items():
                if run.owner and not self._has_lease(run):
                    run.owner = ""
                    self._index(run_id, run)
                    lost[run_id] = run
            overtaken = self._advance_mark(self._queues[queue], grace_ms)
            for run_id, run in sorted(mine.items(), key=lambda item: item[1].sequence_number)[:limit]:
                waited = self._clock.now_ms() - run.dispatched_ms
                if run.due and (run.sequence_number < overtaken or (idle and waited >= grace_ms)):
                    lost[run_id] = run
            issued = (self._issue(run_id, run) for run_id, run in lost.items())
            return [outgoing for outgoing in issued if outgoing]

    def wake(self, *, limit: int) -> list[Outgoing]:
        with self._lock:
            issued: list[Outgoing] = []
            for run_id, run in self._runs.items():
                until = run.dispatch.not_before_ms if run.dispatch else 0
                timed = until > 0 or not run.open
                is_due = timed and not run.held and until <= self._clock.now_ms()
                if run.sleeping and is_due and len(issued) < limit:
                    run.sleeping = False
                    run.open = set()
                    outgoing = self._issue(run_id, run)
                    assert outgoing is not None
                    issued.append(outgoing)
            for queue in self._shares.queues:
                issued += self._release(queue, limit - len(issued))
            return issued

    def _advance_mark(self, queue: _Queue, grace_ms: int) -> int:
        """The sequence number that was claimed at least `grace_ms` ago, or 0 while the mark is younger."""
        now = self._clock.now_ms()
        if queue.marked_ms is not None and now - queue.marked_ms < grace_ms:
            return 0
        overtaken, queue.high_water_mark, queue.marked_ms = queue.high_water_mark, queue.claimed, now
        return overtaken

    def save_flow(self, flow: Flow) -> None:
        self._flows.setdefault(flow.digest, flow)

    def flow(self, digest: str) -> Flow:
        if digest not in self._flows:
            raise unknown_flow(digest)
        return self._flows[digest]
