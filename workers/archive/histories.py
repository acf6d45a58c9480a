"""All runs of an installation as a stream: those in Redis, then those in the archive, each once."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fluxagents.flows.engine.shards import is_shard_id
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, RunStarted
from fluxagents.flows.history.json_lines import history_from_json_lines
from fluxagents.flows.history.recorded_steps import runs_begun
from fluxagents.scheduler.runs.run_ids import time_in
from fluxagents.workers.files.run_archive import Archive, id_in
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.settings import Settings

PAGE = 50
"""Logs that are read from Redis in one round trip."""

Storage = Literal["redis", "archive"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which runs of their own: those of a flow, of a session, that started in a time (Unix time in ms)."""

    flow: str | None = None
    session: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    """The first ms that is too late."""

    def takes(self, started: RunStarted) -> bool:
        return (
            not started.parent
            and self.flow in {None, started.flow.name}
            and self.session in {None, started.session}
            and (self.since_ms is None or self.since_ms <= started.at_ms)
            and (self.until_ms is None or started.at_ms < self.until_ms)
        )


@dataclass(frozen=True, slots=True)
class History:
    """A run's log, and where it lies."""

    run_id: str
    events: tuple[Event, ...]
    storage: Storage

    @property
    def started(self) -> RunStarted:
        """How it began."""
        first = self.events[0]
        assert isinstance(first, RunStarted)
        return first


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A log that cannot be read, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stream has come."""

    seen: int
    total: int
    """As far as it is known: folders of the archive are listed one after the other."""


Item = History | Unreadable | None
"""None for a run that was looked at and not chosen."""


class Histories:
    """Reads logs a page at a time; a run that is archived meanwhile is neither lost nor seen twice."""

    def __init__(self, store: RedisRunStore, archive: Archive) -> None:
        self._store = store
        self._archive = archive

    def stream(self, choice: Choice) -> Iterator[tuple[Item, Progress]]:
        """Every run that is looked at, chosen or not, with how far the stream has come."""
        starts = self._store.starts(
            session=choice.session, since_ms=choice.since_ms, until_ms=choice.until_ms
        )
        ids, seen, count = list(starts), set[str](), 0
        for at in range(0, len(ids), PAGE):
            page = ids[at : at + PAGE]
            for run_id, lines in zip(page, self._store.logs(page), strict=True):
                count += 1
                if lines:
                    seen.add(run_id)
                    yield _item(run_id, lines, choice, "redis"), Progress(count, len(ids))
        # What left Redis since it was listed is in the archive by now.
        total = len(ids)
        for files in self._archive.files(since_ms=choice.since_ms, until_ms=choice.until_ms):
            total += len(files)
            for file in files:
                count += 1
                yield self._read_archived(file, choice, seen), Progress(count, total)

    def newest(self, limit: int) -> Iterator[History]:
        """The newest runs of their own that can be read, in Redis or the archive."""
        starts = self._store.starts()
        archived = 0
        for files in self._archive.files():
            for file in files:
                run_id = id_in(file)
                at_ms = time_in(run_id) if run_id else None
                if run_id and at_ms is not None and archived < limit:
                    archived += starts.setdefault(run_id, at_ms) == at_ms
                elif at_ms is None and isinstance(
                    item := self._read_archived(file, Choice(), starts), History
                ):
                    starts[item.run_id] = item.started.at_ms
        count = 0
        for run_id in sorted(starts, key=lambda run_id: (starts[run_id], run_id), reverse=True):
            if count == limit:
                return
            history = self._history(run_id)
            if isinstance(history, History) and Choice().takes(history.started):
                count += 1
                yield history

    def children(self, run: History) -> Iterator[History | Unreadable]:
        """The runs that a run began, and those that these began; one that is nowhere is left out."""
        for run_id in runs_begun(run.events):
            child = self._history(run_id)
            if child is not None:
                yield child
            if isinstance(child, History):
                yield from self.children(child)

    def _history(self, run_id: str) -> Item:
        (lines,) = self._store.logs([run_id])
        storage: Storage = "redis" if lines else "archive"
        try:
            events = history_from_json_lines(lines) if lines else self._archive.events(run_id)
            return History(run_id, events, storage)
        except FluxError as error:
            if error.kind is ErrorClass.UNKNOWN_ID:
                return None
            if error.kind is ErrorClass.SCHEMA:
                return Unreadable(run_id, error.message)
            raise

    def _read_archived(self, file: str, choice: Choice, seen: Container[str]) -> Item:
        run_id = id_in(file)
        if run_id is not None and (run_id in seen or is_shard_id(run_id)):
            return None
        try:
            lines = self._archive.log(file)
        except FluxError as error:
            if error.kind is not ErrorClass.SCHEMA:
                raise
            return Unreadable(file, error.message)
        item = _item(file, lines, choice, "archive") if lines else None
        return None if isinstance(item, History) and item.run_id in seen else item


def open_histories(settings: Settings) -> Histories:
    """The runs of an installation; raises if Redis cannot be reached."""
    redis = connection.connect(settings, decode_responses=False)
    return Histories(RedisRunStore(redis, prefix=settings.key_prefix), Archive(settings.artifact_url))


def _item(name: str, lines: Sequence[bytes], choice: Choice, storage: Storage) -> Item:
    """The first line says whether a run is chosen; the others are read only then."""
    try:
        (started,) = history_from_json_lines(lines[:1])
        if not isinstance(started, RunStarted) or not choice.takes(started):
            return None
        return History(started.run_id, history_from_json_lines(lines), storage)
    except FluxError as error:
        return Unreadable(name, error.message)
