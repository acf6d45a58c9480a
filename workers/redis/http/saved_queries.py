"""Saved filters of each person, a hash in Redis."""

from __future__ import annotations

from collections.abc import Mapping

from redis import Redis
from redis.exceptions import WatchError


class RedisSavedQueries:
    """See `SavedQueries`.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix

    def list(self, person: str) -> Mapping[str, bytes]:
        kept: dict[bytes, bytes] = self._redis.hgetall(self._name(person))  # type: ignore[assignment]
        return {name.decode(): query for name, query in kept.items()}

    def save(self, person: str, name: str, query: bytes, *, before: bytes | None) -> bool:
        with self._redis.pipeline() as pipe:
            pipe.watch(self._name(person))  # type: ignore[no-untyped-call]
            if pipe.hget(self._name(person), name) != before:
                return False
            pipe.multi()
            pipe.hset(self._name(person), name, query)
            try:
                pipe.execute()
            except WatchError:
                return False
        return True

    def remove(self, person: str, name: str) -> bool:
        return bool(self._redis.hdel(self._name(person), name))

    def _name(self, person: str) -> str:
        return f"{self._prefix}queries:{person}"
