"""Requests of each key in the present minute, counted in Redis."""

from __future__ import annotations

from time import time

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
        # The clock of this process only names the window; nothing is decided by it.
        window, passed_s = divmod(int(time()), WINDOW_S)
        name = f"{self._prefix}rate:{who}:{window}"
        pipe = self._redis.pipeline(transaction=False)
        pipe.incr(name)
        pipe.expire(name, 2 * WINDOW_S)
        number: int = pipe.execute()[0]
        return Quota(self._per_minute, self._per_minute - number, WINDOW_S - passed_s)
