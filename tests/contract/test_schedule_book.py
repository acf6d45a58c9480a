"""One suite for both schedule books: in memory, and redbeat's entries in Redis."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from redbeat.schedulers import RedBeatSchedulerEntry
from tests.support.memory_schedules import MemorySchedules

from fluxagents.scheduler.schedules.grid import cron, every
from fluxagents.scheduler.schedules.schedule import Schedule
from fluxagents.scheduler.schedules.schedule_book import ScheduleBook
from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.celery.redbeat_schedules import PREFIX, RedbeatSchedules
from fluxagents.workers.settings import Settings


@pytest.fixture
def app(redis_url: str, key_prefix: str) -> FluxApp:
    return create_app(Settings(redis_url=SecretStr(redis_url), key_prefix=key_prefix))


@pytest.fixture(params=["memory", "redbeat"])
def book(request: pytest.FixtureRequest) -> ScheduleBook:
    if request.param == "memory":
        return MemorySchedules()
    return RedbeatSchedules(request.getfixturevalue("app"))


def schedule(name: str = "nightly", *, created_ms: int = 1_700_000_000_000) -> Schedule:
    return Schedule(
        name=name,
        flow="metabolic_analysis",
        model="e_coli_core",
        inputs={"question": "Does it grow?", "medium": {"EX_glc__D_e": 10.0, "__type__": "crontab"}},
        timing=cron("0 2 * * *", "Europe/Vienna"),
        created_ms=created_ms,
    )


def test_what_was_added_is_read_back(book: ScheduleBook) -> None:
    assert book.get("nightly") is None
    assert book.add(schedule())
    assert book.get("nightly") == schedule()


def test_a_name_is_taken_once_unless_it_is_replaced(book: ScheduleBook) -> None:
    assert book.add(schedule())
    later = schedule(created_ms=1_800_000_000_000)
    assert not book.add(later)
    assert book.get("nightly") == schedule()
    assert book.add(later, replace=True)
    assert book.get("nightly") == later
    assert book.list() == [later]


def test_schedules_are_listed_by_name(book: ScheduleBook) -> None:
    for name in ("b", "c", "a"):
        book.add(schedule(name))
    assert [found.name for found in book.list()] == ["a", "b", "c"]


def test_a_removed_schedule_is_gone(book: ScheduleBook) -> None:
    book.add(schedule())
    assert book.remove("nightly")
    assert book.get("nightly") is None
    assert book.list() == []
    assert not book.remove("nightly")


def test_a_replaced_schedule_forgets_when_beat_last_knocked(app: FluxApp) -> None:
    book = RedbeatSchedules(app)
    book.add(schedule())
    key = RedBeatSchedulerEntry.generate_key(app, PREFIX + "nightly")
    old = RedBeatSchedulerEntry.from_key(key, app=app)
    next(old)
    # A beat that is at the entry while it is removed writes its last knock again.
    book.remove("nightly")
    next(old)
    assert book.get("nightly") is None
    assert book.list() == []
    book.add(schedule())
    assert RedBeatSchedulerEntry.from_key(key, app=app).total_run_count == 0


def test_a_schedule_never_takes_the_place_of_an_entry_of_beat(app: FluxApp) -> None:
    book = RedbeatSchedules(app)
    book.add(schedule("reconcile"))
    with pytest.raises(KeyError):
        RedBeatSchedulerEntry.load_definition(RedBeatSchedulerEntry.generate_key(app, "reconcile"), app=app)


def test_an_entry_tells_flower_the_schedule_and_nothing_else(app: FluxApp) -> None:
    RedbeatSchedules(app).add(
        schedule().model_copy(update={"timing": every("6h")}),
    )
    key = RedBeatSchedulerEntry.generate_key(app, PREFIX + "nightly")
    entry = RedBeatSchedulerEntry.from_key(key, app=app)
    assert entry.options["kwargsrepr"] == "{'schedule': 'nightly'}"
    assert entry.options["queue"] == "control"
    assert entry.schedule.run_every.total_seconds() == 3_600
