"""The event feed: what listeners read, in order and at least once, and that nothing is kept for nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from fluxagents.flows import events as e
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.workers.files.run_archive import Archive
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed

FLOW = e.FlowRef(name="f", version=1, digest="d")


class Place:
    """A store, an archive and a feed."""

    def __init__(self, redis: Redis, prefix: str, folder: Path) -> None:
        self.redis = redis
        self.prefix = prefix
        self.archive = Archive(str(folder))
        self.store = RedisRunStore(redis, prefix=prefix, archive=self.archive)
        self.feed = RedisEventFeed(redis, self.store, prefix=prefix)

    def run(self, run_id: str, *events: e.Event, parent: str = "") -> None:
        """Store a run that began and had these events in its first step."""
        started = e.RunStarted(
            seq=0, at_ms=1, run_id=run_id, session="s", flow=FLOW, start_node="a", inputs={}, parent=parent
        )
        log = (started, *events)
        state = fold(log)
        self.store.create(Commit(log, state, None), state.model_dump_json())

    def finish(self, run_id: str) -> None:
        """Commit a last step."""
        before = self.store.load(run_id)
        ended = e.RunFinished(seq=before.seq, at_ms=2, node="a", answer="yes")
        state = fold((*self.store.events(run_id), ended))
        self.store.commit(Commit((ended,), state, None), state.model_dump_json(), fence=None)

    def read(self, listener: str = "one") -> list[tuple[str, int, list[str]]]:
        """Run, place and types of all that a listener has not read; it goes past it."""
        page = self.feed.read(listener, limit=100)
        assert self.feed.advance(listener, page)
        return [
            (entry.state.run_id, entry.first, [event.type for event in entry.events])
            for entry in page.entries
        ]

    def size(self) -> int:
        return int(self.redis.xlen(f"{self.prefix}feed"))


@pytest.fixture
def place(redis: Redis, key_prefix: str, tmp_path: Path) -> Place:
    return Place(redis, key_prefix, tmp_path)


def entered(node: str = "a") -> e.NodeEntered:
    return e.NodeEntered(seq=0, at_ms=1, node=node)


def test_nothing_is_kept_while_nobody_listens(place: Place) -> None:
    place.run("r1")
    assert place.size() == 0
    place.feed.listen("one", ["request"])
    place.run("r2")
    assert place.size() == 0


def test_a_listener_reads_what_was_written_since_it_listens_in_order(place: Place) -> None:
    place.run("r1")
    place.feed.listen("one", ["run"])
    place.run("r2", entered())
    place.finish("r2")
    place.finish("r1")
    assert place.read() == [
        ("r2", 0, ["RunStarted", "NodeEntered"]),
        ("r2", 2, ["RunFinished"]),
        ("r1", 1, ["RunFinished"]),
    ]
    assert place.read() == []


def test_a_page_is_read_again_until_the_listener_goes_past_it(place: Place) -> None:
    place.feed.listen("one", ["run"])
    place.run("r1")
    place.run("r2")
    first = place.feed.read("one", limit=1)
    assert place.feed.read("one", limit=1) == first
    assert place.feed.advance("one", first)
    assert not place.feed.advance("one", first)
    assert place.read() == [("r2", 0, ["RunStarted"])]


def test_an_entry_goes_when_all_listeners_have_gone_past_it(place: Place) -> None:
    place.feed.listen("one", ["run"])
    place.feed.listen("two", ["run"])
    for number in range(3):
        place.run(f"r{number}")
    place.read("one")
    assert place.size() == 3
    place.feed.advance("two", place.feed.read("two", limit=2))
    assert place.size() == 1
    place.read("two")
    assert place.size() == 0


def test_a_listener_that_stops_holds_nothing_and_begins_at_the_end(place: Place) -> None:
    place.feed.listen("one", ["run"])
    place.run("r1")
    place.feed.listen("one", [])
    assert place.size() == 0
    place.run("r2")
    place.feed.listen("one", ["run"])
    assert place.read() == []
    place.run("r3")
    assert place.read() == [("r3", 0, ["RunStarted"])]


def test_how_a_child_goes_on_is_told_to_nobody(place: Place) -> None:
    place.feed.listen("one", ["run"])
    place.run("r1.1.run0", parent="r1")
    assert place.read() == []


def test_events_that_a_fork_took_over_are_not_told_again(place: Place) -> None:
    place.feed.listen("one", ["run"])
    place.run("r2", entered(), e.RunForked(seq=0, at_ms=2, origin="r1", origin_seq=1, by="ada"), entered())
    assert place.read() == [("r2", 2, ["RunForked", "NodeEntered"])]


def test_a_run_that_was_archived_or_removed_since(place: Place) -> None:
    place.feed.listen("one", ["run"])
    for run_id in ("kept", "gone"):
        place.run(run_id)
        place.finish(run_id)
    place.archive.put(place.store.load("kept"), place.store.events("kept"))
    for run_id in ("kept", "gone"):
        assert place.store.forget(run_id, "s")
    assert place.read() == [("kept", 0, ["RunStarted"]), ("kept", 1, ["RunFinished"])]
