"""The counts of refused messages, in Redis: all workers add to the same."""

from __future__ import annotations

from typing import get_args

from redis import Redis

from fluxagents.tasks.ports.refused_messages import Refusal


class RedisRefusedMessages:
    """As `fluxagents.tasks.ports.refused_messages.RefusedMessages`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._key = f"{prefix}refused"

    def count(self, refusal: Refusal) -> None:
        self._redis.hincrby(self._key, refusal, 1)

    def counts(self) -> dict[Refusal, int]:
        kinds: tuple[Refusal, ...] = get_args(Refusal)
        counted: list[bytes | None] = self._redis.hmget(self._key, list(kinds))  # type: ignore[assignment]
        return {kind: int(count) for kind, count in zip(kinds, counted, strict=True) if count}
