"""Runs that have ended, outside Redis: their events and last state, in the store of models and artifacts.

`archive/YYYY/MM/<run id>.jsonl.gz`, by the month (UTC) that the run's id carries, or `archive/own/…` for an
id of the user's own making: an event a line, then the state. So the id alone says where a run is. What is
known of a session is `sessions/XX/<sha256 of its name>.json`.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event
from fluxagents.flows.history.json_lines import history_from_json_lines
from fluxagents.flows.ports.run_store import RunStore, unknown_run
from fluxagents.flows.state import RunState, state_from_json
from fluxagents.scheduler.runs.run_ids import time_in
from fluxagents.workers.files.stored_bytes import StoredBytes

PAGE = 200
"""Runs that are looked at in one round trip."""

LAST_MS = 253_402_300_799_000
"""The end of the year 9999: a later time is no date."""

SUFFIX = ".jsonl.gz"

LATE_MS = 31 * 86_400_000
"""A run starts at most so long after its id was made: a tick that came late, a message that waited."""

LONGEST_NAME = 150
"""A longer run id is stored under its digest; file systems allow 255 bytes."""


class Archive:
    """Ended runs below a folder or URL (anything that fsspec opens).

    Args:
        url: Where.
        patience_s: How long to try again while it is full or away.
    """

    def __init__(self, url: str, *, patience_s: float = 0.0) -> None:
        self._bytes = StoredBytes(url, patience_s=patience_s)

    def put(self, state: RunState, events: Sequence[Event]) -> None:
        """Write a run; written again it is the same file.

        Raises:
            FluxError: If the run has not ended.
        """
        if not state.has_ended:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"run {state.run_id!r} is {state.status}; it goes on")
        lines = [*(event.model_dump_json() for event in events), state.model_dump_json()]
        # Without a time inside: the same run gives the same bytes.
        data = gzip.compress("\n".join(lines).encode(), mtime=0)
        self._bytes.write(_path(state.run_id), data)

    def holds(self, run_id: str) -> bool:
        """Whether a run is in the archive."""
        return self._bytes.exists(_path(run_id))

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

    def put_session(self, name: str, text: str) -> None:
        """Write what is known of a session, as JSON."""
        self._bytes.write(_session_path(name), text.encode())

    def session(self, name: str) -> str | None:
        """What was written of a session; None if nothing was."""
        data = self._bytes.read(_session_path(name))
        return None if data is None else data.decode()

    def files(self, *, since_ms: int | None = None, until_ms: int | None = None) -> Iterator[list[str]]:
        """The names of all files, a folder at a time: the latest month first, ids of users' making last.

        Args:
            since_ms: Months are left out that hold no run which started at this time or later (Unix time).
            until_ms: Or none that started before this time.
        """
        # An id may be made long before its run starts, as that of a tick that was missed, but not after.
        first = "" if since_ms is None else _month(since_ms - LATE_MS)
        last = "9999/99" if until_ms is None else _month(until_ms)
        years = (year for year in self._bytes.names("archive") if year != "own")
        months = [f"{year}/{month}" for year in years for month in self._bytes.names(f"archive/{year}")]
        for month in sorted(months, reverse=True):
            if first <= month <= last:
                yield self._names(f"archive/{month}")
        for folder in self._bytes.names("archive/own"):
            yield self._names(f"archive/own/{folder}")

    def _names(self, folder: str) -> list[str]:
        return [f"{folder}/{name}" for name in reversed(self._bytes.names(folder))]

    def log(self, file: str) -> list[bytes]:
        """The events in a file that `files` names, as they are stored; none if it has gone.

        Raises:
            FluxError: `SCHEMA` if the file is damaged.
        """
        data = self._bytes.read(file)
        return [] if data is None else _decompress(data, file)[:-1]

    def _lines(self, run_id: str) -> list[bytes]:
        data = self._bytes.read(_path(run_id))
        if data is None:
            raise unknown_run(run_id)
        return _decompress(data, _path(run_id))


def id_in(file: str) -> str | None:
    """The id of the run in a file that `Archive.files` names; None if it was too long for a file's name."""
    name = unquote(file.rpartition("/")[2].removesuffix(SUFFIX))
    return name if _path(name) == file else None


def _decompress(data: bytes, file: str) -> list[bytes]:
    try:
        return gzip.decompress(data).split(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        raise FluxError(ErrorClass.SCHEMA, f"the archived run {file!r} is damaged: {error}") from error


def retire(
    store: RunStore,
    archive: Archive,
    older_than_ms: int,
    max_kept: int | None = None,
    *,
    at_once: int | None = None,
) -> list[str]:
    """Move ended runs from the store to the archive, the oldest first.

    Each run is written before it is removed, so that a crash between the two loses nothing and the next call
    finishes the move.

    Args:
        store: The truth about runs.
        archive: Where they go.
        older_than_ms: Unix time in ms; runs whose last event is older are moved.
        max_kept: Ended runs that stay in the store whatever their age; None for no bound.
        at_once: Runs that this call moves at most; None for no bound.

    Returns:
        The ids of the runs that were moved.
    """
    counts = store.counts()
    ended = counts["finished"] + counts["failed"] + counts["cancelled"]
    too_many = 0 if max_kept is None else max(ended - max_kept, 0)
    moved: list[str] = []
    gone = kept = 0
    while page := store.list_ended_runs(limit=PAGE, offset=kept):
        for state in page:
            if gone >= too_many and state.updated_ms >= older_than_ms:
                kept += 1
                continue
            # What another call moves meanwhile counts as well, or two at once would move too many.
            gone += 1
            if _move(store, archive, state):
                moved.append(state.run_id)
            if at_once is not None and len(moved) >= at_once:
                return moved
        if page[-1].started_ms >= older_than_ms and gone >= too_many:
            break
    return moved


def _move(store: RunStore, archive: Archive, state: RunState) -> bool:
    """Whether this call removed the run; another one may have been faster."""
    try:
        events = store.events(state.run_id)
    except FluxError as error:
        if error.kind is ErrorClass.UNKNOWN_ID:
            return False
        raise
    archive.put(state, events)
    return store.forget(state.run_id, state.session, state.seq)


def _path(run_id: str) -> str:
    name = quote(run_id, safe="")
    if len(name) > LONGEST_NAME:
        name = hashlib.sha256(run_id.encode()).hexdigest()
    return f"archive/{_folder(run_id)}/{name}{SUFFIX}"


def _session_path(name: str) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"sessions/{digest[:2]}/{digest}.json"


def _folder(run_id: str) -> str:
    at_ms = time_in(run_id)
    if at_ms is None or at_ms > LAST_MS:
        return f"own/{hashlib.sha256(run_id.encode()).hexdigest()[:2]}"
    return _month(at_ms)


def _month(at_ms: int) -> str:
    return datetime.fromtimestamp(max(at_ms, 0) / 1_000, tz=UTC).strftime("%Y/%m")
