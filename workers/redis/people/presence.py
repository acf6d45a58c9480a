"""Who looks at a run now, in Redis: a sorted set a run, of persons by their last sign of life; it expires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redis import Redis

from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.presence import PRESENT_MS


class RedisPresence:
    """As `fluxagents.flows.ports.presence.Presence`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        clock: The time of all who look.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, clock: Clock, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._clock = clock
        self._prefix = prefix

    def enter(self, run_id: str, person: str) -> None:
        pipe = self._redis.pipeline()
        pipe.zadd(self._key(run_id), {person: self._clock.now_ms()})
        pipe.pexpire(self._key(run_id), PRESENT_MS)
        pipe.execute()

    def leave(self, run_id: str, person: str) -> None:
        self._redis.zrem(self._key(run_id), person)

    def present(self, run_id: str) -> Mapping[str, int]:
        last_ms = self._clock.now_ms() - PRESENT_MS
        rows: Any = self._redis.zrangebyscore(self._key(run_id), f"({last_ms}", "+inf", withscores=True)
        return {person.decode(): int(at_ms) for person, at_ms in rows}

    def _key(self, run_id: str) -> str:
        return f"{self._prefix}present:{run_id}"
