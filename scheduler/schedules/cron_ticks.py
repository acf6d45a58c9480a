"""When clocks show the times of a cron expression, across changes of the clocks.

The rules are those of Debian's cron. An expression that names times of the day (`30 2 * * *`) is due once for
each: a time that the clocks skip is due when they have gone forward, one that they show twice the first time.
Any other expression (`0 * * * *`, `*/15 2 * * *`) is due whenever clocks show one of its times: never in an
hour that is skipped, and in both of an hour that comes twice.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from fluxagents.scheduler.schedules.cron_fields import CronFields

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def find_ticks(fields: CronFields, zone: ZoneInfo, day: date) -> frozenset[datetime]:
    """The ticks of a local day and of those beside it, in UTC.

    With its neighbours, because a change of the clocks may take a tick to the next day, and clocks that go
    back over midnight show the end of a day after the beginning of the next.
    """
    return frozenset().union(*(_find_day_ticks(fields, zone, day + offset * DAY) for offset in (-1, 0, 1)))


@lru_cache(maxsize=32)
def _find_day_ticks(fields: CronFields, zone: ZoneInfo, day: date) -> frozenset[datetime]:
    """The ticks at the times that clocks show, or skip, on a local day."""
    if not fields.allow(day):
        return frozenset()
    times = (datetime.combine(day, time(hour, minute)) for hour in fields.hours for minute in fields.minutes)
    return frozenset(tick for local in times for tick in _find_instants(local, zone, fields.is_fixed))


def _find_instants(local: datetime, zone: ZoneInfo, is_fixed: bool) -> set[datetime]:
    """When a local time is due: at all instants at which clocks show it, or at exactly one if it is fixed."""
    readings = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    if len(readings) == 1:
        return readings
    instants = {instant for instant in readings if _read_clock(instant, zone) == local}
    if not is_fixed:
        return instants
    return {min(instants) if instants else _find_end_of_gap(local, zone, min(readings), max(readings))}


def _find_end_of_gap(local: datetime, zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first minute at which clocks are past a local time that they skip."""
    minutes = range((after - before) // MINUTE)
    return before + MINUTE * bisect_left(
        minutes, local, key=lambda minute: _read_clock(before + minute * MINUTE, zone)
    )


def _read_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
