"""The event feed in Redis: a stream of where events are, written by `write_step.lua`, and its listeners."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files

from redis import Redis

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event
from fluxagents.flows.history.json_lines import history_from_json_lines
from fluxagents.flows.ports.event_feed import EventKind, FeedEntry, FeedPage, drop_taken_over
from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.flows.state import RunState, state_from_json

BEGINNING = "0-0"


class RedisEventFeed:
    """As `fluxagents.flows.ports.event_feed.EventFeed`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        runs: Where runs are read that have left Redis since.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, runs: RunQueries, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._runs = runs
        self._prefix = prefix
        self._feed = f"{prefix}feed"
        self._cursors = f"{prefix}feed:cursors"
        self._wishes = f"{prefix}feed:wishes"
        self._listened = f"{prefix}listened"
        script = files("fluxagents.workers.redis") / "lua" / "advance_feed.lua"
        self._advance = redis.register_script(script.read_text())

    def listen(self, listener: str, kinds: Collection[EventKind]) -> None:
        if kinds:
            self._redis.hsetnx(self._cursors, listener, self._find_end())
            self._redis.hset(self._wishes, listener, " ".join(sorted(kinds)))
        else:
            self._redis.hdel(self._wishes, listener)
        wishes: list[bytes] = self._redis.hvals(self._wishes)  # type: ignore[assignment]
        wanted = {kind for wish in wishes for kind in wish.decode().split()}
        pipe = self._redis.pipeline()
        pipe.delete(self._listened)
        if wanted:
            pipe.sadd(self._listened, *wanted)
        else:
            pipe.unlink(self._feed)
        if not kinds:
            pipe.hdel(self._cursors, listener)
        pipe.execute()

    def read(self, listener: str, *, limit: int) -> FeedPage:
        cursor: bytes | None = self._redis.hget(self._cursors, listener)  # type: ignore[assignment]
        if cursor is None:
            return FeedPage((), BEGINNING, BEGINNING)
        before = cursor.decode()
        rows: list[tuple[bytes, dict[bytes, bytes]]] = self._redis.xrange(  # type: ignore[assignment]
            self._feed, min=f"({before}", max="+", count=limit
        )
        entries = [(row_id.decode(), fields) for row_id, fields in rows]
        after = entries[-1][0] if entries else before
        return FeedPage(tuple(self._load(entries)), before, after)

    def advance(self, listener: str, page: FeedPage) -> bool:
        keys = [self._feed, self._cursors]
        return bool(self._advance(keys=keys, args=[listener, page.before, page.after]))

    def _find_end(self) -> str:
        """The id of the last entry that was ever written."""
        if not self._redis.exists(self._feed):
            return BEGINNING
        last: bytes = self._redis.xinfo_stream(self._feed)["last-generated-id"]
        return last.decode()

    def _load(self, entries: Collection[tuple[str, Mapping[bytes, bytes]]]) -> Iterator[FeedEntry]:
        """The events and states that entries speak of, in one round trip."""
        pipe = self._redis.pipeline(transaction=False)
        spans = [
            (fields[b"run"].decode(), int(fields[b"first"]), int(fields[b"count"])) for _, fields in entries
        ]
        for run_id, first, count in spans:
            pipe.lrange(f"{self._prefix}run:{run_id}:events", first, first + count - 1)
            pipe.hget(f"{self._prefix}run:{run_id}", "state")
        answers = iter(pipe.execute())
        for (entry_id, _), (run_id, first, count) in zip(entries, spans, strict=True):
            lines, state = next(answers), next(answers)
            found = self._read_run(run_id, first, count, lines, state)
            if found is not None:
                events, its_state = found
                place, own = drop_taken_over(first, events)
                yield FeedEntry(id=entry_id, first=place, events=own, state=its_state)

    def _read_run(
        self, run_id: str, first: int, count: int, lines: list[bytes], state: bytes | None
    ) -> tuple[tuple[Event, ...], RunState] | None:
        """Events and state of a run, also of one in the archive; None if it was removed."""
        if state is not None:
            return history_from_json_lines(lines), state_from_json(state)
        try:
            return self._runs.events(run_id)[first : first + count], self._runs.load(run_id)
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            return None
