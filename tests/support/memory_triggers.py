"""A trigger book and an event feed in memory, for tests that need no Redis."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fluxagents.flows.ports.event_feed import EventKind, FeedEntry, FeedPage
from fluxagents.scheduler.triggers.event_trigger import EventTrigger


class MemoryTriggers:
    """Triggers in memory."""

    def __init__(self) -> None:
        self._triggers: dict[str, EventTrigger] = {}

    def add(self, trigger: EventTrigger, *, replace: bool = False) -> bool:
        if trigger.name in self._triggers and not replace:
            return False
        self._triggers[trigger.name] = trigger
        return True

    def get(self, name: str) -> EventTrigger | None:
        return self._triggers.get(name)

    def list(self) -> Sequence[EventTrigger]:
        return [self._triggers[name] for name in sorted(self._triggers)]

    def remove(self, name: str) -> bool:
        return self._triggers.pop(name, None) is not None


class MemoryFeed:
    """A feed whose entries are put in by hand, read by one listener."""

    def __init__(self) -> None:
        self.entries: list[FeedEntry] = []
        self.kinds: set[EventKind] = set()
        self._cursor = 0

    def listen(self, listener: str, kinds: Collection[EventKind]) -> None:
        del listener
        self.kinds = set(kinds)

    def read(self, listener: str, *, limit: int) -> FeedPage:
        del listener
        page = tuple(self.entries[self._cursor : self._cursor + limit])
        return FeedPage(page, str(self._cursor), str(self._cursor + len(page)))

    def advance(self, listener: str, page: FeedPage) -> bool:
        del listener
        if page.before != str(self._cursor):
            return False
        self._cursor = int(page.after)
        return True
