"""Quiet hours end at a time of day, over midnight and over changes of the clocks."""

from __future__ import annotations

from datetime import datetime

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.flows.people.quiet_hours import read_quiet_hours


def end(hours: str, now: str) -> str:
    quiet = read_quiet_hours(hours)
    assert quiet is not None
    at = datetime.fromisoformat(now)
    end_ms = quiet.end_ms(round(at.timestamp() * 1_000))
    return datetime.fromtimestamp(end_ms / 1_000, tz=at.tzinfo).isoformat() if end_ms else ""


@pytest.mark.parametrize(
    ("hours", "now", "expected"),
    [
        ("22:00-07:00", "2026-11-29T23:00:00+00:00", "2026-11-30T07:00:00+00:00"),
        ("22:00-07:00", "2026-11-29T06:59:00+00:00", "2026-11-29T07:00:00+00:00"),
        ("22:00-07:00", "2026-11-29T07:00:00+00:00", ""),
        ("12:00-13:00", "2026-11-29T12:30:00+00:00", "2026-11-29T13:00:00+00:00"),
        ("22:00-07:00 Europe/Vienna", "2026-11-29T21:30:00+00:00", "2026-11-30T06:00:00+00:00"),
        # The night of 2026-03-29 is an hour shorter in Vienna.
        ("22:00-07:00 Europe/Vienna", "2026-03-28T22:00:00+00:00", "2026-03-29T05:00:00+00:00"),
        # In that of 2026-10-25 half past two comes twice, and both are quiet.
        ("22:00-02:45 Europe/Vienna", "2026-10-25T00:30:00+00:00", "2026-10-25T00:45:00+00:00"),
    ],
)
def test_when_quiet_hours_end(hours: str, now: str, expected: str) -> None:
    assert end(hours, now) == expected


@pytest.mark.parametrize("text", ["22-7", "25:00-07:00", "22:00-07:00 Europe/Wien", "22:00-07:00 ../etc"])
def test_what_are_no_quiet_hours(text: str) -> None:
    with pytest.raises(FluxError, match="are no quiet hours"):
        read_quiet_hours(text)
