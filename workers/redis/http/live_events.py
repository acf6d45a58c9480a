"""What all runs do, as it happens: a stream in Redis that the commit script writes.

It is for whoever watches now, and keeps the last entries only. What must not be missed is in the feed of
`workers/redis/triggers`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from fluxagents.scheduler.http.ports import LiveEntry
from fluxagents.workers.redis.connection import explain

BLOCK_MS = 5_000
PAGE = 500


class RedisLiveEvents:
    """See `LiveEvents`.

    Args:
        find_url: The URL of the Redis that is used now; asked again after it could not be reached.
        prefix: What every key begins with.
    """

    def __init__(self, find_url: Callable[[], str], *, prefix: str) -> None:
        self._find_url = find_url
        self._prefix = prefix
        self._redis: Redis | None = None
        self._url = ""
        self._last = b""

    async def follow(self) -> AsyncIterator[LiveEntry]:
        async with self._connect() as redis:
            newest = await self._last_id(redis)
            # After an outage from where it left off, unless the server is another one that is not as far.
            if not self._last or _order(newest) < _order(self._last):
                self._last = newest
            while True:
                answer: Any = await redis.xread({self._name: self._last}, count=PAGE, block=BLOCK_MS)
                for entry_id, fields in _entries_of(answer):
                    self._last = entry_id
                    yield _read(entry_id, fields)

    async def since(self, entry_id: str) -> Sequence[LiveEntry] | None:
        async with self._connect() as redis:
            if await self._is_trimmed(redis, entry_id):
                return None
            rows: Any = await redis.xrange(self._name, entry_id)
            return [_read(row_id, fields) for row_id, fields in rows]

    async def lines(self, entry: LiveEntry) -> Sequence[bytes]:
        if entry.remark:
            name, first, last = f"{self._prefix}remarks:{entry.run_id}", entry.remark - 1, entry.remark - 1
        else:
            name = f"{self._prefix}run:{entry.run_id}:events"
            first, last = entry.first, entry.first + entry.count - 1
        async with self._connect() as redis:
            lines: Any = await redis.lrange(name, first, last)
            return list(lines)

    async def close(self) -> None:
        """Give the connections up."""
        if self._redis is not None:
            redis, self._redis = self._redis, None
            await redis.aclose()

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[Redis]:
        """The client; after an error another one, since the primary may be another server by then."""
        if self._redis is None:
            self._url = await asyncio.to_thread(self._find_url)
            self._redis = Redis.from_url(
                self._url, socket_timeout=BLOCK_MS / 1_000 + 5, socket_keepalive=True
            )
        try:
            yield self._redis
        except RedisError as error:
            await self.close()
            raise explain(error, self._url) from error

    async def _last_id(self, redis: Redis) -> bytes:
        rows: Any = await redis.xrevrange(self._name, count=1)
        return bytes(rows[0][0]) if rows else b"0-0"

    async def _is_trimmed(self, redis: Redis, entry_id: str) -> bool:
        """Whether entries after this one may be gone."""
        rows: Any = await redis.xrange(self._name, count=1)
        if not rows or _order(rows[0][0]) <= _order(entry_id.encode()):
            return False
        about: Any = await redis.xinfo_stream(self._name)
        return int(about["entries-added"]) > int(about["length"])

    @property
    def _name(self) -> str:
        return f"{self._prefix}live"


def _entries_of(answer: Any) -> Sequence[tuple[bytes, dict[bytes, bytes]]]:
    """The entries of the only stream that was read, whichever protocol answered."""
    if not answer:
        return ()
    if isinstance(answer, dict):
        return [entry for pages in answer.values() for page in pages for entry in page]
    return [entry for _, page in answer for entry in page]


def _read(entry_id: bytes, fields: dict[bytes, bytes]) -> LiveEntry:
    return LiveEntry(
        id=entry_id.decode(),
        run_id=fields[b"run"].decode(),
        session=fields[b"session"].decode(),
        first=int(fields[b"first"]),
        count=int(fields[b"count"]),
        remark=int(fields.get(b"remark", 0)),
    )


def _order(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number or 0)
