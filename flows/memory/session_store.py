"""Sessions and quotas in this process's memory, and what the run store in memory holds runs to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from threading import RLock

from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.session import (
    SESSION_STATUSES,
    PersonQuota,
    SessionEntry,
    SessionRecord,
    SessionStatus,
    SessionUsage,
    StepUsage,
    describe_excess,
    explain_refused_start,
)
from fluxagents.flows.state import RunState

DAY_MS = 86_400_000


class MemorySessionStore:
    """As the port `SessionStore`; the run store in memory tells it what runs do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = RLock()
        self._sessions: dict[str, SessionRecord] = {}
        self._active_ms: dict[str, int] = {}
        self._runs: Counter[str] = Counter()
        self._usage: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._quotas: dict[str, PersonQuota] = {}
        self._open: defaultdict[str, set[str]] = defaultdict(set)
        self._started: Counter[tuple[str, int]] = Counter()

    def add(self, session: SessionRecord) -> bool:
        with self._lock:
            if session.name in self._sessions:
                return False
            self.save(session)
            return True

    def save(self, session: SessionRecord) -> None:
        with self._lock:
            self._sessions[session.name] = session
            self._active_ms[session.name] = max(self._active_ms.get(session.name, 0), session.created_ms)

    def replace(self, before: SessionRecord, after: SessionRecord) -> bool:
        with self._lock:
            if self._find(before.name) != before:
                return False
            self.save(after)
            return True

    def get(self, name: str) -> SessionEntry | None:
        with self._lock:
            return self._entry(name) if name in self._active_ms else None

    def page(self, status: SessionStatus, *, limit: int, offset: int = 0) -> Sequence[SessionEntry]:
        with self._lock:
            names = sorted(self._active_ms, key=lambda name: (self._active_ms[name], name), reverse=True)
            chosen = [name for name in names if self._find(name).status == status]
            return [self._entry(name) for name in chosen[offset : offset + limit]]

    def counts(self) -> dict[SessionStatus, int]:
        with self._lock:
            statuses = [self._find(name).status for name in self._active_ms]
            return {status: statuses.count(status) for status in SESSION_STATUSES}

    def set_usage(self, name: str, usage: SessionUsage) -> None:
        with self._lock:
            self._usage[name] = Counter(usage.model_dump())

    def set_quota(self, person: str, quota: PersonQuota) -> None:
        self._quotas[person] = quota

    def quota(self, person: str) -> PersonQuota:
        return self._quotas.get(person, PersonQuota())

    def quotas(self) -> dict[str, PersonQuota]:
        with self._lock:
            return {person: quota for person, quota in sorted(self._quotas.items()) if quota != PersonQuota()}

    def start(self, state: RunState, requester: str) -> None:
        """Count a run that starts.

        Raises:
            FluxError: If its session or the quota of its person does not allow it.
        """
        name = _account_of(state)
        if name:
            session = self._find(name)
            if session.status != "open":
                raise explain_refused_start(state, session.status, 0, 0)
            for what, allowed in session.budget.amounts().items():
                if self._usage[name][what] >= allowed:
                    raise explain_refused_start(state, what, self._usage[name][what], allowed)
        day = self._clock.now_ms() // DAY_MS
        if requester:
            quota = self.quota(requester)
            had = {"runs_at_once": len(self._open[requester]), "runs_per_day": self._started[requester, day]}
            for what, used in had.items():
                allowed = getattr(quota, what)
                if allowed is not None and used >= allowed:
                    raise explain_refused_start(state, what, used, allowed)
            self._open[requester].add(state.run_id)
            self._started[requester, day] += 1
        if name:
            self._usage[name]["runs"] += 1

    def hold(self, state: RunState) -> None:
        """List the session of a run that no other one began."""
        if name := _account_of(state):
            self._runs[name] += 1
            self._active_ms[name] = max(self._active_ms.get(name, 0), state.started_ms)

    def forget(self, session: str) -> None:
        """Count a run of the session less."""
        self._runs[session] -= 1

    def weight_of_person(self, person: str) -> float:
        return self.quota(person).weight

    def weight_of_session(self, session: str) -> float:
        return self._find(session).weight

    def count_open(self, run_id: str, requester: str, *, is_terminal: bool) -> None:
        """Know whether a run of a person has ended."""
        if is_terminal:
            self._open[requester].discard(run_id)
        else:
            self._open[requester].add(run_id)

    def charge(self, account: str, usage: StepUsage) -> None:
        """Add what a step used."""
        self._usage[account].update({"steps": 1, **asdict(usage)})

    def find_excess(self, account: str) -> str:
        """What of the budget is used up by steps, in a line; empty if nothing is."""
        amounts = self._find(account).budget.amounts()
        amounts.pop("runs", None)
        for what, allowed in amounts.items():
            if self._usage[account][what] >= allowed:
                return describe_excess(account, what, self._usage[account][what], allowed)
        return ""

    def _find(self, name: str) -> SessionRecord:
        return self._sessions.get(name) or SessionRecord(name=name)

    def _entry(self, name: str) -> SessionEntry:
        usage = SessionUsage.model_validate(dict(self._usage[name]))
        return SessionEntry(self._find(name), self._runs[name], usage, self._active_ms[name])


def _account_of(state: RunState) -> str:
    """The session that pays for a run that no other one began; empty for none."""
    return state.session if state.session != state.run_id else ""
