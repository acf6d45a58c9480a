"""The questions and what is expected of an answer; the data are the files of `PARTS` beside this module."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fluxagents.tasks.registry import TOOLS

PARTS = ("known", "held_out", "third")
"""Rules may be made after the known questions only. The others show how well they do on what they were
not made for; `third` is the newest part.
"""

TOLERANCE = 1e-6
"""Relative difference of numbers that are the same."""

FREE = frozenset({"what", "points", "alternatives", "method", "find_missing"})
"""Arguments that may have any value unless a case expects one: they leave the answer as it is."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One call: any of the tools, with these arguments and defaults for all others."""

    tools: frozenset[str]
    args: Mapping[str, Any]

    def fits(self, tool: str, args: Mapping[str, Any]) -> bool:
        """Whether a call is the expected one.

        Arguments that cannot be compared, because a case names tools of different shapes and none, are free.
        """
        if tool not in self.tools:
            return False
        if len(self.tools) > 1 and not self.args:
            return True
        given = told(tool, args)
        free = FREE - set(self.args)
        return given.keys() - free == self.args.keys() and all(
            _same(wanted, given[name]) for name, wanted in self.args.items()
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One question."""

    part: str
    group: int
    language: str
    question: str
    calls: tuple[Expected, ...]


def told(tool: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that differ from the tool's defaults."""
    fields = TOOLS[tool].args.model_fields
    return {
        name: value
        for name, value in args.items()
        if value is not None and value != fields[name].get_default(call_default_factory=True)
    }


def cases(part: str) -> Iterator[Case]:
    """All questions of one part, group after group."""
    groups = yaml.safe_load((Path(__file__).parent / f"{part}.yaml").read_text(encoding="utf-8"))
    for number, group in enumerate(groups):
        calls = tuple(_expected(call) for call in group["calls"])
        for language, questions in group["ask"].items():
            for question in questions:
                yield Case(part, number, language, question, calls)


def _expected(call: Mapping[str, Any]) -> Expected:
    ((tools, args),) = call.items()
    return Expected(frozenset(tools.split("|")), args)


def _same(wanted: Any, given: Any) -> bool:
    """Equal, with tolerance for numbers, without order of lists; `contains` asks for words in a text."""
    if isinstance(wanted, Mapping) and wanted.keys() == {"contains"}:
        return all(word.lower() in str(given).lower() for word in wanted["contains"])
    if isinstance(wanted, Mapping):
        return (
            isinstance(given, Mapping)
            and wanted.keys() == given.keys()
            and all(_same(value, given[name]) for name, value in wanted.items())
        )
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return _same_items(wanted, given)
    if isinstance(wanted, int | float) and isinstance(given, int | float):
        return math.isclose(wanted, given, rel_tol=TOLERANCE)
    return bool(wanted == given)


def _same_items(wanted: Sequence[Any], given: Any) -> bool:
    if not isinstance(given, Sequence) or isinstance(given, str) or len(wanted) != len(given):
        return False
    left = list(given)
    for item in wanted:
        found = next((at for at, other in enumerate(left) if _same(item, other)), None)
        if found is None:
            return False
        del left[found]
    return True
