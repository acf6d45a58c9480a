"""Requests of each key in a minute, counted in Redis by its clock, for all processes at once."""

from __future__ import annotations

from redis import Redis

from fluxagents.scheduler.http.ports import Quota

WINDOW_S = 60


class RedisRateLimits:
    """See `RateLimits`.

    Args:
        redis: A client.
        prefix: What every key begins with.
        per_minute: Requests that a key may send; None for any number.
    """

    def __init__(self, redis: Redis, *, prefix: str, per_minute: int | None) -> None:
        self._redis = redis
        self._prefix = prefix
        self._per_minute = per_minute

    def count(self, who: str) -> Quota | None:
        if self._per_minute is None:
            return None
        # A minute begins with its first request and ends when Redis forgets it.
        name = f"{self._prefix}rate:{who}"
        pipe = self._redis.pipeline()
        pipe.set(name, 0, ex=WINDOW_S, nx=True)
        pipe.incr(name)
        pipe.pttl(name)
        _, number, left_ms = pipe.execute()
        return Quota(self._per_minute, self._per_minute - number, -(-left_ms // 1_000))
