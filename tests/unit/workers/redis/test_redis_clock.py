"""The time of Redis, asked for now and then and counted on by the steady clock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any
from unittest.mock import Mock

import pytest
from redis import Redis

from fluxagents.workers.redis.redis_clock import ASK_EVERY_S, MAX_QUESTIONS, RedisClock


class Machine:
    """A steady clock, and a Redis whose answers take a while.

    Args:
        trips: How long each question takes there, and back, in s.
    """

    def __init__(self, *trips: tuple[float, float]) -> None:
        self.steady_s = 50.0
        self.unix_s = 1_000_000.0
        self.questions = 0
        self._trips: Iterator[tuple[float, float]] = chain(trips, repeat((0.0, 0.0)))

    def pass_by(self, seconds: float) -> None:
        self.steady_s += seconds
        self.unix_s += seconds

    def time(self) -> tuple[int, int]:
        self.questions += 1
        there, back = next(self._trips)
        self.pass_by(there)
        told = divmod(round(self.unix_s * 1e6), 1_000_000)
        self.pass_by(back)
        return told

    def clock(self) -> RedisClock:
        redis: Any = Mock(spec=Redis, time=self.time)
        return RedisClock(redis, steady_s=lambda: self.steady_s)


def test_it_counts_on_between_questions() -> None:
    machine = Machine()
    clock = machine.clock()
    assert clock.now_ms() == 1_000_000_000
    machine.pass_by(ASK_EVERY_S / 2)
    assert clock.now_ms() == round(machine.unix_s * 1_000)
    assert machine.questions == 1


def test_it_follows_a_redis_whose_time_is_set() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.now_ms()
    machine.unix_s += 3_600
    machine.pass_by(ASK_EVERY_S + 1)
    assert clock.now_ms() == round(machine.unix_s * 1_000)


@pytest.mark.parametrize(("there", "back"), [(0.02, 0.02), (0.04, 0.0), (0.0, 0.04)])
def test_it_is_off_by_half_a_round_trip_at_most(there: float, back: float) -> None:
    machine = Machine((there, back))
    assert abs(machine.clock().now_ms() - machine.unix_s * 1_000) <= 21


def test_a_slow_answer_is_asked_for_again_and_the_quickest_counts() -> None:
    machine = Machine((0.0, 30.0), (0.05, 0.0))
    assert abs(machine.clock().now_ms() - machine.unix_s * 1_000) <= 50
    assert machine.questions == 2


def test_it_is_not_asked_for_ever() -> None:
    machine = Machine(*[(1.0, 1.0)] * 5)
    machine.clock().now_ms()
    assert machine.questions == MAX_QUESTIONS


def test_a_real_redis_tells_its_time(redis: Redis) -> None:
    before, now, after = redis.time(), RedisClock(redis).now_ms(), redis.time()
    assert before[0] * 1_000 - 100 <= now <= (after[0] + 1) * 1_000 + 100
