"""What a cron expression allows: the numbers of its five fields, and how its two day fields combine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_PART = re.compile(r"(?P<first>\*|[a-z0-9]+)(?:(?<!\*)-(?P<last>[a-z0-9]+))?(?:/(?P<step>[0-9]+))?")
_QUARTZ = re.compile(r"l|l-\d+|lw|\d+[lw]|[a-z]{3}l|.*#.*|\?")


class CronFields(NamedTuple):
    """The numbers that the five fields of a cron expression allow."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """Sunday is 0."""
    either_day: bool
    """Whether one of the two day fields is enough; so it is when neither begins with `*`."""
    is_fixed: bool
    """Whether it names times of the day: neither minutes nor hours begin with `*` or are all there are."""

    def allow(self, day: date) -> bool:
        """Whether ticks fall on a local day."""
        matches = (day.day in self.days, day.isoweekday() % 7 in self.weekdays)
        return day.month in self.months and (any(matches) if self.either_day else all(matches))


class _Field(NamedTuple):
    """One of the five."""

    name: str
    low: int
    high: int
    greatest: int
    """The greatest number that is read: 7 is Sunday too."""
    words: tuple[str, ...] = ()
    """Names of the numbers from `low` on; three letters are enough."""

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.high - self.low + 1

    def read(self, text: str) -> frozenset[int]:
        """The numbers that the text of the field allows."""
        numbers = (number for part in text.split(",") for number in self._read_part(part, text))
        return frozenset(number % (self.high + 1) for number in numbers)

    def _read_part(self, part: str, text: str) -> Sequence[int]:
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(self._describe_fault(part, text))
        step = int(match["step"] or 1)
        if step == 0:
            raise ValueError(f"{self.name} {text!r} has a step of 0")
        if match["first"] == "*":
            return range(self.low, self.high + 1, step)
        first = self._read_number(match["first"], text)
        if match["last"]:
            last = self._read_number(match["last"], text)
            if first <= last:
                return range(first, last + 1, step)
            return [*range(first, self.high + 1), *range(self.low, last + 1)][::step]
        return range(first % (self.high + 1), self.high + 1, step) if match["step"] else [first]

    def _read_number(self, word: str, text: str) -> int:
        if word.isdecimal() and self.low <= int(word) <= self.greatest:
            return int(word)
        for number, name in enumerate(self.words, self.low):
            if word in {name, name[:3]}:
                return number
        raise ValueError(self._describe_fault(word, text))

    def _describe_fault(self, part: str, text: str) -> str:
        if _QUARTZ.fullmatch(part):
            return f"{self.name} {text!r} has a sign of Quartz (L, W, #, ?), which is not supported"
        return f"{self.name} {text!r}: {part!r} is not {self.low}-{self.greatest}"


_FIELDS = (
    _Field("minute", 0, 59, 59),
    _Field("hour", 0, 23, 23),
    _Field("day", 1, 31, 31),
    _Field("month", 1, 12, 12, _MONTHS),
    _Field("weekday", 0, 6, 7, _WEEKDAYS),
)


@lru_cache(maxsize=256)
def read_cron(expression: str) -> CronFields:
    """Read the five fields of a cron expression, or one of its names such as `@daily`.

    Raises:
        ValueError: If there are not five fields, one cannot be read, or no month has such a day.
    """
    plain = NICKNAMES.get(expression.lower(), expression.lower())
    if plain.startswith("@"):
        raise ValueError(f"its name is not one of {', '.join(NICKNAMES)}")
    texts = plain.split()
    if len(texts) != len(_FIELDS):
        raise ValueError(f"it has {len(texts)} fields, not five")
    minutes, hours, days, months, weekdays = (
        field.read(text) for field, text in zip(_FIELDS, texts, strict=True)
    )
    either_day = not any(texts[index].startswith("*") for index in (2, 4))
    if not either_day and min(days) > max(DAYS_IN_MONTH[month - 1] for month in months):
        raise ValueError(f"no month {texts[3]!r} has a day {texts[2]!r}")
    return CronFields(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=weekdays,
        either_day=either_day,
        is_fixed=not any(
            text.startswith("*") or len(numbers) == field.size
            for field, text, numbers in zip(_FIELDS, texts, (minutes, hours), strict=False)
        ),
    )


def check_steps(expression: str) -> None:
    """Refuse steps that a field has no room for: `*/90` minutes are not every 90 minutes, but every hour.

    Raises:
        ValueError: If there is such a step.
    """
    for field, text in zip(_FIELDS, expression.split(), strict=False):
        for step in re.findall(r"/(\d+)", text):
            if int(step) > field.size:
                raise ValueError(f"{field.name} {text!r} has a step of more than {field.size}; see --every")
