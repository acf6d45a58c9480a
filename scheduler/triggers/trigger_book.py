"""Where triggers are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.scheduler.triggers.event_trigger import EventTrigger


class TriggerBook(Protocol):
    """Keeps triggers by name."""

    def add(self, trigger: EventTrigger, *, replace: bool = False) -> bool:
        """Keep a trigger; False, and nothing done, if the name is taken and not to be replaced."""
        ...

    def get(self, name: str) -> EventTrigger | None: ...

    def list(self) -> Sequence[EventTrigger]:
        """All triggers, sorted by name."""
        ...

    def remove(self, name: str) -> bool:
        """Forget a trigger; False if there is none of this name."""
        ...
