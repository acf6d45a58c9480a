"""The triggers in Redis: a hash by name."""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis

from fluxagents.scheduler.triggers.event_trigger import EventTrigger


class RedisTriggerBook:
    """As `fluxagents.scheduler.triggers.trigger_book.TriggerBook`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._key = f"{prefix}triggers"

    def add(self, trigger: EventTrigger, *, replace: bool = False) -> bool:
        text = trigger.model_dump_json()
        if not replace:
            return bool(self._redis.hsetnx(self._key, trigger.name, text))
        self._redis.hset(self._key, trigger.name, text)
        return True

    def get(self, name: str) -> EventTrigger | None:
        text: bytes | None = self._redis.hget(self._key, name)  # type: ignore[assignment]
        return None if text is None else EventTrigger.model_validate_json(text)

    def list(self) -> Sequence[EventTrigger]:
        texts: list[bytes] = self._redis.hvals(self._key)  # type: ignore[assignment]
        triggers = (EventTrigger.model_validate_json(text) for text in texts)
        return sorted(triggers, key=lambda trigger: trigger.name)

    def remove(self, name: str) -> bool:
        return bool(self._redis.hdel(self._key, name))
