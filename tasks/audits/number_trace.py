"""Numbers in a text, and whether each can be traced to a number that was recorded, in the same unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from pydantic import JsonValue

_NUMBER = re.compile(
    r"""
    (?<![\w.])(?<![A-Za-z]-)                                  # not within b0720, PFK2 or K-12
    -?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?   # also 2,583 and 1e-07
    (?=mmol|\W|$)(?!-[A-Za-z])(?!\.\d)                        # not 6PGC, 2-oxoglutarate or 2.7.1.11
    """,
    re.VERBOSE,
)

_NO_RESULT = re.compile(
    r"sha256:[0-9a-f]+|\[f\d+[^\]]*\]|https?://\S+|doi:\S+|^\s*\d+[.)]\s|(?<![\d.])1/[hs]\b|\^-?\d+",
    re.MULTILINE,
)
"""Digests, references to findings, links, markers of a list, units such as 1/h, and exponents of units."""

_SIGNS = str.maketrans({"\u2212": "-", "\u2011": "-", "\u2013": " "})
"""Minus, hyphen and the dash of a range, as they are typed."""

Unit = Literal["1/h", "1/s", "mmol/gDW/h", ""]
"""Of a growth rate, of a turnover number, of a flux, or not known."""

_UNITS: tuple[tuple[Unit, re.Pattern[str]], ...] = (
    ("mmol/gDW/h", re.compile(r"\s*mmol\s*[/(]?\s*\(?\s*g\s*(?:C?DW|DCW)", re.IGNORECASE)),
    ("1/h", re.compile(r"\s*(?:1/h\b|/\s?h(?:our)?\b|h(?:\^-?1|-1|⁻¹)|per hour\b)", re.IGNORECASE)),
    ("1/s", re.compile(r"\s*(?:1/s\b|/\s?s(?:ec(?:ond)?)?\b|s(?:\^-?1|-1|⁻¹)|per second\b)", re.IGNORECASE)),
)
"""What may follow a number in a text."""

_KEYS: tuple[tuple[str, Unit], ...] = (
    ("_mmol_per_gdw_h", "mmol/gDW/h"),
    ("_per_h", "1/h"),
    ("_per_s", "1/s"),
)
"""How names of recorded numbers end."""

_VALUES = "values"
"""Holds the entries of a mapping that may be cut: no part of a key that people read."""

_COUNTS = frozenset({"count", "shown"})
"""Beside the numbers of a list these say how many there are: they have not their unit."""

_PERCENT = re.compile(r"\s*(%|percent\b)")

_DIGITS_OF_ANSWERS = 3
"""Significant digits that answers show at least; zeros at the end are not written."""

ZERO = Decimal("1e-6")
"""What is below this may be called 0."""


@dataclass(frozen=True, slots=True)
class Said:
    """A number as a text writes it."""

    text: str
    value: Decimal
    is_percent: bool
    unit: Unit = ""
    start: int = field(default=0, compare=False)
    """Where it begins in the text."""

    @property
    def step(self) -> Decimal:
        """The value of its last digit: 0.01 in 0.87."""
        return Decimal(1).scaleb(int(self.value.as_tuple().exponent))

    @property
    def tolerance(self) -> Decimal:
        """How far the number that it was rounded from may be from it.

        Half of its last digit. A single digit is a count, or a number of three digits that ends with zeros:
        0.2 stands for 0.2003, and not for 0.23.
        """
        hidden = 0 if len(self.value.as_tuple().digits) > 1 else _DIGITS_OF_ANSWERS - 1
        # The last digit may have been rounded or cut by a printer that works in binary.
        return self.step.scaleb(-hidden) * Decimal("0.5000001")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded number and its source."""

    value: Decimal
    unit: Unit = ""
    source: str = ""
    """Who computed or said it: a finding, an error, the question."""
    artifact: str = ""
    """With the whole result."""
    key: str = ""
    """Where in the data of its source, such as `secretions_mmol_per_gdw_h.EX_ac_e`."""


def numbers_in(text: str) -> list[Said]:
    """The numbers that a text states, in order, without names with digits, links and list markers."""
    typed = text.translate(_SIGNS)
    plain = _NO_RESULT.sub(lambda no_result: " " * len(no_result[0]), typed)
    return [
        Said(
            match[0],
            Decimal(match[0].replace(",", "")),
            bool(_PERCENT.match(plain, match.end())),
            _unit_at(typed, match.end()),
            match.start(),
        )
        for match in _NUMBER.finditer(plain)
    ]


def _unit_at(text: str, at: int) -> Unit:
    return next((unit for unit, pattern in _UNITS if pattern.match(text, at)), "")


def values_in(
    data: JsonValue | Sequence[JsonValue],
    source: str = "",
    artifact: str = "",
    unit: Unit = "",
    key: str = "",
) -> Iterator[Recorded]:
    """All numbers in recorded data, also those in texts, without true and false.

    Args:
        data: What was recorded.
        source: Where.
        artifact: With the whole of it.
        unit: Of the numbers that stand under no name with a unit of its own.
        key: The names that the data stand under.
    """
    if isinstance(data, bool) or data is None:
        return
    if isinstance(data, int | float):
        yield Recorded(Decimal(repr(data)), unit, source, artifact, key)
    elif isinstance(data, str):
        numbers = numbers_in(data)
        yield from (Recorded(number.value, number.unit, source, artifact, key) for number in numbers)
    elif isinstance(data, dict):
        for name, value in data.items():
            path = key if name == _VALUES else f"{key}.{name}".removeprefix(".")
            yield from values_in(name, source, artifact, key=path)
            yield from values_in(value, source, artifact, _unit_of(name, unit), path)
    else:
        for value in data:
            yield from values_in(value, source, artifact, unit, key)


def _unit_of(key: str, around: Unit) -> Unit:
    if key in _COUNTS:
        return ""
    return next((unit for ending, unit in _KEYS if key.endswith(ending)), around)


class Trace:
    """Recorded numbers to which others can be traced."""

    def __init__(self, recorded: Iterable[Recorded]) -> None:
        self._known = tuple(dict.fromkeys(recorded))

    def has(self, number: Said) -> bool:
        """Whether a recorded number is the one in the text; see `origin`."""
        return self.origin(number) is not None

    def origin(self, number: Said) -> Recorded | None:
        """The first of its `origins`; None if there is none."""
        return next(self.origins(number), None)

    def origins(self, number: Said) -> Iterator[Recorded]:
        """The recorded numbers that, rounded as in the text, are the number of the text.

        A percentage may stand for a fraction, and a magnitude for a negative number: an uptake of 10 is a
        flux of -10. Where both have a unit, it is the same.
        """
        scales = (1, 100) if number.is_percent else (1,)
        return (
            recorded
            for recorded in self._known
            if any(_is(number, abs(recorded.value) * scale) for scale in scales)
            and not (number.unit and recorded.unit and number.unit != recorded.unit)
        )


def _is(number: Said, known: Decimal) -> bool:
    value = abs(number.value)
    if value == 0:
        return known < ZERO
    return abs(known - value) <= number.tolerance
