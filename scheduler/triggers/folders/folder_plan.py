"""Which files of a watched folder are new or have changed: a pure decision by what was seen before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from fluxagents.flows.events import Frozen
from fluxagents.scheduler.triggers.event_trigger import FileSource

MAX_FILES = 10_000
"""Of one folder; those that are gone are forgotten first."""


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file as a listing shows it."""

    address: str
    size: int
    stamp: str
    """Changes when the file does: its size with its time, or the tag that its store gives it."""


class WatchedFile(Frozen):
    """What is remembered of a file."""

    stamp: str
    since_ms: int
    """Since when it has this stamp, as far as was looked."""
    is_taken: bool = False
    """Nothing is to be done about it until its stamp changes."""
    digest: str = ""
    """Of the content that was taken last; empty for none."""


class FolderState(Frozen):
    """What is known of a folder."""

    created_ms: int
    """When its trigger was made: one that replaces it looks anew."""
    looked_ms: int = 0
    """When its listing was last read; 0 for never."""
    problem: str = ""
    """Why it cannot be read now; empty if it can."""
    files: dict[str, WatchedFile] = Field(default_factory=dict)
    """By address."""


def compare_listing(
    source: FileSource, state: FolderState, listing: Sequence[SeenFile], *, now_ms: int
) -> tuple[FolderState, list[SeenFile]]:
    """What is known after a look, and the files that have come to rest and are to be dealt with.

    Args:
        source: How long a file must have been the same, and whether those of the first look count.
        state: What was known before.
        listing: What is there now.
        now_ms: The time.
    """
    is_first = state.looked_ms == 0
    files, due = dict(state.files), []
    for seen in listing:
        known = files.get(seen.address)
        if known is None or known.stamp != seen.stamp:
            files[seen.address] = WatchedFile(
                stamp=seen.stamp,
                since_ms=now_ms,
                is_taken=is_first and not source.backlog,
                digest=known.digest if known else "",
            )
        elif not known.is_taken and now_ms - known.since_ms >= round(source.settle_s * 1_000):
            due.append(seen)
    there = {seen.address for seen in listing}
    gone = sorted(
        (address for address in files if address not in there), key=lambda each: files[each].since_ms
    )
    for address in gone[: max(0, len(files) - MAX_FILES)]:
        del files[address]
    return state.model_copy(update={"files": files, "looked_ms": now_ms, "problem": ""}), due


def mark_taken(state: FolderState, seen: SeenFile, digest: str) -> FolderState:
    """The state after the content of a file was dealt with."""
    taken = state.files[seen.address].model_copy(update={"is_taken": True, "digest": digest})
    return state.model_copy(update={"files": {**state.files, seen.address: taken}})
