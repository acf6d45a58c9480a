"""The time of Redis: the one clock that all nodes of an installation share."""

from __future__ import annotations

import time
from collections.abc import Callable

from redis import Redis

ASK_EVERY_S = 10.0
"""How long the steady clock of this machine may count on; it drifts by a millisecond a minute at worst."""

QUICK_S = 0.1
MAX_QUESTIONS = 3
"""An answer that took longer than that may be off by as much; so Redis is asked again, but not for ever."""


class RedisClock:
    """Unix time by the clock of Redis, which also judges leases and timers.

    The clock of this machine may be wrong, or be set while runs go on: only its steady clock is used, from
    one question to the next.

    Args:
        redis: Asked when the time is first wanted, and every ten seconds of use.
        steady_s: Seconds that only grow.
    """

    def __init__(self, redis: Redis, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._steady_s = steady_s
        self._asked_s = float("-inf")
        self._offset_s = 0.0

    def now_ms(self) -> int:
        """Unix time in ms.

        Raises:
            redis.RedisError: Redis must be asked and does not answer.
        """
        if self._steady_s() - self._asked_s > ASK_EVERY_S:
            self._ask()
        return round((self._steady_s() + self._offset_s) * 1_000)

    def _ask(self) -> None:
        answers = []
        for _ in range(MAX_QUESTIONS):
            before_s = self._steady_s()
            seconds, microseconds = self._redis.time()
            after_s = self._steady_s()
            # It was the time of Redis half way, or at most half the round trip from there.
            offset_s = seconds + microseconds / 1e6 - (before_s + after_s) / 2
            answers.append((after_s - before_s, offset_s))
            if after_s - before_s <= QUICK_S:
                break
        _, self._offset_s = min(answers)
        self._asked_s = self._steady_s()
