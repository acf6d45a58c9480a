"""Something that is not as a scenario expects, and when two things count as the same."""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose

from pydantic import JsonValue

from fluxagents.flows.testing.expectation import ExpectedQuestion, ExpectedText

ABSOLUTE = 1e-9
"""By how much numbers may differ at zero."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as expected."""

    what: str
    expected: str
    found: str
    notes: tuple[str, ...] = ()
    """Why it came so."""

    def __str__(self) -> str:
        notes = "".join(f"\n  {note}" for note in self.notes)
        return f"{self.what}\n  expected  {self.expected}\n  found     {self.found}{notes}"


def alike(one: JsonValue, other: JsonValue, tolerance: float) -> bool:
    """Whether two values are the same, numbers within a share of them, however deep."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=tolerance, abs_tol=ABSOLUTE)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(alike(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key], tolerance) for key in one)
    return one == other


def is_text(expected: ExpectedText | ExpectedQuestion, found: str) -> bool:
    whole = expected.text is None or expected.text == found
    return whole and (expected.contains or "") in found


def text_in_words(expected: ExpectedText | ExpectedQuestion) -> str:
    return repr(expected.text) if expected.text is not None else f"with {expected.contains!r}"
