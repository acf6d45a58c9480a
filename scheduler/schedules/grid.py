"""When a schedule is due: a grid of times that depends on nothing but the schedule itself."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import cache
from typing import Annotated, Literal, assert_never
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.events import Frozen
from fluxagents.scheduler.schedules.cron_fields import check_steps, read_cron
from fluxagents.scheduler.schedules.cron_ticks import find_ticks

SHORTEST_S = 1.0
LONGEST_S = 366 * 86_400.0
"""Bounds of an interval."""

CLOCK_SKEW_MS = 5_000
"""By so much the clocks of beat and of a worker may differ without a tick being taken for the one before."""

MAX_DAYS = 366 * 41
"""A cron day that combines a leap day with a weekday returns within 40 years."""

FIELDS = (
    "its fields: minute (0-59), hour (0-23), day (1-31), month (1-12 or jan-dec), weekday (0-7 or sun-sat; 0 "
    "and 7 are Sunday); each one *, a number, a range 1-5, a step */15, or a list"
)
"""Of a cron expression."""

_UNITS_S = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(s|min|m|h|d|w)")


class Every(Frozen):
    """Due once per interval, counted from the time at which the schedule was made."""

    kind: Literal["every"] = "every"
    seconds: float = Field(ge=SHORTEST_S, le=LONGEST_S)

    def __str__(self) -> str:
        return f"every {_interval_text(self.seconds)}"


class Cron(Frozen):
    """Due at the local times of a cron expression; when both day fields are given, one of them is enough."""

    kind: Literal["cron"] = "cron"
    expression: str
    timezone: str = "UTC"

    def __str__(self) -> str:
        return f"{self.expression} ({self.timezone})"


Timing = Annotated[Every | Cron, Field(discriminator="kind")]


def every(text: str) -> Every:
    """Read an interval such as `90s`, `6h` or `1d12h`.

    Raises:
        FluxError: If it is none, or shorter than a second or longer than a year.
    """
    compact = text.strip().lower()
    parts = _PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{text!r} is no interval",
            suggestions=("write a number and s, m, h, d or w: 90s, 30m, 6h, 1d12h",),
        )
    seconds = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"interval {text!r} is {seconds:g} s",
            suggestions=("choose one from 1s to 366d",),
        )
    return Every(seconds=seconds)


@cache
def _list_timezones() -> frozenset[str]:
    """All that this machine knows; they are hundreds of files."""
    return frozenset(available_timezones())


def cron(expression: str, timezone: str = "UTC") -> Cron:
    """Read a cron expression: minute, hour, day of the month, month, weekday.

    Raises:
        FluxError: If it is none, never due, or the time zone is not known.
    """
    zones = _list_timezones()
    if timezone not in zones:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"there is no time zone {timezone!r}",
            suggestions=nearest(timezone, zones) or ("use an IANA name such as Europe/Vienna",),
        )
    plain = " ".join(expression.split())
    try:
        read_cron(plain)
        check_steps(plain)
    except ValueError as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{expression!r} is no cron expression: {error}",
            suggestions=(
                FIELDS,
                'for instance "0 2 * * *" or "@daily"; an interval such as 90m is given with --every',
            ),
        ) from error
    return Cron(expression=plain, timezone=timezone)


def latest(timing: Timing, *, start_ms: int, now_ms: int) -> int | None:
    """The last time of the grid that is not after now.

    Args:
        timing: The grid.
        start_ms: When the schedule was made, Unix time in ms; the grid begins after it.
        now_ms: The time; a due time counts as reached when it is as close as clocks may differ.

    Returns:
        Unix time in ms, or None if nothing has been due yet.
    """
    if isinstance(timing, Every):
        step = _step_ms(timing)
        steps = (reach_ms(timing, now_ms) - start_ms) // step
        return start_ms + steps * step if steps > 0 else None
    if isinstance(timing, Cron):
        until_ms = reach_ms(timing, now_ms)
        day, first = _local_day(timing, until_ms), _local_day(timing, start_ms)
        while day >= first:
            due = [at_ms for at_ms in _due_times(timing, day) if start_ms < at_ms <= until_ms]
            if due:
                return max(due)
            day -= timedelta(days=1)
        return None
    assert_never(timing)


def due_times(timing: Timing, *, start_ms: int, after_ms: int, until_ms: int, limit: int) -> list[int]:
    """The last times of the grid in a span, in order.

    Args:
        timing: The grid.
        start_ms: A time from which intervals are counted, forward and backward (Unix time in ms).
        after_ms: The span begins after it.
        until_ms: The last time of the span.
        limit: At most so many, the last ones.

    Returns:
        Unix times in ms.
    """
    if isinstance(timing, Every):
        step = _step_ms(timing)
        last = (until_ms - start_ms) // step
        first = max((after_ms - start_ms) // step + 1, last - limit + 1)
        return [start_ms + number * step for number in range(first, last + 1)]
    if isinstance(timing, Cron):
        return _find_last_cron_times(timing, after_ms, until_ms, limit)
    assert_never(timing)


def reach_ms(timing: Timing, now_ms: int) -> int:
    """The latest time of the grid that counts as reached: one as close as clocks may differ does."""
    if isinstance(timing, Every):
        return now_ms + min(CLOCK_SKEW_MS, _step_ms(timing) // 10)
    return now_ms + CLOCK_SKEW_MS


def _find_last_cron_times(timing: Cron, after_ms: int, until_ms: int, limit: int) -> list[int]:
    times: set[int] = set()
    day, first = _local_day(timing, until_ms), _local_day(timing, after_ms)
    complete = False
    while day >= first and not complete:
        # Clocks may move a time to the day beside its own, so that one more day makes the last ones certain.
        complete = len(times) >= limit
        times.update(at_ms for at_ms in _due_times(timing, day) if after_ms < at_ms <= until_ms)
        day -= timedelta(days=1)
    return sorted(times)[-limit:]


def following(timing: Timing, *, start_ms: int, now_ms: int) -> int:
    """The first time of the grid after now, Unix time in ms."""
    if isinstance(timing, Every):
        step = _step_ms(timing)
        return start_ms + max((now_ms - start_ms) // step + 1, 1) * step
    if isinstance(timing, Cron):
        day = _local_day(timing, now_ms)
        for _ in range(MAX_DAYS):
            due = [at_ms for at_ms in _due_times(timing, day) if at_ms > now_ms]
            if due:
                return min(due)
            day += timedelta(days=1)
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"cron {timing.expression!r} is not due within 40 years")
    assert_never(timing)


def _step_ms(timing: Every) -> int:
    return round(timing.seconds * 1_000)


def _local_day(timing: Cron, at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1_000, tz=ZoneInfo(timing.timezone)).date()


def _due_times(timing: Cron, day: date) -> list[int]:
    """All due times of a local day and those beside it, Unix time in ms."""
    ticks = find_ticks(read_cron(timing.expression), ZoneInfo(timing.timezone), day)
    return [round(tick.timestamp()) * 1_000 for tick in ticks]


def _interval_text(seconds: float) -> str:
    for unit in ("d", "h", "m"):
        if seconds % _UNITS_S[unit] == 0:
            return f"{seconds / _UNITS_S[unit]:g}{unit}"
    return f"{seconds:g}s"
