"""Conditions in a question: which uptakes it closes, opens or limits, and what it compares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from fluxagents.workers.planner import wording
from fluxagents.workers.planner.compounds import BY_NAME, MENTION, OXYGEN

Role = Literal["limit", "sole", "both"]

UNLIMITED = 1_000.0
"""Uptake in mmol/gDW/h that is no limit, as models write it."""

BLANK = "·"
"""Stands where a text has been understood already."""


@dataclass(frozen=True, slots=True)
class Uptake:
    """One change of the medium as a question words it.

    Attributes:
        word: The compound, as written.
        role: `sole` replaces the present source of carbon, `limit` changes this uptake only, `both` asks for
            the medium with it and without it.
        limit: The most uptake in mmol/gDW/h; None if the question does not say.
        start: Where in the text.
        end: Where it ends.
    """

    word: str
    role: Role
    limit: float | None
    start: int
    end: int


Alternatives = tuple[tuple[Uptake, ...], ...]
"""The conditions to look at, one after the other; an empty one is the medium as it is."""

PLAIN: Alternatives = ((),)


def blanked(text: str, start: int, end: int) -> str:
    """The text with a span that says nothing any more."""
    return f"{text[:start]}{BLANK * (end - start)}{text[end:]}"


def conditions_in(text: str) -> tuple[Alternatives, str, int | None]:
    """The conditions of a clause.

    Returns:
        What to look at, the text without what was understood, and where the first condition stands.
    """
    oxygen, rest, starts = _oxygen(text)
    uptakes = list(_uptakes(rest))
    for uptake in uptakes:
        rest = blanked(rest, uptake.start, uptake.end)
        starts.append(uptake.start)
    carbon = tuple((uptake,) for uptake in uptakes if uptake.role == "sole") or PLAIN
    pairs = [_with_and_without(uptake) for uptake in uptakes if uptake.role == "both"]
    fixed = tuple(uptake for uptake in uptakes if uptake.role == "limit")
    found = tuple(sum(combined, fixed) for combined in product(carbon, oxygen, *pairs))
    return found, rest, min(starts, default=None)


def _oxygen(text: str) -> tuple[Alternatives, str, list[int]]:
    """With or without oxygen, as far as it is said in words of its own."""
    patterns = (
        (wording.OXYGEN_BOTH, (None, 0.0)),
        (wording.OXYGEN_OFF, (0.0,)),
        (wording.OXYGEN_ON, (None,)),
    )
    for pattern, limits in patterns:
        match = pattern.search(text)
        if match:
            uptake = Uptake(OXYGEN.names[0], "limit", None, match.start(), match.end())
            found = tuple((replace(uptake, limit=limit),) for limit in limits)
            return found, blanked(text, match.start(), match.end()), [match.start()]
    return PLAIN, text, []


def _with_and_without(uptake: Uptake) -> Alternatives:
    return (replace(uptake, role="limit"),), (replace(uptake, role="limit", limit=0.0),)


def _uptakes(text: str) -> Iterator[Uptake]:
    before: Uptake | None = None
    for match in MENTION.finditer(text):
        left, right = text[: match.start()], text[match.end() :]
        uptake = _closed(left, right, match) or _opened(text, match, before)
        if uptake is not None:
            before = uptake
            yield uptake


def _closed(left: str, right: str, match: re.Match[str]) -> Uptake | None:
    """A compound that a condition takes away, or compares with and without."""
    both = wording.BOTH_BEFORE.search(left)
    if both:
        return Uptake(match[0], "both", None, both.start(), match.end())
    none = wording.NONE_BEFORE.search(left)
    if none:
        return Uptake(match[0], "limit", 0.0, none.start(), match.end())
    gone = wording.NONE_AFTER.match(right)
    return Uptake(match[0], "limit", 0.0, match.start(), match.end() + gone.end()) if gone else None


def _opened(text: str, match: re.Match[str], before: Uptake | None) -> Uptake | None:
    """A compound that a condition offers; None if the text asks nothing of its uptake."""
    word = match[0]
    value, start, end = _value(text, match)
    sole, sole_start, sole_end = _sole(text, start, end, before)
    if sole and not _is_carbonless(word):
        return Uptake(word, "sole", value, sole_start, sole_end)
    lead = wording.WITH_BEFORE.search(text[:start])
    if value is not None:
        return Uptake(word, "limit", value, lead.start() if lead else start, end)
    much = wording.MUCH_BEFORE.search(text[:start])
    if much:
        return Uptake(word, "limit", UNLIMITED, much.start(), end)
    return Uptake(word, "limit", None, lead.start(), end) if lead else None


def _is_carbonless(word: str) -> bool:
    compound = BY_NAME.get(word.lower())
    return compound is not None and not compound.carbon


def _value(text: str, match: re.Match[str]) -> tuple[float | None, int, int]:
    """The number that goes with a compound, and the span of both."""
    after = wording.VALUE_AFTER.match(text, match.end())
    if after:
        return float(after["number"]), match.start(), after.end()
    ahead = wording.VALUE_BEFORE.search(text[: match.start()])
    if ahead:
        return float(ahead["number"]), ahead.start(), match.end()
    return None, match.start(), match.end()


def _sole(text: str, start: int, end: int, before: Uptake | None) -> tuple[bool, int, int]:
    """Whether the span names the only source of carbon, and the span with the words that say so."""
    lead = wording.SOLE_BEFORE.search(text[:start])
    tail = wording.SOLE_AFTER.match(text, end) or (wording.MEDIUM_AFTER.match(text, end) if lead else None)
    joined = before is not None and before.role == "sole" and _joins(text[before.end : start])
    if joined and before is not None:
        start = before.end
    elif lead:
        start = lead.start()
    return bool(lead or tail or joined), start, tail.end() if tail else end


def _joins(between: str) -> bool:
    """Whether the text between two compounds makes the second an alternative to the first."""
    match = wording.JOIN_BEFORE.search(between)
    return match is not None and not between[: match.start()].strip(" ,")
