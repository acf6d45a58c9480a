"""Retention by schedule, with a real beat and a real control worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis
from tests.bench.noops import flow
from tests.bench.site import eventually
from tests.support.stack import Stack

from fluxagents.flows import events as e
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import reduce
from fluxagents.scheduler.schedules.grid import every
from fluxagents.scheduler.schedules.schedule import TICK, Schedule
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.host import launch
from fluxagents.workers.host.service import Command
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.settings import Settings

DATABASE = 13
MOST = 5
FLOW = e.FlowRef(name="noops", version=1, digest=flow().digest)


@dataclass(frozen=True)
class Place:
    """A Redis with a control worker and a beat, and the command line beside them."""

    shell: Stack
    redis: Redis
    store: RedisRunStore
    """Redis alone: what it does not find here has left."""

    def ended(self, run_id: str) -> None:
        """A run that began and finished at once."""
        at_ms = SystemClock().now_ms()
        begun = e.RunStarted(
            seq=0, at_ms=at_ms, run_id=run_id, session="s", flow=FLOW, start_node="n0", inputs={}
        )
        done = e.RunFinished(seq=0, at_ms=at_ms, node="n0", answer="42")
        state = reduce(reduce(None, begun), done)
        self.store.create(Commit(events=(begun, done), state=state, dispatch=None), state.model_dump_json())

    def there(self, run_id: str) -> bool:
        return bool(self.redis.exists(f"{self.shell.settings.key_prefix}run:{run_id}"))

    def keys(self) -> int:
        """The index of runs, and two keys a run."""
        return sum(1 for _ in self.redis.scan_iter(f"{self.shell.settings.key_prefix}*run*", count=1_000))


@pytest.fixture
def place(redis_url: str, tmp_path: Path, key_prefix: str) -> Iterator[Place]:
    url = f"{redis_url.rpartition('/')[0]}/{DATABASE}"
    settings = Settings(redis_url=SecretStr(url), data_dir=tmp_path, key_prefix=key_prefix)
    environment = launch.environment(settings) | {
        "FLUXAGENTS_REDIS_URL": url,
        "FLUXAGENTS_KEY_PREFIX": key_prefix,
        "FLUXAGENTS_ARCHIVE_MOST": str(MOST),
        "FLUXAGENTS_ARCHIVE_EVERY_S": "0.3",
    }
    redis = Redis.from_url(url)
    services = [
        Command(command, environment=environment, log=tmp_path / f"{name}.log", folder=tmp_path)
        for name, command in (
            ("control", launch.worker(settings, "control")),
            ("beat", launch.beat(settings)),
        )
    ]
    for service in services:
        service.start()
    try:
        yield Place(Stack(environment, settings, ""), redis, RedisRunStore(redis, prefix=key_prefix))
    finally:
        for service in services:
            service.force()
            service.wait()
        redis.close()


def test_redis_stays_bounded_by_itself_and_shows_every_run(place: Place) -> None:
    for generation in range(3):
        for number in range(40):
            place.ended(f"r{generation}-{number}")
        eventually(lambda: place.store.counts()["finished"] == MOST, within_s=240)
        assert place.keys() == 2 * MOST + 1
    assert not place.there("r0-0")
    assert place.shell.json("runs", "show", "r0-0")["answer"] == "42"
    told = place.shell.command("runs", "events", "r0-0", "--json").stdout
    assert json.loads(told)[0]["type"] == "RunStarted"


def test_a_tick_whose_run_was_archived_has_had_its_run(place: Place) -> None:
    now = SystemClock().now_ms()
    yearly = Schedule(
        name="yearly",
        flow="metabolic_analysis",
        model="e_coli_core",
        inputs={"question": "Does it grow?"},
        timing=every("365d"),
        created_ms=now - 400 * 86_400_000,
    )
    due_ms = yearly.last_tick(now)
    assert due_ms is not None
    run = yearly.tick_run(due_ms)
    for run_id in (run, *(f"younger-{number}" for number in range(MOST))):
        place.ended(run_id)
    eventually(lambda: not place.there(run), within_s=240)
    app = create_app(place.shell.settings)
    # A message behind it has been worked on when its own run is there.
    last = yearly.model_copy(update={"name": "last"})
    for knocked in (yearly, last):
        app.send_task(TICK, kwargs={"schedule": knocked.model_dump_json()}, queue="control")
    eventually(lambda: place.there(last.tick_run(due_ms)), within_s=240)
    assert not place.there(run)
