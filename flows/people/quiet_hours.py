"""Hours of a day in which somebody is told of nothing that can wait."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Frozen
from fluxagents.flows.texts.display import quote

_TEXT = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)(?: (\S+))?")


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"there is no time zone {quote(name)}") from error
    return name


TimeZone = Annotated[str, AfterValidator(_check_zone)]
"""The name of an IANA time zone."""


class QuietHours(Frozen):
    """From one time of day to another, over midnight if the second is the earlier one."""

    begins: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    ends: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    zone: TimeZone = "UTC"
    """An IANA time zone, such as `Europe/Vienna`."""

    def __str__(self) -> str:
        return f"{self.begins}-{self.ends} {self.zone}"

    def end_ms(self, now_ms: int) -> int:
        """When the quiet hours end that it is now (Unix time in ms); 0 if it is none of them."""
        zone = ZoneInfo(self.zone)
        now = datetime.fromtimestamp(now_ms / 1_000, tz=zone)
        begins, ends = time.fromisoformat(self.begins), time.fromisoformat(self.ends)
        # Quiet hours that begin yesterday may reach into today.
        for day in (now.date() - timedelta(days=1), now.date()):
            start = datetime.combine(day, begins, tzinfo=zone)
            last_day = day if begins < ends else day + timedelta(days=1)
            end = datetime.combine(last_day, ends, tzinfo=zone)
            # Over a change of the clocks only UTC tells how long it is.
            if start.astimezone(UTC) <= now.astimezone(UTC) < end.astimezone(UTC):
                return round(end.timestamp() * 1_000)
        return 0


def read_quiet_hours(text: str) -> QuietHours | None:
    """Quiet hours as people write them: `22:00-07:00 Europe/Vienna`; None for an empty text.

    Raises:
        FluxError: `BAD_ARGUMENT` if they are none.
    """
    if not text:
        return None
    parts = _TEXT.fullmatch(text)
    if parts is None:
        raise _bad_hours(text, "it is no span of a day")
    try:
        return QuietHours(begins=parts[1], ends=parts[2], zone=parts[3] or "UTC")
    except ValueError as error:
        raise _bad_hours(text, "there is no such time or time zone") from error


def _bad_hours(text: str, why: str) -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"{quote(text)} are no quiet hours: {why}",
        suggestions=("write them as `22:00-07:00 Europe/Vienna`",),
    )
