"""Idempotency keys in Redis."""

from __future__ import annotations

from redis import Redis

from fluxagents.scheduler.http.ports import KnownRequest
from fluxagents.workers.redis.scripts import register_script

LEASE_MS = 60_000
"""How long a request is taken to be carried out by a process of which nothing is heard."""

KEPT_MS = 24 * 3_600_000


class RedisIdempotencyKeys:
    """See `IdempotencyKeys`.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix
        self._begin = register_script(redis, "begin_request")

    def begin(self, key: str, request: str) -> KnownRequest:
        status, first_ms, response = self._begin(keys=[self._prefix], args=[key, request, LEASE_MS, KEPT_MS])
        return KnownRequest(status.decode(), first_ms, response)

    def finish(self, key: str, response: bytes) -> None:
        self._redis.hset(self._name(key), "response", response)

    def abandon(self, key: str) -> None:
        self._redis.hdel(self._name(key), "lease_until")

    def _name(self, key: str) -> str:
        return f"{self._prefix}idempotency:{key}"
