"""Lines about runs go out and levels come in, also after the store was away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence

import pytest

from fluxagents.workers.observing import log_link
from fluxagents.workers.observing.log_link import LogLink
from fluxagents.workers.observing.run_lines import MAX_WAITING, RunLine, RunLines

AREA = "an-area"


class Store:
    """A store that can be away."""

    def __init__(self) -> None:
        self.lines: list[RunLine] = []
        self.levels: dict[str, str] = {}
        self.is_away = False
        self.looked = threading.Semaphore(0)

    def append(self, lines: Sequence[RunLine]) -> None:
        if self.is_away:
            self.looked.release()
            raise ConnectionError("away")
        self.lines += lines

    def read_levels(self) -> Mapping[str, str]:
        self.looked.release()
        return dict(self.levels)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(log_link, "FLUSH_EVERY_S", 0.01)
    monkeypatch.setattr(log_link, "LEVELS_EVERY_S", 0.0)
    store, lines = Store(), RunLines(logging.Formatter("%(message)s"))
    link = LogLink(lines, lambda: store, errors=(ConnectionError,))
    link.start()
    logging.getLogger(AREA).setLevel(logging.INFO)
    yield store
    link.stop()
    logging.getLogger().removeHandler(lines)
    logging.getLogger(AREA).setLevel(logging.NOTSET)


def wait_for_look(store: Store, times: int = 2) -> None:
    """Until the link has looked anew: a look that began before may be under way."""
    while store.looked.acquire(blocking=False):
        pass
    for _ in range(times):
        assert store.looked.acquire(timeout=10)


def say(text: str) -> None:
    logging.getLogger(AREA).warning(text, extra={"data": {"id": "run-r1.1.1"}})


def test_lines_wait_while_the_store_is_away_and_come_in_order(store: Store) -> None:
    store.is_away = True
    say("first")
    wait_for_look(store)
    say("second")
    store.is_away = False
    wait_for_look(store, 3)
    assert [line.text for line in store.lines] == ["first", "second"]


def test_an_area_follows_its_level_and_goes_back(store: Store) -> None:
    store.levels[AREA] = "DEBUG"
    wait_for_look(store, 3)
    assert logging.getLogger(AREA).level == logging.DEBUG
    del store.levels[AREA]
    wait_for_look(store, 3)
    assert logging.getLogger(AREA).level == logging.INFO


def test_the_oldest_lines_are_dropped_where_too_many_wait() -> None:
    lines = RunLines(logging.Formatter("%(message)s"))
    for number in range(MAX_WAITING + 5):
        record = logging.LogRecord("x", logging.INFO, "", 0, str(number), None, None)
        record.data = {"id": "run-r1.1.1"}
        lines.emit(record)
    taken = lines.take()
    assert (len(taken), taken[0].text) == (MAX_WAITING, "5")
    lines.put_back(taken)
    assert lines.take() == taken
