"""Out of office: for a time another person answers in somebody's place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Frozen
from fluxagents.flows.texts.display import quote

LAST_MS = 253_402_214_400_000
"""The last day of the year 9999 (Unix time in ms)."""


class Absence(Frozen):
    """From when to when, and who stands in."""

    from_ms: int = Field(ge=0)
    until_ms: int = Field(ge=1)
    """Unix time in ms; at this time it is over."""
    to: str = Field(min_length=1, max_length=64)
    """The person who answers meanwhile."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until_ms <= self.from_ms:
            raise ValueError("it ends before it begins")
        return self

    def holds(self, at_ms: int) -> bool:
        """Whether the person is away at a time (Unix time in ms)."""
        return self.from_ms <= at_ms < self.until_ms

    def __str__(self) -> str:
        return f"{_write(self.from_ms)} to {_write(self.until_ms)} UTC, {self.to} stands in"


def read_absence(to: str, begins: str, ends: str, *, now_ms: int) -> Absence:
    """An absence as people write it.

    Args:
        to: Who stands in.
        begins: A date, or a time as ISO 8601; empty for now.
        ends: The same; a date is the last day of it (UTC).
        now_ms: The time.

    Raises:
        FluxError: `BAD_ARGUMENT` if a time is none, or it is over before it begins or has been for long.
    """
    from_ms = _read(begins, last=False) if begins else now_ms
    until_ms = _read(ends, last=True)
    if until_ms <= max(from_ms, now_ms):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"an absence until {quote(ends)} is over before it begins",
            suggestions=("give its first and its last day, such as `--from 2027-07-05 --until 2027-07-23`",),
        )
    return Absence(from_ms=max(from_ms, 0), until_ms=min(until_ms, LAST_MS), to=to)


def _read(text: str, *, last: bool) -> int:
    is_day = len(text) == len("2027-07-05")
    try:
        time = datetime.fromisoformat(text)
        time = time + timedelta(days=1) if is_day and last else time
    except (ValueError, OverflowError) as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(text)} is no day and no time",
            suggestions=("write it as `2027-07-05` or `2027-07-05T12:00+02:00`",),
        ) from error
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return round(time.timestamp() * 1_000)


def _write(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, tz=UTC):%Y-%m-%d %H:%M}"
