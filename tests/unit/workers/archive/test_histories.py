"""The stream of all runs, while they move to the archive."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis
from tests.support.story import part, split, whole

from fluxagents.flows import events as e
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.workers.archive.histories import PAGE, Choice, Histories, History
from fluxagents.workers.files.run_archive import Archive, id_in, retire
from fluxagents.workers.redis.runs.run_store import RedisRunStore

JANUARY = 1_767_225_600_000
LATER = JANUARY + 10**10


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(str(tmp_path))


@pytest.fixture
def store(redis: Redis, key_prefix: str, archive: Archive) -> RedisRunStore:
    return RedisRunStore(redis, prefix=key_prefix, archive=archive)


@pytest.fixture
def histories(store: RedisRunStore, archive: Archive) -> Histories:
    return Histories(store, archive)


def put(store: RedisRunStore, *logs: tuple[e.Event, ...]) -> None:
    for events in logs:
        state = fold(events)
        store.create(Commit(events, state, None), state.model_dump_json())


def at(number: int, own_id: str = "") -> tuple[e.Event, ...]:
    start_ms = JANUARY + number
    return whole(own_id or run_id(start_ms, key=str(number)), start_ms=start_ms)


def test_a_run_that_is_archived_while_runs_are_read_is_neither_lost_nor_seen_twice(
    histories: Histories, store: RedisRunStore, archive: Archive
) -> None:
    logs = [at(number) for number in range(PAGE + 5)]
    put(store, *logs)
    stream = histories.stream(Choice())
    items = [next(stream)[0]]
    assert len(retire(store, archive, LATER)) == PAGE + 5
    items += [item for item, _ in stream]
    found = [item for item in items if isinstance(item, History)]
    assert sorted(one.run_id for one in found) == sorted(fold(log).run_id for log in logs)
    assert [history.storage for history in found].count("archive") == 5


def test_progress_reaches_its_end(histories: Histories, store: RedisRunStore, archive: Archive) -> None:
    put(store, at(1), at(2, "mine"))
    retire(store, archive, LATER)
    put(store, at(3))
    (*_, (_, progress)) = histories.stream(Choice())
    assert (progress.seen, progress.total) == (3, 3)


def test_the_newest_runs_are_found_wherever_they_lie(
    histories: Histories, store: RedisRunStore, archive: Archive
) -> None:
    put(store, at(1), at(2, "mine"), at(5), at(6, "yours"))
    put(store, split(), part(0), part(1))
    retire(store, archive, LATER)
    put(store, at(3), at(4))
    ids = [history.run_id for history in histories.newest(100)]
    numbers = [6, 5, 4, 3, 2, 1]
    named = {2: "mine", 6: "yours"}
    assert ids == [*(fold(at(one, named.get(one, ""))).run_id for one in numbers), "big"]
    for most in range(1, 7):
        assert [history.run_id for history in histories.newest(most)] == ids[:most]


def test_months_without_a_run_of_the_time_are_not_read(archive: Archive, store: RedisRunStore) -> None:
    days = {day: whole(run_id(JANUARY + day * 86_400_000, key=""), start_ms=JANUARY) for day in (0, 40, 80)}
    put(store, *days.values())
    retire(store, archive, LATER)

    def months(**limits: int) -> list[str]:
        return [file.split("/", 1)[1][:7] for files in archive.files(**limits) for file in files]

    assert months() == ["2026/03", "2026/02", "2026/01"]
    assert months(until_ms=JANUARY + 1) == ["2026/01"]
    # A run may start up to 31 days after its id was made.
    assert months(since_ms=JANUARY + 75 * 86_400_000) == ["2026/03", "2026/02"]


def test_a_file_says_whose_it_is_unless_the_id_was_too_long(archive: Archive, store: RedisRunStore) -> None:
    put(store, whole("mine/and yours"), whole("x" * 200))
    retire(store, archive, LATER)
    found = {id_in(file) for files in archive.files() for file in files}
    assert found == {"mine/and yours", None}
    histories = Histories(store, archive)
    assert {history.run_id for history in histories.newest(9)} == {"mine/and yours", "x" * 200}
