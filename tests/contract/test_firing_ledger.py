"""One suite for both firing ledgers: in memory, and in Redis."""

from __future__ import annotations

import pytest
from redis import Redis
from tests.support.memory_ledger import MemoryLedger

from fluxagents.scheduler.firings.firing import Firing
from fluxagents.scheduler.firings.firing_ledger import MAX_HISTORY, FiringLedger
from fluxagents.workers.redis.triggers.firing_ledger import RedisFiringLedger

NAME = "schedule:nightly"


@pytest.fixture(params=["memory", "redis"])
def ledger(request: pytest.FixtureRequest, key_prefix: str) -> FiringLedger:
    if request.param == "memory":
        return MemoryLedger()
    redis: Redis = request.getfixturevalue("redis")
    return RedisFiringLedger(redis, prefix=key_prefix)


def firing(number: int) -> Firing:
    return Firing(at_ms=number, outcome="started", due_ms=number, run_id=f"run-{number}")


def test_a_state_is_written_only_over_the_one_that_was_read(ledger: FiringLedger) -> None:
    assert ledger.load(NAME) is None
    assert not ledger.save(NAME, "b", before="a")
    assert ledger.save(NAME, "a", before=None)
    assert not ledger.save(NAME, "b", before=None, firings=[firing(1)], look_ms=1)
    assert ledger.save(NAME, "b", before="a")
    assert ledger.load(NAME) == "b"
    assert list(ledger.history(NAME)) == []
    assert list(ledger.find_due(10, limit=10)) == []


def test_an_empty_state_is_a_state(ledger: FiringLedger) -> None:
    assert ledger.save(NAME, "", before=None)
    assert not ledger.save(NAME, "x", before=None)
    assert ledger.save(NAME, "x", before="")


def test_the_history_is_read_from_its_newest_end_and_has_a_bound(ledger: FiringLedger) -> None:
    ledger.save(NAME, "a", before=None, firings=[firing(1), firing(2)])
    ledger.save(NAME, "b", before="a", firings=[firing(3)])
    assert list(ledger.history(NAME, limit=2)) == [firing(3), firing(2)]
    ledger.save(NAME, "c", before="b", firings=[firing(number) for number in range(4, MAX_HISTORY + 4)])
    assert len(ledger.history(NAME)) == MAX_HISTORY
    assert ledger.history(NAME, limit=1)[0] == firing(MAX_HISTORY + 3)


def test_what_is_due_is_named_until_its_time_is_set_anew(ledger: FiringLedger) -> None:
    ledger.save("b", "1", before=None, look_ms=20)
    ledger.save("a", "1", before=None, look_ms=10)
    ledger.save("c", "1", before=None, look_ms=31)
    assert list(ledger.find_due(30, limit=10)) == ["a", "b"]
    assert list(ledger.find_due(30, limit=1)) == ["a"]
    ledger.save("a", "2", before="1")
    ledger.save("b", "2", before="1", look_ms=40)
    assert list(ledger.find_due(30, limit=10)) == []
    assert list(ledger.find_due(40, limit=10)) == ["c", "b"]


def test_nothing_is_left_of_what_was_forgotten(ledger: FiringLedger) -> None:
    ledger.save(NAME, "a", before=None, look_ms=1, firings=[firing(1)])
    ledger.forget(NAME)
    assert ledger.load(NAME) is None
    assert list(ledger.history(NAME)) == []
    assert list(ledger.find_due(10, limit=10)) == []
