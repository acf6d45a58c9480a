"""Grids of moments: intervals, cron fields, time zones and clock changes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.schedules.grid import Every, cron, every, following, latest

START = 1_700_000_000_000


def at(text: str) -> int:
    """Unix time in ms of a UTC time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("90s", 90),
        ("30m", 1_800),
        ("15min", 900),
        ("6h", 21_600),
        ("1d12h", 129_600),
        ("0.5h", 1_800),
    ],
)
def test_intervals_are_read(text: str, seconds: float) -> None:
    assert every(text) == Every(seconds=seconds)


@pytest.mark.parametrize("text", ["", "6", "h", "6 hours", "6h!", "-6h", "0s", "0.5s", "400d", "1e3s"])
def test_a_bad_interval_names_the_value_and_the_way_out(text: str) -> None:
    with pytest.raises(FluxError) as caught:
        every(text)
    assert repr(text) in caught.value.message
    assert caught.value.suggestions


def test_an_interval_is_said_as_people_write_it() -> None:
    assert [str(every(text)) for text in ("6h", "90s", "36h", "2w")] == [
        "every 6h",
        "every 90s",
        "every 36h",
        "every 14d",
    ]


def test_an_interval_is_due_once_per_interval_and_not_at_its_start() -> None:
    timing = every("10s")
    due = [latest(timing, start_ms=START, now_ms=START + s * 1_000) for s in (0, 5, 8, 10, 11, 18, 20, 35)]
    assert due == [None, None, None, *(START + tick * 1_000 for tick in (10, 10, 10, 20, 30))]


def test_a_clock_that_is_a_little_behind_sees_the_same_tick() -> None:
    timing = every("1h")
    assert latest(timing, start_ms=START, now_ms=START + 3_600_000 - 4_000) == START + 3_600_000
    nightly = cron("0 2 * * *")
    assert latest(nightly, start_ms=at("2024-05-01T00:00"), now_ms=at("2024-05-02T02:00") - 3_000) == at(
        "2024-05-02T02:00"
    )


def test_intervals_recur_without_bound() -> None:
    timing = every("2s")
    tick = START
    for _ in range(1_000):
        tick = following(timing, start_ms=START, now_ms=tick)
        assert latest(timing, start_ms=START, now_ms=tick) == tick
    assert tick == START + 2_000_000
    years = 20 * 365 * 86_400_000
    assert following(timing, start_ms=START, now_ms=START + years) == START + years + 2_000


def test_cron_is_due_at_local_time() -> None:
    timing = cron("30 2 * * *", "Europe/Vienna")
    start = at("2024-01-01T12:00")
    assert following(timing, start_ms=start, now_ms=start) == at("2024-01-02T01:30")
    assert following(timing, start_ms=start, now_ms=at("2024-07-01T12:00")) == at("2024-07-02T00:30")
    assert latest(timing, start_ms=start, now_ms=at("2024-07-01T12:00")) == at("2024-07-01T00:30")


def test_cron_is_not_due_before_the_schedule_was_made() -> None:
    timing = cron("0 2 * * *")
    start = at("2024-01-01T02:00")
    assert latest(timing, start_ms=start, now_ms=at("2024-01-01T23:00")) is None
    assert latest(timing, start_ms=start, now_ms=at("2024-01-02T02:00")) == at("2024-01-02T02:00")


def test_a_skipped_hour_is_due_once_and_a_repeated_one_too() -> None:
    timing = cron("30 2 * * *", "Europe/Vienna")
    start = at("2024-03-01T00:00")
    # On 31 March the clocks go from 2 to 3 and the tick comes then, on 27 October from 3 back to 2.
    assert latest(timing, start_ms=start, now_ms=at("2024-03-31T12:00")) == at("2024-03-31T01:00")
    first = at("2024-10-27T00:30")
    assert latest(timing, start_ms=start, now_ms=at("2024-10-27T00:45")) == first
    assert latest(timing, start_ms=start, now_ms=at("2024-10-27T12:00")) == first
    assert following(timing, start_ms=start, now_ms=first) == at("2024-10-28T01:30")


def test_weekdays_months_and_leap_days() -> None:
    start = at("2024-01-01T00:00")
    assert following(cron("0 8 * * mon-fri"), start_ms=start, now_ms=at("2024-01-05T08:00")) == at(
        "2024-01-08T08:00"
    )
    assert following(cron("0 0 29 2 *"), start_ms=start, now_ms=at("2024-03-01T00:00")) == at(
        "2028-02-29T00:00"
    )
    assert following(cron("*/15 * * * *"), start_ms=start, now_ms=at("2024-03-01T00:14")) == at(
        "2024-03-01T00:15"
    )


def test_a_rare_cron_remembers_its_last_tick() -> None:
    assert latest(cron("0 0 29 2 *"), start_ms=at("2020-01-01T00:00"), now_ms=at("2027-06-01T00:00")) == at(
        "2024-02-29T00:00"
    )


@pytest.mark.parametrize(
    "expression",
    ["", "0 2 * *", "61 * * * *", "*/0 * * * *", "0 0 31 2 *", "0 2 * * 8", "at night x y z", ", * * * *"],
)
def test_a_bad_cron_expression_names_the_value_and_the_way_out(expression: str) -> None:
    with pytest.raises(FluxError) as caught:
        cron(expression)
    assert repr(expression) in caught.value.message
    assert caught.value.suggestions


def test_an_unknown_time_zone_suggests_the_nearest() -> None:
    with pytest.raises(FluxError) as caught:
        cron("0 2 * * *", "Europe/Viena")
    assert "Europe/Vienna" in str(caught.value)


def test_spaces_in_a_cron_expression_do_not_matter() -> None:
    assert cron("  0   2 * * * ").expression == "0 2 * * *"
