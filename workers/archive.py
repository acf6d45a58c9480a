"""Runs that have ended, outside Redis: their events and last state, in the store of models and artifacts.

`archive/YYYY/MM/<run id>.jsonl.gz`, by the month of its start (UTC): an event a line, then the state.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from ulid import ULID

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event
from fluxagents.flows.history import history_from_json_lines
from fluxagents.flows.ports import RunStore, unknown_run
from fluxagents.flows.state import RunState, state_from_json
from fluxagents.workers.stored_bytes import StoredBytes

PAGE = 200
"""Runs that are looked at in one round trip."""

LONGEST_NAME = 150
"""A longer run id is stored under its digest; file systems allow 255 bytes."""


class Archive:
    """Ended runs below a folder or URL (anything that fsspec opens)."""

    def __init__(self, url: str) -> None:
        self._bytes = StoredBytes(url)

    def put(self, state: RunState, events: Sequence[Event]) -> None:
        """Write a run; written again it is the same file.

        Raises:
            FluxError: If the run has not ended.
        """
        if not state.ended:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"run {state.run_id!r} is {state.status}; it goes on")
        lines = [*(event.model_dump_json() for event in events), state.model_dump_json()]
        # Without a time inside: the same run gives the same bytes.
        data = gzip.compress("\n".join(lines).encode(), mtime=0)
        self._bytes.write(_path(_month(state.started_ms), state.run_id), data)

    def load(self, run_id: str) -> RunState:
        """The last state of a run.

        Raises:
            FluxError: If no such run is in the archive.
        """
        return state_from_json(self._lines(run_id)[-1])

    def events(self, run_id: str) -> tuple[Event, ...]:
        """All events of a run in order.

        Raises:
            FluxError: If no such run is in the archive.
        """
        return history_from_json_lines(self._lines(run_id)[:-1])

    def _lines(self, run_id: str) -> list[bytes]:
        for month in self._months(run_id):
            data = self._bytes.read(_path(month, run_id))
            if data is not None:
                return gzip.decompress(data).split(b"\n")
        raise unknown_run(run_id)

    def _months(self, run_id: str) -> Iterable[str]:
        """Where a run may be: at once where its id says when it started, else every month, the last first."""
        try:
            guess = _month(ULID.from_str(run_id).milliseconds)
        except (ValueError, OverflowError):
            guess = ""  # an id of the user's own
        if guess:
            yield guess
        for year in reversed(self._bytes.names("archive")):
            for month in reversed(self._bytes.names(f"archive/{year}")):
                if f"{year}/{month}" != guess:
                    yield f"{year}/{month}"


def retire(store: RunStore, archive: Archive, older_than_ms: int, most: int | None = None) -> list[str]:
    """Move ended runs from the store to the archive, the oldest first.

    Each run is written before it is removed, so that a crash between the two loses nothing and the next call
    finishes the move. A run id that has left the store may be started anew.

    Args:
        store: The truth about runs.
        archive: Where they go.
        older_than_ms: Unix time in ms; runs whose last event is older are moved.
        most: Ended runs that stay in the store whatever their age; None for no bound.

    Returns:
        The ids of the runs that were moved.
    """
    counts = store.counts()
    ended = counts["finished"] + counts["failed"] + counts["cancelled"]
    too_many = 0 if most is None else max(ended - most, 0)
    moved: list[str] = []
    kept = 0
    while page := store.ended(most=PAGE, offset=kept):
        for state in page:
            due = len(moved) < too_many or state.updated_ms < older_than_ms
            if due and _moved(store, archive, state):
                moved.append(state.run_id)
            else:
                kept += 1
        if page[-1].started_ms >= older_than_ms and len(moved) >= too_many:
            break
    return moved


def _moved(store: RunStore, archive: Archive, state: RunState) -> bool:
    """Whether this call removed the run; another one may have been faster."""
    try:
        events = store.events(state.run_id)
    except FluxError as error:
        if error.kind is ErrorClass.UNKNOWN_ID:
            return False
        raise
    archive.put(state, events)
    return store.forget(state.run_id, state.session)


def _path(month: str, run_id: str) -> str:
    name = quote(run_id, safe="")
    if len(name) > LONGEST_NAME:
        name = hashlib.sha256(run_id.encode()).hexdigest()
    return f"archive/{month}/{name}.jsonl.gz"


def _month(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC).strftime("%Y/%m")
