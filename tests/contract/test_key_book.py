"""One suite for both key books: in memory, and Redis."""

from __future__ import annotations

import pytest

from fluxagents.flows.memory.key_book import MemoryKeyBook
from fluxagents.flows.people.actions import Scope
from fluxagents.flows.people.api_key import ApiKey
from fluxagents.scheduler.people.api_keys import KeyBook
from fluxagents.workers.redis.people.key_book import RedisKeyBook

OLD = ApiKey(prefix="0000000a", digest="a" * 64, owner="ana", scopes=frozenset(Scope), created_ms=1)
NEW = ApiKey(
    prefix="0000000b",
    digest="b" * 64,
    owner="bob",
    scopes=frozenset({Scope.READ}),
    created_ms=2,
    expires_ms=9,
)


@pytest.fixture(params=["memory", "redis"])
def book(request: pytest.FixtureRequest, key_prefix: str) -> KeyBook:
    if request.param == "memory":
        return MemoryKeyBook()
    return RedisKeyBook(request.getfixturevalue("redis"), prefix=key_prefix)


def test_a_key_is_read_as_it_was_kept(book: KeyBook) -> None:
    assert book.add(OLD)
    assert book.add(NEW)
    assert not book.add(NEW.model_copy(update={"owner": "eve"}))
    assert book.list() == [NEW, OLD]
    assert book.get(NEW.prefix) == NEW
    assert book.get("0000000c") is None
    assert book.get("") is None


def test_what_happens_to_a_key_changes_nothing_else_of_it(book: KeyBook) -> None:
    book.add(OLD)
    book.note_use(OLD.prefix, 5)
    assert book.revoke(OLD.prefix, 7)
    assert book.get(OLD.prefix) == OLD.model_copy(update={"revoked_ms": 7, "last_used_ms": 5})
    assert not book.revoke(OLD.prefix, 8)
    assert not book.revoke(NEW.prefix, 8)
    assert [key.revoked_ms for key in book.list()] == [7]
