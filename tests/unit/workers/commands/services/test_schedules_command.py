"""`fluxagents schedules`: ticks in UTC and local time, and the conditions of runs, without a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_schedules import MemorySchedules

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.schedules.schedule_ticker import ScheduleTicker
from fluxagents.scheduler.schedules.schedules import Schedules
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.commands.triggers.schedules import schedule_access
from fluxagents.workers.commands.triggers.schedules.schedules import schedules
from fluxagents.workers.machine.clock import SystemClock


def preview(*words: str) -> str:
    done = CliRunner().invoke(schedules, ["preview", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_ticks_of_a_doubled_hour_are_told_apart_by_their_offset() -> None:
    words = ("--cron", "0 * * * *", "--timezone", "US/Pacific", "--after", "2026-11-01T07:30", "--count", "3")
    assert json.loads(preview(*words, "--json")) == [
        {"utc": "2026-11-01 08:00:00", "local": "2026-11-01 01:00:00-07:00"},
        {"utc": "2026-11-01 09:00:00", "local": "2026-11-01 01:00:00-08:00"},
        {"utc": "2026-11-01 10:00:00", "local": "2026-11-01 02:00:00-08:00"},
    ]
    assert "2026-11-01 09:00:00  2026-11-01 01:00:00-08:00" in preview(*words)


def test_a_skipped_time_is_shown_when_it_is_due() -> None:
    shown = preview("--cron", "30 2 * * *", "--timezone", "Europe/Vienna", "--after", "2026-03-28T12:00")
    assert "2026-03-29 01:00:00  2026-03-29 03:00:00+02:00" in shown


def test_an_interval_has_no_local_time() -> None:
    shown = json.loads(preview("--every", "6h", "--after", "2026-01-01", "--count", "1", "--json"))
    assert shown == [{"utc": "2026-01-01 06:00:00", "local": None}]


def test_an_impossible_date_is_refused() -> None:
    with pytest.raises(FluxError, match="no month '2' has a day '30'"):
        preview("--cron", "0 0 30 2 *")


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Adds a schedule by the command; what it stores as the inputs of its runs."""
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path))
    client = LocalClient(tmp_path / "store")
    client.models.add_named("e_coli_core")
    book = MemorySchedules()
    clock = SystemClock()
    opened = Schedules(client, book, ScheduleTicker(client, MemoryLedger(), clock), clock)
    monkeypatch.setattr(schedule_access, "open_schedules", lambda: opened)

    def add(*words: str) -> Any:
        fixed = ("growth", "--flow", "metabolic_analysis", "--model", "e_coli_core", "--every", "6h")
        done = CliRunner().invoke(schedules, ["add", *fixed, *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        (schedule,) = book.list()
        return schedule.inputs

    return add


def test_a_medium_and_changes_become_uptakes_of_the_model(added: Callable[..., Any]) -> None:
    inputs = added("--question", "Growth?", "--medium", "M9_glucose", "--change", "oxygen=0")
    assert inputs["question"] == "Growth?"
    assert inputs["medium"]["EX_glc__D_e"] == 10
    assert inputs["medium"].get("EX_o2_e", 0) == 0


def test_the_models_own_medium_is_no_input(added: Callable[..., Any]) -> None:
    assert "medium" not in added("--question", "Growth?")


def test_an_unknown_nutrient_is_refused_before_anything_is_stored(added: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="unobtainium"):
        added("--question", "Growth?", "--change", "unobtainium=0")
