"""When a person is sent one mail about everything that waits, in place of a mail for each."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Frozen
from fluxagents.flows.humans.calendars import read_weekdays
from fluxagents.flows.people.quiet_hours import TimeZone
from fluxagents.flows.texts.display import quote

_TEXT = re.compile(r"(?:daily |([A-Za-z]{3}(?:-[A-Za-z]{3})?) )?(\d\d:\d\d)(?: (\S+))?")
_WEEK = 7


def _check_days(text: str) -> str:
    read_weekdays(*text.split("-"))
    return text


class Digest(Frozen):
    """A time of day, on all days or on some."""

    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    days: Annotated[str, Field(pattern=r"^[A-Za-z]{3}(-[A-Za-z]{3})?$"), AfterValidator(_check_days)] = (
        "Mon-Sun"
    )
    """Such as `Mon-Fri` or `Mon`."""
    zone: TimeZone = "UTC"
    """An IANA time zone, such as `Europe/Vienna`."""

    def __str__(self) -> str:
        days = "daily" if self.days == "Mon-Sun" else self.days
        return f"{days} {self.at} {self.zone}"

    def next_ms(self, now_ms: int) -> int:
        """When the next one is due after a time (both Unix time in ms)."""
        zone, days = ZoneInfo(self.zone), read_weekdays(*self.days.split("-"))
        now = datetime.fromtimestamp(now_ms / 1_000, tz=zone)
        for number in range(_WEEK + 1):
            day = now.date() + timedelta(days=number)
            due = datetime.combine(day, time.fromisoformat(self.at), tzinfo=zone)
            # Over a change of the clocks only UTC tells which is later.
            if day.weekday() in days and due.astimezone(UTC) > now.astimezone(UTC):
                return round(due.timestamp() * 1_000)
        raise AssertionError(f"{self} is on no day of a week")


def read_digest(text: str) -> Digest | None:
    """A digest as people write it: `daily 08:00 Europe/Vienna`, `Mon-Fri 08:00`; None for an empty text.

    Raises:
        FluxError: `BAD_ARGUMENT` if it is none.
    """
    if not text:
        return None
    parts = _TEXT.fullmatch(text)
    if parts is None:
        raise _bad_digest(text, "it is no time of a day")
    try:
        return Digest(at=parts[2], days=parts[1] or "Mon-Sun", zone=parts[3] or "UTC")
    except ValueError as error:
        raise _bad_digest(text, "there is no such day, time or time zone") from error


def _bad_digest(text: str, why: str) -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"{quote(text)} says no time of a digest: {why}",
        suggestions=("write it as `daily 08:00 Europe/Vienna` or `Mon-Fri 08:00 Europe/Vienna`",),
    )
