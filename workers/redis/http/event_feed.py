"""The feed of what all runs do: a stream in Redis that the commit script writes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from fluxagents.scheduler.http.ports import FeedEntry
from fluxagents.workers.redis.connection import explain

BLOCK_MS = 5_000
PAGE = 500


class RedisEventFeed:
    """See `EventFeed`.

    Args:
        url: Of Redis.
        prefix: What every key begins with.
    """

    def __init__(self, url: str, *, prefix: str) -> None:
        self._url = url
        self._prefix = prefix
        self._redis: Redis = Redis.from_url(url, socket_timeout=BLOCK_MS / 1_000 + 5, socket_keepalive=True)

    async def follow(self) -> AsyncIterator[FeedEntry]:
        try:
            last = await self._last_id()
            while True:
                answer: Any = await self._redis.xread({self._name: last}, count=PAGE, block=BLOCK_MS)
                for entry_id, fields in _entries_of(answer):
                    last = entry_id
                    yield _read(entry_id, fields)
        except RedisError as error:
            raise explain(error, self._url) from error

    async def since(self, entry_id: str) -> Sequence[FeedEntry] | None:
        try:
            if await self._is_trimmed(entry_id):
                return None
            rows: Any = await self._redis.xrange(self._name, entry_id)
        except RedisError as error:
            raise explain(error, self._url) from error
        return [_read(row_id, fields) for row_id, fields in rows]

    async def lines(self, run_id: str, first: int, count: int) -> Sequence[bytes]:
        try:
            name = f"{self._prefix}run:{run_id}:events"
            lines: Any = await self._redis.lrange(name, first, first + count - 1)
        except RedisError as error:
            raise explain(error, self._url) from error
        return list(lines)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _last_id(self) -> bytes:
        rows: Any = await self._redis.xrevrange(self._name, count=1)
        return bytes(rows[0][0]) if rows else b"0-0"

    async def _is_trimmed(self, entry_id: str) -> bool:
        """Whether entries after this one may be gone."""
        rows: Any = await self._redis.xrange(self._name, count=1)
        if not rows or _order(rows[0][0]) <= _order(entry_id.encode()):
            return False
        about: Any = await self._redis.xinfo_stream(self._name)
        return int(about["entries-added"]) > int(about["length"])

    @property
    def _name(self) -> str:
        return f"{self._prefix}feed"


def _entries_of(answer: Any) -> Sequence[tuple[bytes, dict[bytes, bytes]]]:
    """The entries of the only stream that was read, whichever protocol answered."""
    if not answer:
        return ()
    if isinstance(answer, dict):
        return [entry for pages in answer.values() for page in pages for entry in page]
    return [entry for _, page in answer for entry in page]


def _read(entry_id: bytes, fields: dict[bytes, bytes]) -> FeedEntry:
    return FeedEntry(
        id=entry_id.decode(),
        run_id=fields[b"run"].decode(),
        session=fields[b"session"].decode(),
        first=int(fields[b"first"]),
        count=int(fields[b"count"]),
    )


def _order(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number or 0)
