"""Whose first step is next, in this process's memory: as the scripts of the Redis store decide it.

Each person, and each session of a person, has a virtual time: the work of its steps (ms) by its weight. Of
those that wait, the one with the least is next (start-time fair queueing, Goyal et al. 1996). Whoever comes
begins at the time of those who wait, less a credit, so that a short session need not wait for a long one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

CREDIT_MS = 10_000

MIN_ISSUED = 2
"""First steps in a queue before any is held; it grows with the steps that run."""

K = TypeVar("K", bound=Hashable)


@dataclass
class _Waiting(Generic[K]):
    """Those that wait, by the virtual time at which they were listed."""

    scores: dict[K, float] = field(default_factory=dict)
    floor: float = 0.0


class FairShares:
    """Lets runs wait, and says which is next.

    Args:
        person_weight: Of a person.
        session_weight: Of a session.
    """

    def __init__(self, person_weight: Callable[[str], float], session_weight: Callable[[str], float]) -> None:
        self._weights = {"p": person_weight, "s": session_weight}
        self._turns: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._persons: defaultdict[str, _Waiting[str]] = defaultdict(_Waiting)
        self._sessions: defaultdict[tuple[str, str], _Waiting[str]] = defaultdict(_Waiting)
        self._runs: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)

    @property
    def queues(self) -> list[str]:
        """Those in which some wait."""
        return sorted(queue for queue, waiting in self._persons.items() if waiting.scores)

    def hold(self, queue: str, person: str, session: str, run_id: str) -> None:
        """Let a run wait for its turn."""
        self._runs[queue, person, session].append(run_id)
        self._join(self._persons[queue], "p", person)
        self._join(self._sessions[queue, person], "s", session)

    def let_go(self, queue: str, person: str, session: str, run_id: str) -> None:
        """Forget that a run waits."""
        self._runs[queue, person, session].remove(run_id)
        self._leave(queue, person, session)

    def take(self, queue: str) -> str | None:
        """The run whose turn it is, which waits no longer; None if none waits."""
        person = self._find_first(self._persons[queue], "p")
        if person is None:
            return None
        session = self._find_first(self._sessions[queue, person], "s")
        assert session is not None
        run_id = self._runs[queue, person, session].pop(0)
        self._leave(queue, person, session)
        return run_id

    def take_turn(self, person: str, session: str, work_ms: int) -> None:
        """Add the work of a step; while nobody waits, none counts."""
        if self.queues:
            for kind, name in (("p", person), ("s", session)):
                self._turns[kind, name] += max(work_ms, 1) / self._weights[kind](name)

    def _join(self, waiting: _Waiting[str], kind: str, name: str) -> None:
        if name not in waiting.scores:
            floor = min(waiting.scores.values(), default=waiting.floor)
            turn = max(self._turns[kind, name], floor - CREDIT_MS)
            waiting.scores[name] = self._turns[kind, name] = turn

    def _leave(self, queue: str, person: str, session: str) -> None:
        if not self._runs[queue, person, session]:
            self._sessions[queue, person].scores.pop(session, None)
        if not self._sessions[queue, person].scores:
            self._persons[queue].scores.pop(person, None)

    def _find_first(self, waiting: _Waiting[str], kind: str) -> str | None:
        """Whoever has the least virtual time; times that grew since are corrected when they come first."""
        while waiting.scores:
            name = min(waiting.scores, key=lambda each: (waiting.scores[each], each))
            turn = self._turns[kind, name]
            if turn <= waiting.scores[name]:
                waiting.floor = waiting.scores[name]
                # Equals take turns.
                self._turns[kind, name] += 1
                return name
            waiting.scores[name] = turn
        return None
