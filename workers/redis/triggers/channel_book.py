"""What channels remember, in Redis: keys that expire."""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis

from fluxagents.scheduler.channels.channel_book import ChannelHealth, Copy, Ticket

KEPT_S = 120 * 86_400
"""Longer than anybody waits for a human."""

HEALTH_S = 120
"""Whoever listens to a channel says more often how it is."""


class RedisChannelBook:
    """As `fluxagents.scheduler.channels.channel_book.ChannelBook`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._early_failures = f"{prefix}channel-early-failures"

    def keep_ticket(self, token: str, ticket: Ticket) -> None:
        self._redis.set(self._key("ticket", token), ticket.model_dump_json(), ex=KEPT_S)

    def find_ticket(self, token: str) -> Ticket | None:
        text: bytes | None = self._redis.get(self._key("ticket", token))  # type: ignore[assignment]
        return None if text is None else Ticket.model_validate_json(text)

    def add_copy(self, request: str, copy: Copy) -> None:
        key = self._key("copies", request)
        pipe = self._redis.pipeline()
        pipe.hset(key, copy.message, copy.model_dump_json())
        pipe.expire(key, KEPT_S)
        pipe.execute()

    def copies(self, request: str) -> Sequence[Copy]:
        texts: list[bytes] = self._redis.hvals(self._key("copies", request))  # type: ignore[assignment]
        return sorted(map(Copy.model_validate_json, texts), key=lambda copy: copy.message)

    def keep_early_failure(self, request: str) -> None:
        self._redis.sadd(self._early_failures, request)

    def early_failures(self) -> Sequence[str]:
        requests: set[bytes] = self._redis.smembers(self._early_failures)  # type: ignore[assignment]
        return sorted(request.decode() for request in requests)

    def drop_early_failure(self, request: str) -> None:
        self._redis.srem(self._early_failures, request)

    def begin_delivery(self, delivery: str, run: str) -> str:
        key = self._key("delivery", delivery)
        before: bytes | None = self._redis.set(key, run, ex=KEPT_S, nx=True, get=True)  # type: ignore[assignment]
        return run if before is None else before.decode()

    def find_delivery(self, delivery: str) -> str:
        text: bytes | None = self._redis.get(self._key("delivery", delivery))  # type: ignore[assignment]
        return "" if text is None else text.decode()

    def note_health(self, channel: str, health: ChannelHealth) -> None:
        self._redis.set(self._key("health", channel), health.model_dump_json(), ex=HEALTH_S)

    def health(self, channel: str) -> ChannelHealth | None:
        text: bytes | None = self._redis.get(self._key("health", channel))  # type: ignore[assignment]
        return None if text is None else ChannelHealth.model_validate_json(text)

    def _key(self, kind: str, name: str) -> str:
        return f"{self._prefix}channel-{kind}:{name}"
