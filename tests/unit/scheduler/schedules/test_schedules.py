"""Schedules: what is checked when one is added, its ticks, and the task behind them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.support.memory_schedules import MemorySchedules

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.runs import start_task as starts
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.schedules import tick_task as ticks
from fluxagents.scheduler.schedules.grid import cron, every
from fluxagents.scheduler.schedules.schedules import Schedule, Schedules
from fluxagents.tasks.ports.models import ModelRef, ModelStore
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.celery.redbeat_schedules import knocking
from fluxagents.workers.clients.local_authority import build_process_authority
from fluxagents.workers.composition import WORKERS

START = 1_700_000_000_000
QUESTION = {"question": "Does it grow?"}
DIGEST = "sha256:" + "a" * 64


@dataclass
class HandClock:
    """A clock that goes when it is told to."""

    at_ms: int = START

    def now_ms(self) -> int:
        return self.at_ms


class Outbox:
    """Keeps what would be published."""

    unreachable: tuple[type[Exception], ...] = ()

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        self.sent.extend(outgoing)

    def stop(self, run_id: str, seq: int, attempt: int) -> None:
        raise AssertionError(f"attempt {attempt} of step {seq} of {run_id} does not run")

    def is_idle(self, queue: str) -> bool:
        del queue
        return True


class Names:
    """Knows two models; `e_coli_core` by name, `mine.xml` as a file."""

    def resolve(self, text: str, *, files: bool = True) -> ModelRef:
        del files
        if text not in {"e_coli_core", "mine.xml", DIGEST}:
            raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no model '{text}'")
        return ModelRef(digest=DIGEST, name="e_coli_core" if text == "e_coli_core" else "mine")


class Desk:
    """Schedules over memory, with a worker that answers knocks."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.store = MemoryRunStore(self.clock)
        self.book = MemorySchedules()
        self.models = cast("ModelStore", Names())
        self.outbox = Outbox()
        self.client = RunClient(
            store=self.store,
            publisher=self.outbox,
            clock=self.clock,
            models=self.models,
            flows=FlowLibrary(),
            tools=TOOLS,
            authority=build_process_authority(self.store.audit_log),
        )
        self.schedules = Schedules(self.client, self.book, self.clock)
        starts_runs = RunClient(
            store=self.store,
            publisher=self.outbox,
            clock=self.clock,
            models=self.models,
            flows=FlowLibrary(files=False),
            tools=TOOLS,
            authority=Authority(self.client.authority.directory, self.store.audit_log, lambda: WORKERS),
            prompts=lambda: PromptManager().names,
            files=False,
        )
        self.process = SimpleNamespace(clock=self.clock, client=starts_runs)

    def add(self, name: str = "nightly", **changes: Any) -> Schedule:
        given = {
            "flow": "metabolic_analysis",
            "model": "e_coli_core",
            "inputs": QUESTION,
            "timing": every("1h"),
        }
        return self.schedules.add(name, **{**given, **changes})

    def knock(self, schedule: Schedule) -> str:
        run: str = ticks.tick(schedule=schedule.model_dump_json())
        return run

    def runs(self, schedule: Schedule) -> list[str]:
        return [state.run_id for state in self.store.runs(session=schedule.session, limit=10_000)]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    found = Desk()
    app = SimpleNamespace(process=found.process)
    for task in (ticks.tick, starts.start):
        monkeypatch.setattr(type(task._get_current_object()), "app", app)
    return found


