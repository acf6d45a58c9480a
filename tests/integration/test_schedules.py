"""Schedules with real beats, a real control worker and a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis
from tests.support.stack import Stack
from tests.support.waiting import eventually

from fluxagents.scheduler.schedules.grid import CLOCK_SKEW_MS, every
from fluxagents.scheduler.schedules.schedule import TICK, Schedule
from fluxagents.scheduler.schedules.schedules import Schedules
from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.clients.client import Client
from fluxagents.workers.clients.schedule_client import open_schedules
from fluxagents.workers.host import launch
from fluxagents.workers.host.service import Command
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.machine.process import ProcessId
from fluxagents.workers.settings import Settings

QUESTION = {"question": "Does it grow?"}
DATABASE = 9
"""Queues have no prefix: these workers share none with those of other tests."""


@dataclass
class Town:
    """One control worker and two beats; the first holds the lock."""

    settings: Settings
    app: FluxApp
    client: Client
    redis: Redis
    schedules: Schedules
    beats: list[ProcessId]

    def runs(self, schedule: Schedule) -> set[str]:
        return {state.run_id for state in self.client.store.runs(session=schedule.session, limit=1_000)}

    def snapshot(self, schedule: Schedule) -> tuple[set[str], list[str]]:
        """The runs there are, and the runs of all ticks up to the newest of them, in order."""
        states = self.client.store.runs(session=schedule.session, limit=1_000)
        ids = {state.run_id for state in states}
        newest = max(state.started_ms for state in states)
        tick, ticks = schedule.next_tick(schedule.created_ms), []
        # A tick counts as reached a little early, by as much as clocks may differ.
        while tick <= newest + CLOCK_SKEW_MS:
            if tick <= newest or schedule.tick_run(tick) in ids:
                ticks.append(schedule.tick_run(tick))
            tick = schedule.next_tick(tick)
        return ids, ticks

    def knock(self, schedule: Schedule, times: int) -> None:
        for _ in range(times):
            kwargs = {"schedule": schedule.model_dump_json()}
            self.app.send_task(TICK, kwargs=kwargs, queue="control", ignore_result=True)


@pytest.fixture
def town(redis_url: str, tmp_path: Path, key_prefix: str) -> Iterator[Town]:
    url = f"{redis_url.rpartition('/')[0]}/{DATABASE}"
    settings = Settings(redis_url=SecretStr(url), data_dir=tmp_path, key_prefix=key_prefix)
    environment = launch.environment(settings) | {
        "FLUXAGENTS_REDIS_URL": url,
        "FLUXAGENTS_KEY_PREFIX": key_prefix,
    }
    redis: Redis = Redis.from_url(url)
    started: list[Command] = []

    def start(name: str, command: list[str]) -> ProcessId:
        service = Command(command, environment=environment, log=tmp_path / f"{name}.log", folder=tmp_path)
        started.append(service)
        return service.start()

    try:
        start("control", launch.worker(settings, "control"))
        first = start("beat-1", launch.beat(settings))
        eventually(lambda: bool(redis.exists(f"{key_prefix}redbeat::lock")))
        second = start("beat-2", launch.beat(settings))
        app, client = create_app(settings), Client(settings=settings)
        schedules = open_schedules(client, app, redis)
        yield Town(settings, app, client, redis, schedules, [first, second])
    finally:
        for service in started:
            service.force()
            service.wait()
        redis.close()


@pytest.mark.long
def test_each_tick_has_one_run_with_two_beats_and_goes_on_when_one_is_killed(town: Town) -> None:
    added = town.schedules.add(
        "often", flow="metabolic_analysis", model="e_coli_core", inputs=QUESTION, timing=every("3s")
    )
    eventually(lambda: len(town.runs(added)) >= 4)
    ids, ticks = town.snapshot(added)
    assert ids == set(ticks)
    leader = town.beats[0].find()
    assert leader is not None
    leader.kill()
    before = town.runs(added)
    eventually(lambda: len(town.runs(added) - before) >= 3)
    assert town.beats[1].alive()
    # Of the ticks that nobody was there for, the last one was made up for; after it none is missing.
    ids, ticks = town.snapshot(added)
    assert ids <= set(ticks)
    assert ids >= set(ticks[-3:])
    town.schedules.remove("often")
    assert town.schedules.list() == []


def test_many_messages_and_many_missed_ticks_make_one_run(town: Town) -> None:
    now = SystemClock().now_ms()
    late = Schedule(
        name="late",
        flow="metabolic_analysis",
        model="e_coli_core",
        inputs=QUESTION,
        timing=every("1h"),
        created_ms=now - 5 * 3_600_000 - 1_000,
    )
    town.knock(late, 20)
    eventually(lambda: len(town.runs(late)) == 1 and town.redis.llen("control") == 0)
    # A message behind all of them has been worked on when its own run is there.
    last = late.model_copy(update={"name": "last"})
    town.knock(last, 1)
    eventually(lambda: len(town.runs(last)) == 1)
    assert town.runs(late) == {late.tick_run(late.created_ms + 5 * 3_600_000)}


@pytest.fixture
def shell(redis_url: str, tmp_path: Path, key_prefix: str) -> Stack:
    """The command line on a Redis without workers."""
    url = f"{redis_url.rpartition('/')[0]}/{DATABASE}"
    settings = Settings(redis_url=SecretStr(url), data_dir=tmp_path, key_prefix=key_prefix)
    environment = launch.environment(settings) | {
        "FLUXAGENTS_REDIS_URL": url,
        "FLUXAGENTS_KEY_PREFIX": key_prefix,
        "COLUMNS": "240",
    }
    return Stack(environment, settings, "")


ADD = ("schedules", "add", "nightly", "--flow", "metabolic_analysis", "--model", "e_coli_core")
ASKED = (*ADD, "--question", "Does it grow?")


def test_the_command_line_adds_lists_triggers_and_removes(shell: Stack) -> None:
    added = shell.json(*ASKED, "--cron", "0 2 * * *", "--timezone", "Europe/Vienna")
    assert added["when"] == "0 2 * * * (Europe/Vienna)"
    assert added["last_tick"] is None
    run = shell.json("schedules", "trigger", "nightly")["run_id"]
    assert shell.client().store.load(run).session == "schedule:nightly"
    listed = shell.json("schedules", "list")
    assert [(one["name"], one["last_run"], one["last_run_status"]) for one in listed] == [
        ("nightly", run, "running")
    ]
    assert shell.json("schedules", "show", "nightly") == listed[0]
    table = shell.command("schedules", "list").stdout
    assert run in table
    again = shell.command(*ASKED, "--every", "6h")
    assert again.returncode == 2
    assert "--replace" in again.stderr
    assert shell.json(*ASKED, "--every", "6h", "--replace")["when"] == "every 6h"
    assert shell.json("schedules", "remove", "nightly") == {"removed": "nightly"}
    assert shell.json("schedules", "list") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*ASKED, "--cron", "0 25 * * *"), "is no cron expression"),
        ((*ASKED, "--every", "soon"), "is no interval"),
        (ASKED, "either --every or --cron"),
        ((*ASKED, "--every", "6h", "--timezone", "UTC"), "--timezone belongs to --cron"),
        ((*ADD, "--every", "6h"), "needs the input 'question'"),
        (("schedules", "remove", "nightly"), "there is no schedule 'nightly'"),
        (("schedules", "trigger", "nightly"), "there is no schedule 'nightly'"),
    ],
)
def test_a_bad_call_is_one_clear_error(shell: Stack, words: tuple[str, ...], said: str) -> None:
    done = shell.command(*words)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
