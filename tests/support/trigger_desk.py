"""Triggers over memory: the events are told by hand, and the clock is turned by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, cast

from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_triggers import (
    MemoryDeliveries,
    MemoryEndpoints,
    MemoryFeed,
    MemoryFiles,
    MemoryFolders,
    MemoryTriggers,
)

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.flows.ports.event_feed import FeedEntry
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import RunState
from fluxagents.scheduler.firings.lookout import Lookout
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.triggers.deliveries import Deliveries
from fluxagents.scheduler.triggers.event_trigger import EventTrigger, RunSource
from fluxagents.scheduler.triggers.folders.folder_watch import FolderWatch
from fluxagents.scheduler.triggers.intake.model_intake import ModelIntake
from fluxagents.scheduler.triggers.intake.reception import Reception
from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine
from fluxagents.scheduler.triggers.triggers import Triggers
from fluxagents.tasks.ports.models import ModelRef, ModelStore
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.clients.local_authority import build_process_authority

START = 1_700_000_000_000
DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
QUESTION = {"question": "Does it grow?"}


class HandClock:
    at_ms = START

    def now_ms(self) -> int:
        return self.at_ms


class Silent:
    """Publishes nothing."""

    unreachable: tuple[type[Exception], ...] = ()

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        pass

    def stop(self, run_id: str, seq: int, attempt: int) -> None:
        pass

    def is_idle(self, queue: str) -> bool:
        del queue
        return True


class Names:
    def resolve(self, text: str, *, files: bool = True) -> ModelRef:
        del files
        if text == "gone":
            raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no model '{text}'")
        return ModelRef(digest=text if text.startswith("sha256:") else DIGEST, name=text)

    def add(self, source: bytes | str, name: str, *, suffix: str | None = None, unchecked: bool) -> ModelRef:
        """Unread, whatever it is; a file is its address."""
        assert unchecked, suffix
        data = source if isinstance(source, bytes) else source.encode()
        return ModelRef(digest=f"sha256:{hashlib.sha256(data).hexdigest()}", name=name)


class Desk:
    """Triggers over memory; events are put into the feed by hand.

    Args:
        traced_share: Of its runs.
    """

    def __init__(self, *, traced_share: float = 0.0) -> None:
        self.clock = HandClock()
        self.store = MemoryRunStore(self.clock)
        self.ledger, self.feed, self.book = MemoryLedger(), MemoryFeed(), MemoryTriggers()
        self.client = RunClient(
            store=self.store,
            publisher=Silent(),
            clock=self.clock,
            models=cast("ModelStore", Names()),
            flows=FlowLibrary(),
            tools=TOOLS,
            authority=build_process_authority(self.store.audit_log),
            traced_share=traced_share,
        )
        self.box = MemoryDeliveries(self.ledger, self.clock)
        self.endpoints, self.files, self.folders = MemoryEndpoints(), MemoryFiles(), MemoryFolders()
        self.engine = TriggerEngine(
            self.client,
            self.book,
            self.ledger,
            self.feed,
            box=self.box,
            clock=self.clock,
            intake=ModelIntake(self.client.models, self.endpoints, self.files),
        )
        self.triggers = Triggers(
            self.client,
            self.book,
            self.engine,
            box=self.box,
            endpoints=self.endpoints,
            reader=self.folders,
            clock=self.clock,
        )
        self.deliveries = Deliveries(self.client, self.triggers, self.box, self.clock)
        self.reception = Reception(self.book, self.box, self.clock)
        watch = FolderWatch(self.book, self.ledger, self.folders, self.clock, gather=self.engine.gather_files)
        self.lookout = Lookout(self.ledger, self.clock, {"trigger": self.engine.serve, "folder": watch.look})

    def add(self, name: str = "slow", **changes: Any) -> EventTrigger:
        given = {"source": RunSource(), "flow": "metabolic_analysis", "inputs": QUESTION}
        return self.triggers.add(name, **{**given, **changes})

    def tell(self, *events: e.Event) -> None:
        """Put a whole log into the feed."""
        self.feed.entries.append(FeedEntry(id="", first=0, events=events, state=fold(events)))

    def look(self) -> list[RunState]:
        """Read the feed and serve what is due; the runs of triggers, the oldest first."""
        self.engine.read()
        self.lookout.look()
        return [state for state in reversed(self.store.runs(limit=1_000)) if state.trigger]

    def history(self, name: str = "slow") -> list[tuple[str, str]]:
        return [(each.outcome, each.note) for each in reversed(self.triggers.history(name, limit=100))]
