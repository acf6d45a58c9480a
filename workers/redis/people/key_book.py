"""API keys on Redis: a hash of what was created, and one each of what happened to a key since."""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis

from fluxagents.flows.people.api_key import ApiKey


class RedisKeyBook:
    """Keys in Redis under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._keys = f"{prefix}api-keys"
        self._revoked = f"{prefix}api-keys-revoked"
        self._used = f"{prefix}api-keys-used"

    def add(self, key: ApiKey) -> bool:
        return bool(self._redis.hsetnx(self._keys, key.prefix, key.model_dump_json()))

    def get(self, prefix: str) -> ApiKey | None:
        pipe = self._redis.pipeline(transaction=False)
        for name in (self._keys, self._revoked, self._used):
            pipe.hget(name, prefix)
        key, revoked, used = pipe.execute()
        return None if key is None else _read(key, revoked, used)

    def list(self) -> Sequence[ApiKey]:
        pipe = self._redis.pipeline()
        for name in (self._keys, self._revoked, self._used):
            pipe.hgetall(name)
        documents, revoked, used = pipe.execute()
        keys = [_read(text, revoked.get(prefix), used.get(prefix)) for prefix, text in documents.items()]
        return sorted(keys, key=lambda key: (-key.created_ms, key.prefix))

    def revoke(self, prefix: str, at_ms: int) -> bool:
        exists = self._redis.hexists(self._keys, prefix)
        return bool(exists and self._redis.hsetnx(self._revoked, prefix, str(at_ms)))

    def note_use(self, prefix: str, at_ms: int) -> None:
        self._redis.hset(self._used, prefix, at_ms)


def _read(document: bytes, revoked: bytes | None, used: bytes | None) -> ApiKey:
    key = ApiKey.model_validate_json(document)
    return key.model_copy(update={"revoked_ms": int(revoked or 0), "last_used_ms": int(used or 0)})
