"""Times and durations as commands show them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fluxagents.flows.history.time_spans import Spent

UNITS = ((172_800.0, 86_400.0, "d"), (3_600.0, 3_600.0, "h"), (60.0, 60.0, "min"))
"""From so many seconds on, in units of so many seconds."""


def format_time(at_ms: int) -> str:
    """Unix time in ms as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC).isoformat(timespec="milliseconds")


def format_date(at_ms: int) -> str:
    """Unix time in ms as date and time in UTC, to the second."""
    return format_time(at_ms)[:19].replace("T", " ")


def format_local(at_ms: int, timezone: str) -> str:
    """Unix time in ms as date and time in a time zone, with its offset: `2026-10-25 02:30:00+01:00`."""
    return datetime.fromtimestamp(at_ms / 1_000, tz=ZoneInfo(timezone)).isoformat(" ", timespec="seconds")


def format_both(at_ms: int) -> tuple[str, str]:
    """Unix time in ms to the minute, in UTC and on the clock of this machine with its offset."""
    local = datetime.fromtimestamp(at_ms / 1_000, tz=UTC).astimezone()
    return format_date(at_ms)[:16], local.isoformat(" ", timespec="minutes")


def format_clock(at_ms: int) -> str:
    """Unix time in ms as the time of day in UTC, to the ms."""
    return format_time(at_ms)[11:23]


def format_duration(seconds: float) -> str:
    """A duration in its largest unit, with two or three digits: `12 ms`, `3.41 s`, `5.2 min`, `7.1 h`."""
    for least, unit, name in UNITS:
        if seconds >= least:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1_000:.0f} ms"


def describe_spent(spent_ms: Mapping[Spent, int]) -> str:
    """What time was spent on: `queue 12 ms, work 3.41 s`."""
    return ", ".join(f"{spent} {format_duration(ms / 1_000)}" for spent, ms in spent_ms.items() if ms)


def format_elapsed(ms: int) -> str:
    """Time since a start, to the ms in the first minute: `2.771 s`, `7:04.4`, `1:02:03`, `3 d 1:02:03`."""
    minutes, rest = divmod(ms, 60_000)
    if not minutes:
        return f"{ms / 1_000:.3f} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes}:{rest // 100 / 10:04.1f}"
    days, hours = divmod(hours, 24)
    clock = f"{hours}:{minutes:02}:{rest // 1_000:02}"
    return f"{days} d {clock}" if days else clock
