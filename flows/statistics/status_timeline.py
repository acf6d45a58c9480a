"""How many runs stood where at which time: a fold over their records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from fluxagents.flows.history.run_record import RunRecord
from fluxagents.flows.state import Status

MOMENTS = 12
"""Lines of a table."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Runs by status at a time (Unix time in ms)."""

    at_ms: int
    runs: dict[Status, int]


@dataclass(slots=True)
class StatusTimeline:
    """Follows the statuses of runs; a run that went back stood where its log says at each time."""

    _changes: list[tuple[int, Status | None, Status]] = field(default_factory=list)

    def add(self, run: RunRecord) -> None:
        """Follow one more run; what a fork shares with the run that it was made from is not its own."""
        before: Status | None = None
        for step in run.steps:
            if not step.shared and step.status != before:
                self._changes.append((step.at_ms, before, step.status))
                before = step.status

    def moments(self, count: int = MOMENTS) -> list[Moment]:
        """The runs by status at equal distances from the first change to the last; none without a run."""
        changes = sorted(self._changes, key=lambda change: change[0])
        if not changes:
            return []
        first_ms, last_ms = changes[0][0], changes[-1][0]
        times = sorted({first_ms + (last_ms - first_ms) * at // max(count - 1, 1) for at in range(count)})
        runs: Counter[Status] = Counter()
        moments: list[Moment] = []
        for at_ms in times:
            while changes and changes[0][0] <= at_ms:
                _, before, after = changes.pop(0)
                runs[after] += 1
                if before is not None:
                    runs[before] -= 1
            moments.append(Moment(at_ms, {status: number for status, number in runs.items() if number}))
        return moments
