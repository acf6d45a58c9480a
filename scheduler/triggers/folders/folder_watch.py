"""Watches the folders of triggers: looks every so often, and lets what is new or changed start runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from fluxagents.flows.errors import FluxError
from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.firings.firing_ledger import FiringLedger
from fluxagents.scheduler.triggers.event_trigger import EventTrigger, FileSource
from fluxagents.scheduler.triggers.folders.folder_plan import (
    FolderState,
    SeenFile,
    compare_listing,
    mark_taken,
)
from fluxagents.scheduler.triggers.folders.folder_reader import FolderReader
from fluxagents.scheduler.triggers.occurrence import Occurrence
from fluxagents.scheduler.triggers.trigger_book import TriggerBook

HANDED_OVER_MS = 300_000
"""So long a worker may take for one look before another one looks."""

Gather = Callable[[EventTrigger, Sequence[Occurrence]], object]
"""Takes what happened to a trigger; what it was told before starts nothing."""


class FolderWatch:
    """Looks into the folders of triggers.

    Args:
        book: Keeps the triggers.
        ledger: Remembers what was seen, and when to look again.
        reader: Looks into one folder.
        clock: The time.
        gather: Takes the files that are new or have changed.
        hand_over: Lets a worker that may wait for the network look; else it is looked here.
    """

    def __init__(
        self,
        book: TriggerBook,
        ledger: FiringLedger,
        reader: FolderReader,
        clock: Clock,
        *,
        gather: Gather,
        hand_over: Callable[[str], None] | None = None,
    ) -> None:
        self._book = book
        self._ledger = ledger
        self._reader = reader
        self._clock = clock
        self._gather = gather
        self._hand_over = hand_over

    def look(self, name: str) -> None:
        """Look into the folder of a trigger that is due, or have a worker look."""
        trigger = self._book.get(name)
        if trigger is None or self._hand_over is None:
            self.poll(name)
            return
        state, before = load_folder(self._ledger, trigger)
        look_ms = self._clock.now_ms() + HANDED_OVER_MS
        text = before if before is not None else state.model_dump_json()
        if self._ledger.save(name_folder(name), text, before=before, look_ms=look_ms):
            self._hand_over(name)

    def poll(self, name: str) -> None:
        """Look into a folder once; one that cannot be read is written down and looked at again later."""
        trigger = self._book.get(name)
        if trigger is None or not isinstance(trigger.source, FileSource):
            self._ledger.forget(name_folder(name))
            return
        state, before = load_folder(self._ledger, trigger)
        try:
            after = self._read(trigger, trigger.source, state)
        except FluxError as error:
            after = state.model_copy(update={"problem": error.message})
        # Another worker's look counts as well: what it has gathered is known to the trigger.
        look_ms = self._clock.now_ms() + round(trigger.source.every_s * 1_000)
        self._ledger.save(name_folder(name), after.model_dump_json(), before=before, look_ms=look_ms)

    def _read(self, trigger: EventTrigger, source: FileSource, state: FolderState) -> FolderState:
        listing = self._reader.list(source.address, source.pattern)
        after, due = compare_listing(source, state, listing, now_ms=self._clock.now_ms())
        found: list[Occurrence] = []
        for seen in due:
            try:
                digest = self._reader.digest(seen.address)
            except FluxError as error:
                after = after.model_copy(update={"problem": error.message})
                continue
            if digest != after.files[seen.address].digest:
                found.append(self._describe(seen, digest))
            after = mark_taken(after, seen, digest)
        if found:
            self._gather(trigger, found)
        return after

    def _describe(self, seen: SeenFile, digest: str) -> Occurrence:
        return Occurrence(
            id=f"{digest}|{seen.address}",
            at_ms=self._clock.now_ms(),
            model="",
            names={
                "address": seen.address,
                "name": PurePosixPath(seen.address).name,
                "size": seen.size,
                "digest": digest,
            },
        )


def name_folder(trigger: str) -> str:
    """What the ledger calls the folder of a trigger."""
    return f"folder:{trigger}"


def load_folder(ledger: FiringLedger, trigger: EventTrigger) -> tuple[FolderState, str | None]:
    """What is known of the folder of a trigger, and its text in the ledger."""
    fresh = FolderState(created_ms=trigger.created_ms)
    text = ledger.load(name_folder(trigger.name))
    if text is None:
        return fresh, None
    state = FolderState.model_validate_json(text)
    return (fresh if state.created_ms < trigger.created_ms else state), text
