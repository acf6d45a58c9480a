"""Schedules: what is checked when one is added, its ticks, and the task behind them."""

from __future__ import annotations

import getpass
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_schedules import MemorySchedules

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.firings import look_task as looks
from fluxagents.scheduler.firings.lookout import Lookout
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.schedules import tick_task as ticks
from fluxagents.scheduler.schedules.grid import cron, every
from fluxagents.scheduler.schedules.schedule import Schedule
from fluxagents.scheduler.schedules.schedule_ticker import ScheduleTicker
from fluxagents.scheduler.schedules.schedules import Schedules
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
        self.ledger = MemoryLedger()
        self.schedules = Schedules(
            self.client, self.book, ScheduleTicker(self.client, self.ledger, self.clock), self.clock
        )
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
        ticker = ScheduleTicker(starts_runs, self.ledger, self.clock)
        self.served = Schedules(starts_runs, self.book, ticker, self.clock)
        self.process = SimpleNamespace(
            clock=self.clock,
            client=starts_runs,
            ticker=ticker,
            lookout=Lookout(self.ledger, self.clock, {"schedule": self.served.serve}),
        )

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

    def look(self) -> int:
        served: int = looks.look()
        return served

    def runs(self, schedule: Schedule) -> list[str]:
        return [state.run_id for state in self.store.runs(session=schedule.session, limit=10_000)]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    found = Desk()
    app = SimpleNamespace(process=found.process)
    for task in (ticks.tick, looks.look):
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


def end(desk: Desk, run_id: str) -> None:
    desk.client.cancel(run_id, reason="enough")


def history(desk: Desk, name: str = "nightly") -> list[tuple[str, str]]:
    """Outcome and note of each firing, the oldest first."""
    return [(firing.outcome, firing.note) for firing in reversed(desk.schedules.history(name, limit=100))]


def test_a_schedule_is_served_when_its_tick_is_due_without_a_knock_of_beat(desk: Desk) -> None:
    added = desk.add()
    assert desk.look() == 0
    desk.clock.at_ms += 3_600_000
    assert desk.look() == 1
    assert desk.runs(added) == [added.tick_run(START + 3_600_000)]
    assert desk.look() == 0


def test_a_skipped_tick_starts_nothing_and_says_so(desk: Desk) -> None:
    added = desk.add(overlap="skip")
    for _ in range(2):
        desk.clock.at_ms += 3_600_000
        desk.knock(added)
    assert len(desk.runs(added)) == 1
    assert history(desk) == [("started", ""), ("skipped", "the run before it is open")]
    end(desk, desk.runs(added)[0])
    desk.clock.at_ms += 3_600_000
    desk.knock(added)
    assert len(desk.runs(added)) == 2


def test_a_buffered_tick_starts_when_the_run_before_it_has_ended(desk: Desk) -> None:
    added = desk.add(overlap="buffer_one")
    for _ in range(3):
        desk.clock.at_ms += 3_600_000
        desk.look()
    first = added.tick_run(START + 3_600_000)
    assert desk.runs(added) == [first]
    end(desk, first)
    desk.clock.at_ms += 2_000
    desk.look()
    assert set(desk.runs(added)) == {first, added.tick_run(START + 7_200_000)}


def test_a_tick_cancels_the_run_before_it(desk: Desk) -> None:
    added = desk.add(overlap="cancel_old")
    for _ in range(2):
        desk.clock.at_ms += 3_600_000
        desk.knock(added)
    first, second = (added.tick_run(START + hour * 3_600_000) for hour in (1, 2))
    assert [desk.store.load(run).status for run in (first, second)] == ["cancelled", "running"]
    assert history(desk)[-1] == ("started", f"cancelled {first}")


def test_all_missed_ticks_are_made_up_for_where_that_is_wanted(desk: Desk) -> None:
    added = desk.add(catch_up="all", catch_up_limit=4)
    desk.clock.at_ms += 6 * 3_600_000 + 1_000
    desk.knock(added)
    assert set(desk.runs(added)) == {added.tick_run(START + hour * 3_600_000) for hour in (3, 4, 5, 6)}
    assert history(desk)[0] == ("missed", "nobody was there in time for 2 ticks")


def test_a_paused_schedule_starts_nothing_and_goes_on_with_its_next_tick(desk: Desk) -> None:
    added = desk.add(catch_up="all")
    desk.schedules.pause("nightly")
    assert desk.schedules.get("nightly").state.paused_by == getpass.getuser()
    desk.clock.at_ms += 5 * 3_600_000 + 1_000
    desk.knock(added)
    assert desk.runs(added) == []
    by_hand = desk.schedules.trigger("nightly").id
    desk.schedules.resume("nightly")
    desk.knock(added)
    assert desk.runs(added) == [by_hand]
    desk.clock.at_ms += 3_600_000
    desk.look()
    assert set(desk.runs(added)) == {by_hand, added.tick_run(START + 6 * 3_600_000)}
    assert [outcome for outcome, _ in history(desk)] == ["paused", "resumed", "started"]
    with pytest.raises(FluxError, match="is not paused"):
        desk.schedules.resume("nightly")


