"""Standing approvals are kept, counted once a request and never beyond their limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fluxagents.flows.humans.standing import StandingApproval, read_range
from fluxagents.flows.memory.standing_book import MemoryStandingBook
from fluxagents.scheduler.people.standing_book import StandingBook
from fluxagents.workers.redis.people.standing_book import RedisStandingBook


@pytest.fixture(params=["memory", "redis"])
def book(request: pytest.FixtureRequest, key_prefix: str) -> StandingBook:
    if request.param == "memory":
        return MemoryStandingBook()
    return RedisStandingBook(request.getfixturevalue("redis"), prefix=key_prefix)


def approval(name: str = "a", **fields: Any) -> StandingApproval:
    rules = {"tool": "t", "session": "s", "by": "ana", "created_ms": 1, "until_ms": 100, "max_uses": 2}
    return StandingApproval(**{"id": name, "arguments": {"x": read_range("1..5")}, **rules, **fields})


def test_what_was_granted_is_found_and_listed_the_newest_first(book: StandingBook) -> None:
    first, second = approval("a"), approval("b", created_ms=2, session="other")
    book.add(first)
    book.add(second)
    assert book.find("a") == first
    assert book.find("c") is None
    assert list(book.list()) == [second, first]
    assert list(book.list("s")) == [first]


def test_a_use_counts_once_a_request_and_never_beyond_the_limit(book: StandingBook) -> None:
    book.add(approval())
    assert [book.use("a", request, 5) for request in ("r.1", "r.1", "r.2", "r.3")] == [
        True,
        True,
        True,
        False,
    ]
    assert book.use("a", "r.1", 5), "as it was told first"
    assert [set(uses) for uses in book.uses(["a", "b"])] == [{"r.1", "r.2"}, set()]
    assert not book.use("b", "r.1", 5)


def test_one_that_is_over_or_revoked_counts_no_more(book: StandingBook) -> None:
    book.add(approval())
    assert not book.use("a", "r.1", 100)
    assert book.revoke("a", 7)
    assert not book.revoke("a", 8)
    assert not book.revoke("b", 8)
    assert not book.use("a", "r.1", 50)
    found = book.find("a")
    assert found is not None
    assert found.revoked_ms == 7


def test_many_at_once_use_it_no_more_often_than_it_says(book: StandingBook) -> None:
    book.add(approval(max_uses=5))
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda number: book.use("a", f"r.{number}", 5), range(40)))
    if isinstance(book, RedisStandingBook):
        assert sum(counted) == 5
    assert len(book.uses(["a"])[0]) == sum(counted)
