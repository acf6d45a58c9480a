"""A trigger book, a delivery box and an event feed in memory, for tests that need no Redis."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from fnmatch import fnmatch

from tests.support.memory_ledger import MemoryLedger

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.event_feed import EventKind, FeedEntry, FeedPage
from fluxagents.scheduler.triggers.event_trigger import EventTrigger, name_session
from fluxagents.scheduler.triggers.folders.folder_plan import SeenFile
from fluxagents.scheduler.triggers.intake.delivery import Delivery, DeliveryStatus, find_delivery_id
from fluxagents.scheduler.triggers.intake.delivery_box import MAX_KEPT, MAX_OPEN, NewDelivery, Put
from fluxagents.scheduler.webhooks.endpoint import Endpoint, Secret


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


class MemoryDeliveries:
    """A delivery box in memory; it has triggers looked at by a ledger in memory."""

    def __init__(self, ledger: MemoryLedger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._secrets: dict[str, tuple[Secret, ...]] = {}
        self._kept: dict[str, dict[str, Delivery]] = {}
        self._known: dict[str, dict[str, int]] = {}
        self._new: dict[str, dict[str, int]] = {}
        self._waiting: dict[str, dict[str, int]] = {}

    def secrets(self, trigger: str) -> Sequence[Secret]:
        return self._secrets.get(trigger, ())

    def keep_secrets(self, trigger: str, secrets: Sequence[Secret]) -> None:
        self._secrets[trigger] = tuple(secrets)

    def put(self, trigger: str, delivery: Delivery) -> Put:
        known, kept = self._known.setdefault(trigger, {}), self._kept.setdefault(trigger, {})
        if delivery.id in known:
            if delivery.id in kept:
                self._change(trigger, delivery.id, repeats=kept[delivery.id].repeats + 1)
            return Put("repeated", known[delivery.id])
        new, waiting = self._new.setdefault(trigger, {}), self._waiting.get(trigger, {})
        if len(new) + len(waiting) >= MAX_OPEN:
            return Put("full", delivery.came_ms)
        known[delivery.id] = new[delivery.id] = delivery.came_ms
        kept[delivery.id] = delivery
        done = [each.id for each in kept.values() if each.status not in {"new", "waiting"}]
        for old in done[: max(0, len(kept) - MAX_KEPT)]:
            del kept[old]
        self._ledger.look_at(name_session(trigger), delivery.came_ms)
        return Put("kept", delivery.came_ms)

    def find_new(self, trigger: str, *, limit: int) -> Sequence[NewDelivery]:
        kept, new = self._kept.get(trigger, {}), self._new.get(trigger, {})
        found = sorted(new.items(), key=lambda item: item[1])[:limit]
        return [NewDelivery(each, at_ms, kept[find_delivery_id(each)]) for each, at_ms in found]

    def settle(
        self, trigger: str, occurrence: str, status: DeliveryStatus, *, run_id: str = "", note: str = ""
    ) -> None:
        at_ms = self._new.setdefault(trigger, {}).pop(occurrence, None)
        if status != "waiting":
            self._waiting.setdefault(trigger, {}).pop(occurrence, None)
        elif at_ms is None:
            return
        else:
            self._waiting.setdefault(trigger, {})[occurrence] = at_ms
        found: dict[str, str] = {"status": status, "note": note} | ({"run_id": run_id} if run_id else {})
        self._change(trigger, find_delivery_id(occurrence), **found)

    def reopen(self, trigger: str) -> None:
        self._new.setdefault(trigger, {}).update(self._waiting.pop(trigger, {}))

    def replay(self, trigger: str, delivery_id: str) -> str | None:
        delivery = self.get(trigger, delivery_id)
        if delivery is None:
            return None
        replays, now_ms = delivery.replays + 1, self._clock.now_ms()
        self._change(trigger, delivery_id, status="new", note="", replays=replays)
        self._new.setdefault(trigger, {})[f"{delivery_id}#{replays + 1}"] = now_ms
        self._ledger.look_at(name_session(trigger), now_ms)
        return f"{delivery_id}#{replays + 1}"

    def get(self, trigger: str, delivery_id: str) -> Delivery | None:
        return self._kept.get(trigger, {}).get(delivery_id)

    def list(self, trigger: str, *, limit: int) -> Sequence[Delivery]:
        found = sorted(self._kept.get(trigger, {}).values(), key=lambda each: (each.came_ms, each.id))
        return list(reversed(found))[:limit]

    def forget(self, trigger: str) -> None:
        for part in (self._secrets, self._kept, self._known, self._new, self._waiting):
            part.pop(trigger, None)

    def _change(self, trigger: str, delivery_id: str, **changes: object) -> None:
        kept = self._kept.get(trigger, {})
        if delivery_id in kept:
            kept[delivery_id] = kept[delivery_id].model_copy(update=changes)


class MemoryEndpoints:
    """Receivers of messages in memory."""

    def __init__(self) -> None:
        self._endpoints: dict[str, Endpoint] = {}

    def add(self, endpoint: Endpoint, *, replace: bool = False) -> bool:
        if endpoint.name in self._endpoints and not replace:
            return False
        self._endpoints[endpoint.name] = endpoint
        return True

    def get(self, name: str) -> Endpoint | None:
        return self._endpoints.get(name)

    def list(self) -> Sequence[Endpoint]:
        return list(self._endpoints.values())

    def change(self, before: Endpoint, after: Endpoint) -> bool:
        if self._endpoints.get(before.name) != before:
            return False
        self._endpoints[before.name] = after
        return True

    def remove(self, name: str) -> bool:
        return self._endpoints.pop(name, None) is not None


class MemoryFiles:
    """Files of repositories in memory, by path and commit; an error is raised instead."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], bytes | FluxError] = {}

    def fetch(self, repository: Endpoint, path: str, commit: str) -> bytes | None:
        del repository
        found = self.files.get((path, commit))
        if isinstance(found, FluxError):
            raise found
        return found


class MemoryFolders:
    """One folder in memory: stamps and contents by address, or why it cannot be read."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, str]] = {}
        self.problem = ""

    def check(self, address: str) -> None:
        if not address.startswith("/"):
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"{address} cannot be watched")

    def list(self, address: str, pattern: str) -> Sequence[SeenFile]:
        if self.problem:
            raise FluxError(ErrorClass.PROVIDER_OUTAGE, self.problem)
        return [
            SeenFile(f"{address}/{name}", len(content), stamp)
            for name, (stamp, content) in self.files.items()
            if fnmatch(name, pattern)
        ]

    def digest(self, address: str) -> str:
        _, content = self.files[address.rpartition("/")[2]]
        return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


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
