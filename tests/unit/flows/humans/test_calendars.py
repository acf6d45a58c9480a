"""When a step is due: working hours, holidays and time zones, against times that can be added up by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.depth import DEPTH

from fluxagents.flows.humans.calendars import compute_due_ms, find_fault, is_working_time, next_step_ms
from fluxagents.flows.humans.ladders import Calendar, LadderStep, read_duration

OFFICE = Calendar(hours="Mon-Fri 09:00-17:00", zone="Europe/Berlin", holidays="DE-BW")


def ms(text: str, zone: str = "Europe/Berlin") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("asked", "hours", "due"),
    [
        ("2026-11-30T10:00", 2, "2026-11-30T12:00"),
        ("2026-11-30T16:00", 2, "2026-12-01T10:00"),
        ("2026-11-30T06:00", 2, "2026-11-30T11:00"),
        ("2026-11-28T12:00", 1, "2026-11-30T10:00"),  # a Saturday
        ("2026-12-24T16:00", 2, "2026-12-28T10:00"),  # the 25th is a Friday, and a holiday as the 26th
        ("2026-06-03T16:30", 1, "2026-06-05T09:30"),  # Corpus Christi, a holiday of that part only
        ("2026-11-30T09:00", 80, "2026-12-11T17:00"),  # ten days
    ],
)
def test_only_working_hours_count(asked: str, hours: float, due: str) -> None:
    assert compute_due_ms(ms(asked), hours * 3_600, OFFICE) == ms(due)


def test_a_night_of_changing_clocks_has_the_hours_that_it_has() -> None:
    night = Calendar(hours="Sat 22:00-24:00, Sun 00:00-06:00", zone="Europe/Berlin")
    assert compute_due_ms(ms("2026-10-24T22:00"), 8.5 * 3_600, night) == ms("2026-10-25T05:30")
    assert compute_due_ms(ms("2026-03-28T22:00"), 6.5 * 3_600, night) == ms("2026-03-29T05:30")


def test_each_place_has_its_own_hours() -> None:
    tokyo = OFFICE.model_copy(update={"zone": "Asia/Tokyo", "holidays": "JP"})
    assert compute_due_ms(ms("2026-11-30T00:30"), 3_600, tokyo) == ms("2026-11-30T10:00", "Asia/Tokyo")


def test_without_hours_every_second_counts() -> None:
    assert compute_due_ms(1_000, 7_200, None) == 7_201_000
    assert compute_due_ms(1_000, 7_200, Calendar()) == 7_201_000
    ladder = (LadderStep(after="2h"), LadderStep(after="1d", then="deny"))
    assert [next_step_ms(ladder, level, 0, None) for level in range(3)] == [7_200_000, 86_400_000, 0]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"hours": "9-17"}, "are no hours like `Mon-Fri 09:00-17:00`"),
        ({"hours": "Mon-Foo 09:00-17:00"}, "'Foo' is no day of the week"),
        ({"hours": "Mon 17:00-09:00"}, "does not go from an earlier to a later time"),
        ({"hours": "Mon 09:00-09:75"}, "does not go from an earlier to a later time"),
        ({"hours": "Mon 09:00-17:00", "zone": "Berlin"}, "'Berlin' is no time zone"),
        ({"holidays": "XX"}, "there are no holidays known of 'XX'"),
        ({"holidays": "DE-QQ"}, "there are no holidays known of 'DE-QQ'"),
        ({"hours": "Fri-Mon 22:00-24:00", "zone": "UTC", "holidays": "US-NY"}, ""),
    ],
)
def test_a_calendar_that_makes_no_sense_is_named(fields: dict[str, str], fault: str) -> None:
    found = find_fault(Calendar(**fields))
    assert fault in found if fault else found == ""


@given(st.integers(0, 60 * 24 * 400), st.integers(1, 60 * 60))
@settings(max_examples=60 * DEPTH, deadline=None)
def test_so_many_minutes_of_work_lie_between(start: int, minutes: int) -> None:
    """Counted minute by minute, by the clock on the wall."""
    asked = ms("2026-01-01T00:00") + start * 60_000
    due = compute_due_ms(asked, minutes * 60, OFFICE)
    worked, at = 0, asked
    while worked < minutes:
        wall = datetime.fromtimestamp(at / 1_000, tz=ZoneInfo("Europe/Berlin"))
        if not 9 <= wall.hour < 17 or wall.weekday() > 4:
            # Nobody works before the next full hour.
            at += 3_600_000 - at % 3_600_000
            continue
        if is_working_time(at, OFFICE):
            worked += 1
            at += 60_000
        else:
            at += round(timedelta(hours=1).total_seconds() * 1_000) - at % 3_600_000
    assert due == at


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1_800), ("2h", 7_200), ("1.5d", 129_600), ("2w", 1_209_600), (5, 5)],
)
def test_times_are_written_in_short(text: str | int, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["2", "h", "2 hours", "-1h", True, None])
def test_a_time_without_a_unit_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is no time like"):
        read_duration(text)
