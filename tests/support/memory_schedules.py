"""A schedule book in memory, for tests that need no beat."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.scheduler.schedules.schedule import Schedule


class MemorySchedules:
    """Schedules in memory; nothing fires them."""

    def __init__(self) -> None:
        self._schedules: dict[str, Schedule] = {}

    def add(self, schedule: Schedule, *, replace: bool = False) -> bool:
        if schedule.name in self._schedules and not replace:
            return False
        self._schedules[schedule.name] = schedule
        return True

    def get(self, name: str) -> Schedule | None:
        return self._schedules.get(name)

    def list(self) -> Sequence[Schedule]:
        return [self._schedules[name] for name in sorted(self._schedules)]

    def remove(self, name: str) -> bool:
        return self._schedules.pop(name, None) is not None
