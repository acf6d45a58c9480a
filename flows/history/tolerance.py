"""Values that differ, but for numbers that are as close to each other as a solver's answers are. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from pydantic import JsonValue

TOLERANCE = 1e-6
"""Largest difference of equal numbers, as a fraction of the greater one."""

SMALLEST = 1e-6
"""Numbers closer to each other than this are the same: ten times the solver's usual tolerance."""

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])")
"""A number that is no part of a name."""
_DIGEST = re.compile(r"sha256:[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """Two values at one place."""

    path: str
    a: JsonValue
    b: JsonValue

    @property
    def relative(self) -> float | None:
        """How far two numbers are apart, as a fraction of the greater one; None if they are none."""
        if not (_is_number(self.a) and _is_number(self.b)):
            return None
        greater = max(abs(self.a), abs(self.b))  # type: ignore[arg-type] # they are numbers
        return abs(self.a - self.b) / greater if greater else 0.0  # type: ignore[operator]


def is_close(a: float, b: float, tolerance: float) -> bool:
    """Whether two numbers are the same. Counts must be equal, and everything with a tolerance of 0."""
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=SMALLEST if tolerance else 0.0)


def find_differences(
    a: JsonValue, b: JsonValue, tolerance: float, path: str = ""
) -> Iterator[ValueDifference]:
    """Where two documents differ; of two lists of names, what only one of them has."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for name in dict.fromkeys([*a, *b]):
            yield from find_differences(
                a.get(name), b.get(name), tolerance, f"{path}.{name}" if path else name
            )
    elif isinstance(a, list) and isinstance(b, list):
        yield from _in_lists(a, b, tolerance, path)
    elif _is_number(a) and _is_number(b):
        if not is_close(a, b, tolerance):  # type: ignore[arg-type] # they are numbers
            yield ValueDifference(path, a, b)
    elif a != b or type(a) is not type(b):
        yield ValueDifference(path, a, b)


def _in_lists(
    a: list[JsonValue], b: list[JsonValue], tolerance: float, path: str
) -> Iterator[ValueDifference]:
    if not all(isinstance(item, str) for item in (*a, *b)):
        for at, (item_a, item_b) in enumerate(zip_longest(a, b)):
            yield from find_differences(item_a, item_b, tolerance, f"{path}[{at}]")
        return
    only_a, only_b = [item for item in a if item not in b], [item for item in b if item not in a]
    if only_a or only_b:
        yield ValueDifference(f"{path} (only there)", only_a, only_b)
    elif a != b:
        yield ValueDifference(path, a, b)


def is_same_text(a: str, b: str, tolerance: float) -> bool:
    """Whether two texts say the same: the same words, and numbers that are close. Digests say nothing."""
    a, b = _DIGEST.sub("sha256:…", a), _DIGEST.sub("sha256:…", b)
    if _NUMBER.split(a) != _NUMBER.split(b):
        return False
    pairs = zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=True)
    return all(x == y or is_close(_value(x), _value(y), tolerance) for x, y in pairs)


def _value(text: str) -> float:
    return float(text) if {".", "e", "E"} & set(text) else int(text)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
