"""Where schedules are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.scheduler.schedules.schedule import Schedule


class ScheduleBook(Protocol):
    """Keeps schedules where beat finds them."""

    def add(self, schedule: Schedule, *, replace: bool = False) -> bool:
        """Keep a schedule; False, and nothing done, if the name is taken and not to be replaced."""
        ...

    def get(self, name: str) -> Schedule | None: ...

    def list(self) -> Sequence[Schedule]:
        """All schedules, sorted by name."""
        ...

    def remove(self, name: str) -> bool:
        """Forget a schedule; False if there is none of this name."""
        ...
