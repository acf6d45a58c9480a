"""What waits for digests, in Redis: a sorted set of periods, and one of requests for each."""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis

from fluxagents.scheduler.channels.digest_book import DigestPeriod
from fluxagents.workers.redis.triggers.channel_book import KEPT_S

MAX_DUE = 1_000
"""Periods of one look; the next look takes the others."""


class RedisDigestBook:
    """As `fluxagents.scheduler.channels.digest_book.DigestBook`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._prefix = prefix

    def add(self, period: DigestPeriod, request: str) -> None:
        key = self._key(period)
        pipe = self._redis.pipeline()
        pipe.zadd(key, {request: 0})
        pipe.expire(key, KEPT_S)
        pipe.zadd(self._periods, {period.model_dump_json(): period.due_ms})
        pipe.execute()

    def list_due(self, now_ms: int) -> Sequence[DigestPeriod]:
        texts: list[bytes] = self._redis.zrangebyscore(self._periods, 0, now_ms, start=0, num=MAX_DUE)  # type: ignore[assignment]
        return [DigestPeriod.model_validate_json(text) for text in texts]

    def requests(self, period: DigestPeriod) -> Sequence[str]:
        # Their ids sort by time.
        names: list[bytes] = self._redis.zrange(self._key(period), 0, -1)  # type: ignore[assignment]
        return [name.decode() for name in names]

    def forget(self, period: DigestPeriod) -> None:
        pipe = self._redis.pipeline()
        pipe.delete(self._key(period))
        pipe.zrem(self._periods, period.model_dump_json())
        pipe.execute()

    @property
    def _periods(self) -> str:
        return f"{self._prefix}channel-digests"

    def _key(self, period: DigestPeriod) -> str:
        return f"{self._prefix}channel-digest:{period.person}|{period.due_ms}"
