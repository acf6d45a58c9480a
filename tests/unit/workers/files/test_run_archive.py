"""The archive, and what moves there, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold, reduce
from fluxagents.workers.files.run_archive import Archive, retire
from fluxagents.workers.machine.clock import SystemClock

FLOW = e.FlowRef(name="f", version=1, digest="d")


def new(store: MemoryRunStore, run_id: str, *, at_ms: int, ended_ms: int | None = None) -> None:
    """A run that started and perhaps finished."""
    begun = e.RunStarted(
        seq=0, at_ms=at_ms, run_id=run_id, session="s", flow=FLOW, start_node="a", inputs={"question": "ä\n?"}
    )
    state = reduce(None, begun)
    events: tuple[e.Event, ...] = (begun,)
    if ended_ms is not None:
        finished = e.RunFinished(seq=0, at_ms=ended_ms, node="a", answer="42")
        events, state = (begun, finished), reduce(state, finished)
    store.create(Commit(events=events, state=state, dispatch=None), state.model_dump_json())


@pytest.fixture
def store() -> MemoryRunStore:
    return MemoryRunStore(SystemClock())


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(str(tmp_path))


def test_an_archived_run_reads_as_it_was(store: MemoryRunStore, archive: Archive) -> None:
    new(store, "r", at_ms=1, ended_ms=2)
    state, events = store.load("r"), store.events("r")
    assert retire(store, archive, 10) == ["r"]
    assert (archive.load("r"), archive.events("r")) == (state, events)
    assert fold(archive.events("r")) == state
    with pytest.raises(FluxError, match="run 'r' does not exist"):
        store.load("r")


def test_only_what_ended_long_enough_ago_moves(store: MemoryRunStore, archive: Archive) -> None:
    new(store, "old", at_ms=1, ended_ms=2)
    new(store, "ended-late", at_ms=1, ended_ms=99)
    new(store, "runs", at_ms=1)
    new(store, "young", at_ms=50, ended_ms=51)
    assert retire(store, archive, 10) == ["old"]
    assert {state.run_id for state in store.runs()} == {"ended-late", "runs", "young"}


def test_the_oldest_move_when_there_are_too_many(store: MemoryRunStore, archive: Archive) -> None:
    for number in range(5):
        new(store, f"r{number}", at_ms=100 + number, ended_ms=200)
    assert retire(store, archive, 0, max_kept=2) == ["r0", "r1", "r2"]
    assert retire(store, archive, 0, max_kept=2) == []


def test_more_than_a_page_moves_at_once(store: MemoryRunStore, archive: Archive) -> None:
    for number in range(450):
        new(store, f"r{number:03}", at_ms=number, ended_ms=10_000 if number % 2 else 600)
    assert len(retire(store, archive, 1_000)) == 225
    assert store.counts()["finished"] == 225


def test_two_calls_at_once_move_no_more_than_one(
    store: MemoryRunStore, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        new(store, f"r{number}", at_ms=number, ended_ms=10)
    forget, other = store.forget, iter(["r0", "r1"])

    def forgotten_by_two(run_id: str, session: str, seq: int) -> bool:
        for faster in other:
            assert forget(faster, session)
        return forget(run_id, session, seq)

    monkeypatch.setattr(store, "forget", forgotten_by_two)
    assert retire(store, archive, 0, max_kept=3) == ["r2"]
    assert store.counts()["finished"] == 3


def test_a_call_moves_no_more_than_it_may(store: MemoryRunStore, archive: Archive) -> None:
    for number in range(5):
        new(store, f"r{number}", at_ms=number, ended_ms=10)
    assert retire(store, archive, 20, at_once=2) == ["r0", "r1"]
    assert retire(store, archive, 20, at_once=9) == ["r2", "r3", "r4"]


def test_a_crash_between_write_and_removal_loses_nothing(
    store: MemoryRunStore, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    new(store, "r", at_ms=1, ended_ms=2)
    state = store.load("r")

    def crash(run_id: str, session: str, seq: int) -> bool:
        raise ConnectionError(run_id, session, seq)

    with monkeypatch.context() as broken:
        broken.setattr(store, "forget", crash)
        with pytest.raises(ConnectionError):
            retire(store, archive, 10)
    assert store.load("r") == archive.load("r") == state
    assert retire(store, archive, 10) == ["r"]
    assert archive.load("r") == state


def test_a_run_is_not_removed_when_it_cannot_be_written(
    store: MemoryRunStore, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    new(store, "r", at_ms=1, ended_ms=2)

    def full(name: str, data: bytes) -> None:
        raise OSError(28, "no space", name, len(data))

    monkeypatch.setattr(archive._bytes, "write", full)
    with pytest.raises(OSError, match="no space"):
        retire(store, archive, 10)
    assert store.load("r").status == "finished"


def test_a_running_run_is_refused(store: MemoryRunStore, archive: Archive) -> None:
    new(store, "r", at_ms=1)
    with pytest.raises(FluxError, match="run 'r' is running"):
        archive.put(store.load("r"), store.events("r"))
    assert not store.forget("r", "s")
    assert not store.forget("nobody", "s")


def test_the_same_run_gives_the_same_file(store: MemoryRunStore, archive: Archive, tmp_path: Path) -> None:
    new(store, "01JB0000000000000000000000", at_ms=1_730_000_000_000, ended_ms=1_730_000_000_001)
    state, events = store.load("01JB0000000000000000000000"), store.events("01JB0000000000000000000000")
    archive.put(state, events)
    path = tmp_path / "archive/2024/10/01JB0000000000000000000000.jsonl.gz"
    first = path.read_bytes()
    archive.put(state, events)
    assert path.read_bytes() == first


def test_a_run_that_is_not_there_is_named(archive: Archive) -> None:
    assert not archive.holds("nobody")
    with pytest.raises(FluxError, match="run 'nobody' does not exist"):
        archive.load("nobody")


@given(run_id=st.text(min_size=1, max_size=300), at_ms=st.integers(0, 4_000_000_000_000))
def test_any_run_id_is_found_again(tmp_path_factory: pytest.TempPathFactory, run_id: str, at_ms: int) -> None:
    store, archive = MemoryRunStore(SystemClock()), Archive(str(tmp_path_factory.mktemp("archive")))
    new(store, run_id, at_ms=at_ms, ended_ms=at_ms)
    assert retire(store, archive, at_ms + 1) == [run_id]
    assert archive.holds(run_id)
    assert archive.load(run_id).run_id == run_id