def test_a_schedule_is_kept_and_shown_with_its_ticks(desk: Desk) -> None:
    added = desk.add()
    desk.clock.at_ms += 5_400_000
    status = desk.schedules.get("nightly")
    assert status.schedule == added
    assert (status.last_ms, status.next_ms) == (START + 3_600_000, START + 7_200_000)
    assert status.last_run is None
    assert [one.schedule.name for one in desk.schedules.list()] == ["nightly"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"flow": "metabolic_analyses"}, "there is no flow"),
        ({"model": "iJO9999"}, "there is no model"),
        ({"inputs": {}}, "needs the input 'question'"),
        ({"inputs": {**QUESTION, "medim": {}}}, "has no input 'medim'"),
        ({"name": "a b"}, "cannot name a schedule"),
        ({"name": "a\n"}, "cannot name a schedule"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    desk: Desk, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(FluxError, match=said):
        desk.add(changes.pop("name", "nightly"), **changes)
    assert desk.book.list() == []


def test_a_name_is_used_once_unless_it_is_replaced(desk: Desk) -> None:
    desk.add()
    with pytest.raises(FluxError, match="already") as caught:
        desk.add(timing=every("2h"))
    assert "--replace" in str(caught.value)
    assert desk.add(timing=every("2h"), replace=True).timing == every("2h")


def test_a_models_name_is_looked_up_at_every_tick_and_a_file_is_not(desk: Desk) -> None:
    assert desk.add().model == "e_coli_core"
    assert desk.add("file", model="mine.xml").model == DIGEST


def write_flow(folder: Path, purpose: str) -> Path:
    file = folder / "mine.yaml"
    library = files("fluxagents.flows").joinpath("library/metabolic_analysis.yaml")
    text = library.read_text(encoding="utf-8").replace("flow: metabolic_analysis", "flow: mine")
    file.write_text(re.sub("(?m)^purpose: .*", f"purpose: {purpose}", text), encoding="utf-8")
    return file


def test_a_flow_of_a_file_is_fixed_and_its_ticks_name_no_file(desk: Desk, tmp_path: Path) -> None:
    file = write_flow(tmp_path, "first")
    added = desk.add(flow=str(file))
    assert (added.flow_name, added.flow_text) == ("mine", f"mine ({added.flow[:12]})")
    write_flow(tmp_path, "second")
    desk.clock.at_ms += 3_600_000
    state = desk.store.load(desk.knock(added))
    assert (state.flow.name, state.flow.digest) == ("mine", added.flow)
    assert desk.store.flow(added.flow).purpose == "first"


def test_a_schedule_of_an_early_version_that_names_a_file_says_what_to_do(desk: Desk, tmp_path: Path) -> None:
    old = desk.add().model_copy(update={"flow": str(write_flow(tmp_path, "p"))})
    desk.clock.at_ms += 3_600_000
    with pytest.raises(FluxError, match="messages name flows by name or digest") as caught:
        desk.knock(old)
    assert "add a schedule of an earlier version again, with --replace" in caught.value.suggestions
    assert desk.runs(old) == []


def test_an_unknown_schedule_suggests_the_nearest(desk: Desk) -> None:
    desk.add()
    for act in (desk.schedules.get, desk.schedules.remove, desk.schedules.trigger):
        with pytest.raises(FluxError, match="nearest: nightly"):
            act("nightli")


def test_a_trigger_starts_a_run_beside_the_ticks(desk: Desk) -> None:
    added = desk.add()
    desk.clock.at_ms += 3_600_000
    first, second = desk.schedules.trigger("nightly"), desk.schedules.trigger("nightly")
    assert first.id != second.id
    run = desk.knock(added)
    assert set(desk.runs(added)) == {first.id, second.id, run}
    assert desk.schedules.get("nightly").last_run is not None


def test_a_tick_has_one_run_however_often_beat_knocks(desk: Desk) -> None:
    added = desk.add()
    assert desk.knock(added) == ""
    desk.clock.at_ms += 3_600_000
    assert {desk.knock(added) for _ in range(5)} == set(desk.runs(added))
    assert len(desk.runs(added)) == 1
    assert len(desk.outbox.sent) == 1
    state = desk.store.load(desk.runs(added)[0])
    assert (state.session, state.lane, state.inputs["question"]) == (added.session, "bulk", "Does it grow?")


def test_ticks_recur_without_bound(desk: Desk) -> None:
    added = desk.add()
    for _ in range(50):
        desk.clock.at_ms += 3_600_000
        desk.knock(added)
    assert len(desk.runs(added)) == 50
    assert set(desk.runs(added)) == {added.tick_run(START + hour * 3_600_000) for hour in range(1, 51)}


def test_of_many_missed_ticks_the_last_one_is_made_up_for(desk: Desk) -> None:
    added = desk.add()
    desk.clock.at_ms += 10 * 3_600_000 + 1_000
    desk.knock(added)
    assert desk.runs(added) == [added.tick_run(START + 10 * 3_600_000)]


def test_a_fault_of_the_store_is_not_taken_for_a_new_run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    added = desk.add()
    desk.clock.at_ms += 3_600_000

    def broken(run_id: str) -> None:
        raise FluxError(ErrorClass.SCHEMA, f"run {run_id} cannot be read")

    monkeypatch.setattr(desk.store, "load", broken)
    with pytest.raises(FluxError, match="cannot be read"):
        desk.knock(added)


def test_schedules_with_the_same_tick_have_runs_of_their_own(desk: Desk) -> None:
    first, second = desk.add("a"), desk.add("b")
    assert first.tick_run(START) != second.tick_run(START)
    assert first.tick_run(START) == first.tick_run(START)


@pytest.mark.parametrize(("interval", "every_s"), [("2s", 1), ("90m", 2_700), ("6h", 3_600), ("100m", 3_000)])
def test_beat_knocks_twice_an_interval_and_at_least_hourly(interval: str, every_s: float) -> None:
    knocks, longest_s = knocking(every(interval))
    assert knocks.run_every.total_seconds() == longest_s == every_s


def test_beat_knocks_for_cron_at_its_minutes_in_every_time_zone() -> None:
    assert knocking(cron("0,30 2 * * mon"))[0].minute == {0, 30}
    abroad = knocking(cron("10 2 * * *", "Asia/Kathmandu"))[0]
    # The minutes of the quarters are those to which clocks go forward.
    assert abroad.minute == {0, 10, 15, 25, 30, 40, 45, 55}
    assert abroad.hour == set(range(24))
