"""The questions and what is expected of an answer; the data are the files of `PARTS` beside this module."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fluxagents.tasks.registry import TOOLS

PARTS = ("known", "held_out", "third", "fourth", "fifth", "sixth", "seventh")
"""Rules may be made after the known questions and the fourth to sixth part, which were held out once. The
others show how well they do on what they were not made for; `seventh` is the newest part.
"""

OPEN_TO_RULES = frozenset({"known", "fourth", "fifth", "sixth"})
"""Parts whose wrong answers are shown."""

WHOLE = frozenset({"fourth", "fifth", "sixth", "seventh"})
"""Parts over all tools and flows, which also say which flow has the answer and what stays open."""

ANALYSIS = "metabolic_analysis"
"""The flow that puts a question to a chat model."""

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
        given = drop_defaults(tool, args)
        free = FREE - set(self.args)
        return given.keys() - free == self.args.keys() and all(
            _is_same(expected, given[name]) for name, expected in self.args.items()
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    Attributes:
        calls: What answers it beside the description and the growth that each run begins with.
        either: Other sets of calls that are as good.
        flow: The flow of the library that has the answer.
        inputs: Those of its inputs that matter.
        answered: Whether all of it can be answered: `yes`, `partly` or `no`; None if the part does not say.
        names: What the text must name of what stays open; `a|b` is one of both.
    """

    part: str
    group: int
    language: str
    question: str
    calls: tuple[Expected, ...]
    either: tuple[tuple[Expected, ...], ...] = ()
    flow: str = ANALYSIS
    inputs: Mapping[str, Any] = field(default_factory=dict)
    answered: str | None = None
    names: tuple[str, ...] = ()

    def is_named_in(self, text: str) -> bool:
        """Whether a text names all that stays open."""
        folded = text.casefold()
        return all(any(name in folded for name in names.casefold().split("|")) for names in self.names)

    def accepts(self, flow: str, inputs: Mapping[str, Any]) -> bool:
        """Whether a flow with these inputs has the answer."""
        return flow == self.flow and all(
            name in inputs and _is_same(value, inputs[name]) for name, value in self.inputs.items()
        )


def drop_defaults(tool: str, args: Mapping[str, Any]) -> dict[str, Any]:
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
        calls = tuple(_read_call(call) for call in group["calls"])
        either = tuple(tuple(map(_read_call, other)) for other in group.get("either", ()))
        for language, questions in group["ask"].items():
            for question in questions:
                yield Case(
                    part,
                    number,
                    language,
                    question,
                    calls,
                    either,
                    group.get("flow", ANALYSIS),
                    group.get("inputs", {}),
                    group.get("answered", "yes") if part in WHOLE else None,
                    tuple(group.get("names", ())),
                )


def _read_call(call: Mapping[str, Any]) -> Expected:
    ((tools, args),) = call.items()
    return Expected(frozenset(tools.split("|")), args)


def _is_same(expected: Any, actual: Any) -> bool:
    """Equal, with tolerance for numbers, without order of lists; `contains` asks for words in a text."""
    if isinstance(expected, Mapping) and expected.keys() == {"contains"}:
        return all(word.lower() in str(actual).lower() for word in expected["contains"])
    if isinstance(expected, Mapping):
        return (
            isinstance(actual, Mapping)
            and expected.keys() == actual.keys()
            and all(_is_same(entry, actual[name]) for name, entry in expected.items())
        )
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        return _has_same_items(expected, actual)
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return math.isclose(expected, actual, rel_tol=TOLERANCE)
    return bool(expected == actual)


def _has_same_items(expected: Sequence[Any], actual: Any) -> bool:
    if not isinstance(actual, Sequence) or isinstance(actual, str) or len(expected) != len(actual):
        return False
    left = list(actual)
    for item in expected:
        match = next((at for at, other in enumerate(left) if _is_same(item, other)), None)
        if match is None:
            return False
        del left[match]
    return True
