"""The prompt store on Redis: all workers see a version from the moment it is registered."""

from __future__ import annotations

import hashlib

from redis import Redis
from redis.exceptions import WatchError

from fluxagents.prompts.versions.record import ENTRY, Entry


class RedisPromptStore:
    """Prompts in Redis under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._names = f"{prefix}prompts"
        self._sources = f"{prefix}prompt-sources"
        self._prefix = f"{prefix}prompt:"

    def names(self) -> tuple[str, ...]:
        names: set[bytes] = self._redis.smembers(self._names)  # type: ignore[assignment]
        return tuple(sorted(name.decode() for name in names))

    def log(self, name: str) -> tuple[Entry, ...]:
        lines: list[bytes] = self._redis.lrange(self._prefix + name, 0, -1)  # type: ignore[assignment]
        return tuple(ENTRY.validate_json(line) for line in lines)

    def append(self, name: str, entry: Entry, *, after: int) -> bool:
        key = self._prefix + name
        with self._redis.pipeline() as pipe:
            try:
                pipe.watch(key)  # type: ignore[no-untyped-call]
                if pipe.llen(key) != after:
                    return False
                pipe.multi()
                pipe.rpush(key, entry.model_dump_json())
                pipe.sadd(self._names, name)
                pipe.execute()
            except WatchError:
                return False
        return True

    def keep(self, source: str) -> str:
        digest = hashlib.sha256(source.encode()).hexdigest()
        self._redis.hsetnx(self._sources, digest, source)
        return digest

    def source(self, digest: str) -> str | None:
        text: bytes | None = self._redis.hget(self._sources, digest)  # type: ignore[assignment]
        return None if text is None else text.decode()
