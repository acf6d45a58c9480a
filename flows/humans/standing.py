"""Standing approvals: somebody's vote in advance, for calls whose arguments lie within stated ranges."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterator, Mapping

from pydantic import Field, JsonValue

from fluxagents.flows.commands import CallTool
from fluxagents.flows.humans.policies import HumanRecord

ANY = "*"
MAX_ARGUMENTS = 64
MAX_USES = 100_000

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?")


class ArgumentRange(HumanRecord):
    """What an argument may be: within two numbers, or one of some values; anything where nothing is said."""

    at_least: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    one_of: tuple[JsonValue, ...] = ()

    def holds(self, value: JsonValue) -> bool:
        """Whether a value lies within."""
        if self.one_of:
            return any(_is_same(value, allowed) for allowed in self.one_of)
        if self.at_least is None and self.at_most is None:
            return True
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        if self.one_of:
            return "|".join(_write(value) for value in self.one_of)
        ends = ("" if end is None else f"{end:g}" for end in (self.at_least, self.at_most))
        text = "..".join(ends)
        return ANY if text == ".." else text


class StandingApproval(HumanRecord):
    """One person's vote on calls to come, for one session, until a time, so many times at most."""

    id: str
    tool: str
    session: str
    arguments: dict[str, ArgumentRange] = Field(min_length=1, max_length=MAX_ARGUMENTS)
    """By where they stand: `reaction_bounds.EX_glc__D_e.0`; `*` stands for any one part."""
    by: str
    created_ms: int
    until_ms: int
    """Unix time in ms."""
    max_uses: int = Field(ge=1, le=MAX_USES)
    comment: str = ""
    revoked_ms: int = 0
    """0 while it counts."""

    def refuse(self, call: CallTool, at_ms: int) -> str:
        """Why it does not cover a call at a time, in a sentence; empty if it does."""
        if self.revoked_ms:
            return "it was revoked"
        if at_ms >= self.until_ms:
            return "its time is over"
        if call.tool != self.tool:
            return f"it is for {self.tool}"
        values = dict(flatten(call.args))
        for name, value in values.items():
            ranges = [each for pattern, each in self.arguments.items() if is_at(pattern, name)]
            if not ranges:
                return f"it says nothing of {name}"
            if not any(each.holds(value) for each in ranges):
                return f"{name} = {_write(value)} is outside of {' and '.join(map(str, ranges))}"
        absent = (each for each in self.arguments if not any(is_at(each, name) for name in values))
        missing = next(absent, "")
        return f"the call has no {missing}" if missing else ""


def is_at(pattern: str, name: str) -> bool:
    """Whether an argument stands where a pattern says: part by part."""
    wanted, parts = pattern.split("."), name.split(".")
    # An id of a model may have dots: then the whole name must be written out.
    return pattern == name or (
        len(wanted) == len(parts)
        and all(fnmatch.fnmatchcase(part, each) for part, each in zip(parts, wanted, strict=True))
    )


def flatten(value: JsonValue | Mapping[str, JsonValue], at: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Each value that is not made of others, with where it stands; an empty list or mapping is a value."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from flatten(inner, f"{at}.{name}" if at else str(name))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from flatten(inner, f"{at}.{index}" if at else str(index))
    elif at:
        yield at, value  # type: ignore[misc]


def read_range(text: str) -> ArgumentRange:
    """A range as people write it: `-15..-5`, `0..`, `b0001|b0002`, `true`, or `*` for anything.

    Raises:
        ValueError: If it is empty, or goes from more to less.
    """
    if text.strip() == ANY:
        return ArgumentRange()
    match = _RANGE.fullmatch(text.strip())
    if match is not None and (match[1] or match[2]):
        low, high = (float(end) if end else None for end in match.groups())
        if low is not None and high is not None and low > high:
            raise ValueError(f"{text!r} goes from more to less")
        return ArgumentRange(at_least=low, at_most=high)
    values = tuple(_read_value(part) for part in text.split("|") if part.strip())
    if not values:
        raise ValueError(f"{text!r} is no range such as `-15..-5`, `a|b` or `*`")
    return ArgumentRange(one_of=values)


def _read_value(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except json.JSONDecodeError:
        return text.strip()
    return value


def _is_same(value: JsonValue, other: JsonValue) -> bool:
    """Whether two values are one in JSON: `true` is not 1."""
    return isinstance(value, bool) == isinstance(other, bool) and value == other


def _write(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)
