"""`fluxagents schedules preview`: ticks in UTC and local time, without a server."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from fluxagents.flows.errors import FluxError
from fluxagents.workers.commands.schedules import schedules


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
