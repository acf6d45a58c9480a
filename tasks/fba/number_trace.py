"""Numbers in a text, and whether each can be traced to a number that was recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

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
    r"sha256:[0-9a-f]+|\[f\d+[^\]]*\]|https?://\S+|doi:\S+|^\s*\d+[.)]\s|(?<![\d.])1/h\b|\^-?\d+",
    re.MULTILINE,
)
"""Digests, references to findings, links, markers of a numbered list, the unit 1/h and exponents of units."""

_SIGNS = str.maketrans({"\u2212": "-", "\u2011": "-", "\u2013": " "})
"""Minus, hyphen and the dash of a range, as they are typed."""

_PERCENT = re.compile(r"\s*(%|percent\b)")

ZERO = Decimal("1e-6")
"""What is below this may be called 0."""


@dataclass(frozen=True, slots=True)
class Said:
    """A number as a text writes it."""

    text: str
    value: Decimal
    is_percent: bool

    @property
    def step(self) -> Decimal:
        """The worth of its last digit: 0.01 in 0.87."""
        return Decimal(1).scaleb(int(self.value.as_tuple().exponent))

    @property
    def is_rounded(self) -> bool:
        """Whether it has the digits to stand for a longer number; a single one is a count."""
        return len(self.value.as_tuple().digits) > 1


def numbers_in(text: str) -> list[Said]:
    """The numbers that a text states, in order; names with digits, links and list markers are none."""
    plain = _NO_RESULT.sub(" ", text.translate(_SIGNS))
    return [
        Said(match[0], Decimal(match[0].replace(",", "")), bool(_PERCENT.match(plain, match.end())))
        for match in _NUMBER.finditer(plain)
    ]


def values_in(data: JsonValue) -> Iterator[Decimal]:
    """All numbers in recorded data, also those that a text states; true and false are none."""
    if isinstance(data, bool) or data is None:
        return
    if isinstance(data, int | float):
        yield Decimal(repr(data))
    elif isinstance(data, str):
        yield from (said.value for said in numbers_in(data))
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from values_in(key)
            yield from values_in(value)
    else:
        for value in data:
            yield from values_in(value)


class Trace:
    """Recorded numbers to which others can be traced."""

    def __init__(self, recorded: Iterable[Decimal]) -> None:
        self._known = frozenset(abs(value) for value in recorded)

    def has(self, said: Said) -> bool:
        """Whether a recorded number, rounded as the text rounds, is the number that was said.

        A percentage may stand for a fraction, and a magnitude for a negative number: an uptake of 10 is a
        flux of -10.
        """
        scales = (1, 100) if said.is_percent else (1,)
        return any(_is(said, known * scale) for known in self._known for scale in scales)


def _is(said: Said, known: Decimal) -> bool:
    value = abs(said.value)
    if value == 0:
        return known < ZERO
    if not said.is_rounded:
        return known == value
    # The last digit may have been rounded or cut by a printer that works in binary.
    return abs(known - value) <= said.step * Decimal("0.5000001")
