"""Notebooks are replaced only as they were read, and a link ends with its time."""

from __future__ import annotations

import time

import pytest

from fluxagents.flows.memory.notebook_book import MemoryNotebookBook
from fluxagents.flows.ports.notebook import Notebook, NotebookBook, NotebookLink, TextBlock
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.people.notebook_book import RedisNotebookBook


@pytest.fixture(params=["memory", "redis"])
def book(request: pytest.FixtureRequest, key_prefix: str) -> NotebookBook:
    if request.param == "memory":
        return MemoryNotebookBook(SystemClock())
    return RedisNotebookBook(request.getfixturevalue("redis"), prefix=key_prefix)


def test_a_notebook_is_replaced_only_as_it_was_read(book: NotebookBook) -> None:
    empty = book.get("s")
    assert empty == Notebook(session="s")
    first = Notebook(session="s", version=1, blocks=(TextBlock(text="a"),))
    assert book.replace(empty, first)
    assert not book.replace(empty, first.model_copy(update={"blocks": ()}))
    assert book.get("s") == first
    assert book.get("other").blocks == ()


def test_links_are_found_listed_and_forgotten(book: NotebookBook) -> None:
    now_ms = time.time_ns() // 1_000_000

    def add(name: str, *, made_ms: int, lasts_ms: int, session: str = "s") -> NotebookLink:
        link = NotebookLink(
            id=name, session=session, by="ana", created_ms=made_ms, expires_ms=now_ms + lasts_ms
        )
        book.add_link(f"{name}-digest", link)
        return link

    second = add("second", made_ms=now_ms - 2, lasts_ms=60_000)
    first = add("first", made_ms=now_ms - 3, lasts_ms=60_000)
    add("past", made_ms=now_ms - 9, lasts_ms=-1)
    add("other", made_ms=now_ms, lasts_ms=60_000, session="t")
    assert list(book.list_links("s")) == [first, second]
    assert book.find_link("past-digest") is None
    assert book.find_link("first-digest") == first
    book.remove_link(first)
    assert book.find_link("first-digest") is None
    assert list(book.list_links("s")) == [second]
