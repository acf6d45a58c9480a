"""Points in time as people write them: an ISO date or time, or an interval before now such as `7d`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.schedules.grid import every


def since_ms(text: str, now_ms: int) -> int:
    """The first ms (Unix time) of what `text` means; without an offset it is UTC.

    Raises:
        FluxError: If it is neither a date, a time nor an interval.
    """
    return _time_ms(text, now_ms, end=False)


def until_ms(text: str, now_ms: int) -> int:
    """The first ms (Unix time) after what `text` means: a day is included whole.

    Raises:
        FluxError: As `since_ms`.
    """
    return _time_ms(text, now_ms, end=True)


def _time_ms(text: str, now_ms: int, *, end: bool) -> int:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return _unix_ms(start + timedelta(days=1) if end else start)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return now_ms - round(_interval_s(text) * 1_000)
    return _unix_ms(time if time.tzinfo else time.replace(tzinfo=UTC)) + end


def _interval_s(text: str) -> float:
    try:
        return every(text).seconds
    except FluxError as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{text!r} is no time",
            suggestions=(
                "write a date (2026-01-31), a time (2026-01-31T08:00) or an interval before now (7d)",
            ),
        ) from error


def _unix_ms(time: datetime) -> int:
    return round(time.timestamp() * 1_000)
