"""Ticks across changes of the clocks, against clocks that are read every minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from fluxagents.scheduler.schedules.grid import cron, following, latest

MINUTE = timedelta(minutes=1)
AROUND = timedelta(hours=27)

ZONES = (
    ("US/Pacific", 2026, 2),
    ("Europe/Vienna", 2026, 2),
    ("Australia/Lord_Howe", 2026, 2),  # by half an hour
    ("America/Sao_Paulo", 2026, 0),
    ("Asia/Kolkata", 2026, 0),
    ("Africa/Casablanca", 2026, 2),  # back for Ramadan, and forward after it
    ("America/St_Johns", 2026, 2),
    ("UTC", 2026, 0),
    ("Pacific/Apia", 2026, 0),
    ("America/Sao_Paulo", 2018, 2),  # at midnight: a day begins at one, another ends twice
    ("America/St_Johns", 2010, 2),  # a minute after midnight: back to the day before
    ("Pacific/Apia", 2011, 3),  # a day that never was
)

EXPRESSIONS = (
    "0 * * * *",
    "*/15 * * * *",
    "7/20 * * * *",
    "0 */2 * * *",
    "0 0-23 * * *",
    "*/20 2 * * *",
    "30 2 * * *",
    "15 2 * * *",
    "0 2 * * *",
    "30 1 * * *",
    "0,20,40 1-3 * * *",
    "0 0 * * *",
    "30 0,23 * * *",
    "0 2 * * 7",
    "0 2 * * 5-7",
    "@daily",
)


@lru_cache(maxsize=32)
def find_changes(zone: str, year: int) -> tuple[datetime, ...]:
    """The changes of the clocks in a year; without any, two days of it."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(8_760)]
    local = ZoneInfo(zone)
    changes = [
        next_hour
        for hour, next_hour in pairwise(hours)
        if hour.astimezone(local).utcoffset() != next_hour.astimezone(local).utcoffset()
    ]
    return tuple(changes) or (datetime(year, 3, 29, 1, tzinfo=UTC), datetime(year, 10, 25, 1, tzinfo=UTC))


def _cases() -> Iterator[tuple[str, datetime]]:
    for zone, year, _ in ZONES:
        for change in find_changes(zone, year):
            yield zone, change


CASES = tuple(_cases())


@lru_cache(maxsize=32)
def read_clocks(zone: str, change: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Every minute about a change, in UTC and as clocks show it."""
    minutes = range(-52 * 60, 28 * 60)
    instants = [change + minute * MINUTE for minute in minutes]
    return tuple((at, at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) for at in instants)


def matches(field: str, value: int, low: int) -> bool:
    """A cron field, read anew: lists, ranges, steps."""
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin = low if first == "*" else int(first)
        end = 99 if first == "*" or (step and not last) else int(last or first)
        if begin <= value <= end and (value - begin) % int(step or 1) == 0:
            return True
    return False


def enumerate_ticks(expression: str, zone: str, change: datetime) -> list[datetime]:
    """The ticks within a day and more of a change, from clocks that are read every minute."""
    minute, hour, _, _, weekday = ("0 0 * * *" if expression == "@daily" else expression).split()
    is_fixed = not (minute.startswith("*") or hour.startswith("*") or hour == "0-23")

    def is_match(local: datetime) -> bool:
        return (
            matches(minute, local.minute, 0)
            and matches(hour, local.hour, 0)
            and any(matches(weekday, day, 0) for day in {local.isoweekday() % 7, local.isoweekday()})
        )

    ticks, shown = [], set[datetime]()
    clocks = read_clocks(zone, change)
    for (_, before), (instant, local) in pairwise(clocks):
        due = is_match(local) and not (is_fixed and local in shown)
        skipped = before + MINUTE
        while is_fixed and skipped < local:
            due = due or is_match(skipped)
            skipped += MINUTE
        shown.add(local)
        if due and abs(instant - change) < AROUND:
            ticks.append(instant)
    return ticks


def to_ms(instant: datetime) -> int:
    return round(instant.timestamp()) * 1_000


@pytest.mark.parametrize(("zone", "year", "count"), ZONES)
def test_the_table_has_both_changes_of_the_year(zone: str, year: int, count: int) -> None:
    local = ZoneInfo(zone)
    moved = [
        change
        for change in find_changes(zone, year)
        if change.astimezone(local).utcoffset() != (change - timedelta(hours=1)).astimezone(local).utcoffset()
    ]
    assert len(moved) == count


@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize(("zone", "change"), CASES)
def test_each_tick_is_due_once(zone: str, change: datetime, expression: str) -> None:
    timing = cron(expression, zone)
    start_ms, end_ms = to_ms(change - AROUND), to_ms(change + AROUND)
    ticks, now_ms = [], start_ms
    while (now_ms := following(timing, start_ms=start_ms, now_ms=now_ms)) < end_ms:
        ticks.append(datetime.fromtimestamp(now_ms / 1_000, tz=UTC))
    assert ticks == enumerate_ticks(expression, zone, change)


@pytest.mark.parametrize("expression", ["0 * * * *", "0,20,40 1-3 * * *", "*/20 2 * * *", "30 2 * * *"])
@pytest.mark.parametrize(("zone", "change"), CASES)
def test_after_an_outage_the_latest_tick_is_made_up_for(zone: str, change: datetime, expression: str) -> None:
    timing = cron(expression, zone)
    start_ms = to_ms(change - AROUND)
    due = [to_ms(tick) for tick in enumerate_ticks(expression, zone, change)]
    for minutes in range(-240, 241, 10):
        now_ms = to_ms(change) + minutes * 60_000 + 1_000
        expected = max((tick for tick in due if tick <= now_ms), default=None)
        assert latest(timing, start_ms=start_ms, now_ms=now_ms) == expected


def test_a_minutely_schedule_misses_no_minute_of_a_doubled_hour() -> None:
    timing = cron("* * * * *", "Australia/Lord_Howe")
    change_ms = to_ms(datetime(2026, 4, 4, 15, tzinfo=UTC))
    now_ms = change_ms - 45 * 60_000
    for minute in range(90):
        following_ms = following(timing, start_ms=0, now_ms=now_ms)
        assert following_ms == now_ms + 60_000, minute
        now_ms = following_ms


@pytest.mark.parametrize(
    ("expression", "zone", "day", "ticks"),
    [
        ("0 * * * *", "US/Pacific", "2026-11-01", ["07:00", "08:00", "09:00", "10:00"]),
        ("30 1 * * *", "US/Pacific", "2026-11-01", ["08:30"]),
        ("30 2 * * *", "US/Pacific", "2026-03-08", ["10:00"]),
        (
            "*/15 2 * * *",
            "Europe/Vienna",
            "2026-10-25",
            ["00:00", "00:15", "00:30", "00:45", "01:00", "01:15", "01:30", "01:45"],
        ),
        ("*/15 2 * * *", "Europe/Vienna", "2026-03-29", []),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03", ["15:30"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04", ["14:45"]),
    ],
)
def test_by_hand(expression: str, zone: str, day: str, ticks: list[str]) -> None:
    begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
    hours = {"US/Pacific": (7, 10)}.get(zone, (0, 23))
    timing = cron(expression, zone)
    now_ms, found = to_ms(begin + timedelta(hours=hours[0]) - MINUTE), []
    end_ms = to_ms(begin + timedelta(hours=hours[1]))
    while (now_ms := following(timing, start_ms=0, now_ms=now_ms)) <= end_ms:
        found.append(datetime.fromtimestamp(now_ms / 1_000, tz=UTC).strftime("%H:%M"))
    assert found == ticks