def test_a_worker_that_dies_after_it_decided_loses_no_tick(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = desk.add()
    desk.clock.at_ms += 3_600_000
    with monkeypatch.context() as patch:
        patch.setattr(RunClient, "batch", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.look()
    assert desk.runs(added) == []
    assert desk.look() == 1
    assert desk.runs(added) == [added.tick_run(START + 3_600_000)]
    assert history(desk) == [("started", "")]


def test_a_worker_that_dies_after_it_started_the_run_starts_it_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = desk.add()
    desk.clock.at_ms += 3_600_000
    save, calls = desk.ledger.save, []

    def die_at_the_end(*args: Any, **options: Any) -> bool:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return save(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(desk.ledger, "save", die_at_the_end)
        with pytest.raises(KeyboardInterrupt):
            desk.look()
    assert len(desk.runs(added)) == 1
    desk.look()
    assert len(desk.runs(added)) == len(desk.outbox.sent) == 1


def test_a_tick_that_cannot_start_is_told_and_holds_up_nothing(desk: Desk) -> None:
    broken, sound = desk.add("a"), desk.add("b")
    desk.book.add(broken.model_copy(update={"model": "gone"}), replace=True)
    desk.clock.at_ms += 3_600_000
    assert desk.look() == 1
    assert len(desk.runs(sound)) == 1
    assert history(desk, "a") == [("failed", "there is no model 'gone'")]
    assert desk.look() == 1
    assert desk.look() == 0


def test_a_replaced_schedule_begins_anew_and_a_late_message_of_the_old_one_starts_nothing(desk: Desk) -> None:
    old = desk.add()
    desk.schedules.pause("nightly")
    desk.clock.at_ms += 1_800_000
    new = desk.add(replace=True)
    assert desk.schedules.get("nightly").state.paused_by == ""
    desk.clock.at_ms += 2_000_000
    assert desk.knock(old) == ""
    assert desk.runs(old) == []
    desk.clock.at_ms += 1_600_000
    desk.look()
    assert desk.runs(new) == [new.tick_run(START + 5_400_000)]


def test_nothing_is_left_of_a_removed_schedule(desk: Desk) -> None:
    added = desk.add()
    desk.schedules.remove("nightly")
    desk.clock.at_ms += 3_600_000
    assert desk.look() == 0
    # A message that was under way brings its state back; the next look clears it away.
    desk.knock(added)
    desk.clock.at_ms += 3_600_000
    desk.look()
    assert desk.ledger.load(added.session) is None


@pytest.mark.parametrize(
    ("timing", "jitter_s"), [(every("1h"), 3_600.0), (cron("0,10 * * * *"), 601.0), (every("5s"), 5.0)]
)
def test_a_jitter_fits_between_two_ticks(desk: Desk, timing: Any, jitter_s: float) -> None:
    with pytest.raises(FluxError, match="is not shorter than the"):
        desk.add(timing=timing, jitter_s=jitter_s)
    desk.add(timing=timing, jitter_s=jitter_s - 2)


def test_a_backfill_starts_the_ticks_of_a_span_that_had_no_run(desk: Desk) -> None:
    added = desk.add()
    desk.clock.at_ms += 2 * 3_600_000
    desk.knock(added)
    ticks = desk.schedules.plan_backfill(
        "nightly", after_ms=START - 2 * 3_600_000 - 1, until_ms=START + 10 * 3_600_000
    )
    assert [(tick - START) // 3_600_000 for tick in ticks] == [-2, -1, 0, 1, 2]
    assert len(desk.schedules.backfill("nightly", ticks)) == 4
    assert list(desk.schedules.backfill("nightly", ticks)) == []
    assert set(desk.runs(added)) == {added.tick_run(tick) for tick in ticks}
    assert [outcome for outcome, _ in history(desk)] == ["missed", "started", *["backfilled"] * 4]


def test_a_backfill_has_a_span_with_ticks_and_not_too_many(desk: Desk) -> None:
    desk.add()
    for after_ms, said in ((START, "has no tick"), (START - 2_000 * 3_600_000, "more than 1,000 ticks")):
        with pytest.raises(FluxError, match=said):
            desk.schedules.plan_backfill("nightly", after_ms=after_ms, until_ms=START + 1)


def test_a_schedule_of_an_early_version_goes_on(desk: Desk) -> None:
    added = desk.add()
    desk.ledger.forget(added.session)
    desk.clock.at_ms += 3 * 3_600_000
    text = added.model_dump_json(exclude={"overlap", "catch_up", "catch_up_limit", "jitter_s"})
    assert ticks.tick(schedule=text) == added.tick_run(START + 3 * 3_600_000)
    assert len(desk.runs(added)) == 1
