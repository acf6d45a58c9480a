"""When a step of a ladder is due: seconds of working hours, by the clock and the holidays of a place.

Like the clock, holidays are knowledge of the outside: what is computed here is recorded in an event, and
never computed again when a log is replayed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib import import_module
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fluxagents.flows.humans.ladders import Calendar, LadderStep

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MAX_DAYS = 3_660
"""How far ahead working hours are looked for."""

_HOURS = re.compile(r"(?:([A-Za-z]{3})(?:-([A-Za-z]{3}))?\s+)?(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_HOLIDAYS = re.compile(r"([A-Z]{2})(?:-([A-Za-z0-9]{1,6}))?")


@dataclass(frozen=True, slots=True)
class Window:
    """Working hours of a day, in minutes since its midnight."""

    weekday: int
    """0 for Monday."""
    begins: int
    ends: int


def next_step_ms(ladder: Sequence[LadderStep], level: int, asked_ms: int, calendar: Calendar | None) -> int:
    """When the next step is due, as Unix time in ms; 0 where there is none."""
    return compute_due_ms(asked_ms, ladder[level].after, calendar) if level < len(ladder) else 0


def compute_due_ms(from_ms: int, seconds: float, calendar: Calendar | None) -> int:
    """The time at which so many seconds have passed that count (Unix time in ms).

    Raises:
        ValueError: If the calendar makes no sense, see `find_fault`, or has too few hours in ten years.
    """
    rest_ms = round(seconds * 1_000)
    if calendar is None or not (calendar.hours or calendar.holidays):
        return from_ms + rest_ms
    for begins_ms, ends_ms in _working_times(from_ms, calendar):
        lasts_ms = ends_ms - max(begins_ms, from_ms)
        if lasts_ms >= rest_ms:
            return max(begins_ms, from_ms) + rest_ms
        rest_ms -= max(lasts_ms, 0)
    raise ValueError(f"{calendar.hours!r} has no {seconds:g} s within {MAX_DAYS} days")


def is_working_time(at_ms: int, calendar: Calendar | None) -> bool:
    """Whether a time (Unix time in ms) counts."""
    return calendar is None or compute_due_ms(at_ms, 0.001, calendar) == at_ms + 1


def find_fault(calendar: Calendar) -> str:
    """What is wrong with a calendar, in a sentence; empty for a sound one."""
    try:
        compute_due_ms(0, 1, calendar)
    except ValueError as error:
        return str(error)
    return ""


def _working_times(from_ms: int, calendar: Calendar) -> Iterator[tuple[int, int]]:
    """The times that count, from the day of `from_ms` on, each from and to (Unix time in ms)."""
    zone, windows = _find_zone(calendar.zone), read_hours(calendar.hours)
    first = datetime.fromtimestamp(from_ms / 1_000, tz=zone).date()
    for number in range(MAX_DAYS):
        day = first + timedelta(days=number)
        if calendar.holidays and day in find_holidays(calendar.holidays, day.year):
            continue
        for window in windows:
            if window.weekday == day.weekday():
                yield _at_ms(day, window.begins, zone), _at_ms(day, window.ends, zone)


def _at_ms(day: date, minutes: int, zone: ZoneInfo) -> int:
    days, minutes = divmod(minutes, 24 * 60)
    wall = datetime.combine(day + timedelta(days=days), time(*divmod(minutes, 60)), tzinfo=zone)
    return round(wall.timestamp() * 1_000)


def _find_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r:.60} is no time zone such as `Europe/Berlin`") from error


@lru_cache(maxsize=64)
def read_hours(text: str) -> tuple[Window, ...]:
    """Working hours such as `Mon-Fri 09:00-17:00, Sat 10:00-12:00`; each whole day for an empty text.

    Raises:
        ValueError: If it is none.
    """
    if not text.strip():
        return tuple(Window(weekday, 0, 24 * 60) for weekday in range(len(DAYS)))
    windows = [window for part in text.split(",") for window in _read_part(part.strip())]
    return tuple(sorted(windows, key=lambda window: (window.weekday, window.begins)))


def _read_part(text: str) -> Iterator[Window]:
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r:.60} are no hours like `Mon-Fri 09:00-17:00`")
    first, last, *numbers = match.groups()
    from_hour, from_minute, to_hour, to_minute = map(int, numbers)
    begins, ends = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if max(from_minute, to_minute) > 59 or not begins < ends <= 24 * 60:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(f"{text!r:.60} does not go from an earlier to a later time of one day")
    yield from (Window(weekday, begins, ends) for weekday in read_weekdays(first, last))


def read_weekdays(first: str | None, last: str | None = None) -> Sequence[int]:
    """The days from one to another, over the weekend if need be, 0 for Monday; all without a first one.

    Raises:
        ValueError: If one is no day of the week.
    """
    for name in (first, last):
        if name is not None and name.capitalize() not in DAYS:
            raise ValueError(f"{name!r} is no day of the week; days: {', '.join(DAYS)}")
    if first is None:
        return range(len(DAYS))
    begin = DAYS.index(first.capitalize())
    end = DAYS.index((last or first).capitalize())
    return [day % len(DAYS) for day in range(begin, end + 1 if end >= begin else end + 1 + len(DAYS))]


@lru_cache(maxsize=256)
def find_holidays(place: str, year: int) -> frozenset[date]:
    """The public holidays of a country or a part of it, such as `DE` or `DE-BW`.

    Raises:
        ValueError: If the place is not known.
    """
    # Eighty milliseconds that only a calendar with holidays takes.
    library = import_module("holidays")
    match = _HOLIDAYS.fullmatch(place)
    if match is not None:
        try:
            return frozenset(library.country_holidays(match[1], subdiv=match[2], years=year))
        except NotImplementedError:
            pass
    raise ValueError(
        f"there are no holidays known of {place!r:.20}; name a country or a part, such as `DE-BW`"
    )
