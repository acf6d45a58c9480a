"""One suite for both books of sessions: in memory, and Redis."""

from __future__ import annotations

import pytest

from fluxagents.flows.memory.session_book import MemorySessionBook
from fluxagents.flows.people.sign_in import SignInSession, digest_session_id
from fluxagents.scheduler.people.sign_in import SessionBook
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.people.session_book import RedisSessionBook


@pytest.fixture(params=["memory", "redis"])
def book(request: pytest.FixtureRequest, key_prefix: str) -> SessionBook:
    if request.param == "memory":
        return MemorySessionBook(SystemClock())
    return RedisSessionBook(request.getfixturevalue("redis"), prefix=key_prefix)


def session(name: str, *, lasts_ms: int = 60_000) -> SignInSession:
    now_ms = SystemClock().now_ms()
    return SignInSession(name=name, began_ms=now_ms, expires_ms=now_ms + lasts_ms)


def test_a_session_is_there_until_it_is_closed(book: SessionBook) -> None:
    digest, ana = digest_session_id("one"), session("ana")
    book.open(digest, ana)
    assert book.get(digest) == ana
    assert book.get(digest_session_id("two")) is None
    assert book.close(digest)
    assert not book.close(digest)
    assert book.get(digest) is None


def test_a_session_whose_time_is_over_is_none(book: SessionBook) -> None:
    book.open("a" * 64, session("ana", lasts_ms=-1))
    assert book.get("a" * 64) is None


def test_the_sessions_of_a_person_end_together_and_no_others(book: SessionBook) -> None:
    names = {"a" * 64: "ana", "b" * 64: "ana", "c" * 64: "bob"}
    for digest, name in names.items():
        book.open(digest, session(name))
    book.close_all_of("ana")
    book.close_all_of("nobody")
    assert {digest for digest in names if book.get(digest)} == {"c" * 64}
