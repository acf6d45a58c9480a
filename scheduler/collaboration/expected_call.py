"""Whether calls of tools are the expected ones: any order, defaults left out, numbers to a tolerance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fluxagents.flows.commands import CallTool
from fluxagents.tasks.registry import TOOLS

TOLERANCE = 1e-6
"""Relative difference of numbers that are the same."""

FREE = frozenset({"what", "points", "alternatives", "method", "find_missing"})
"""Arguments that may have any value unless a case expects one: they leave the answer as it is."""


@dataclass(frozen=True, slots=True)
class AcceptedCall:
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
            is_same(expected, given[name]) for name, expected in self.args.items()
        )


def drop_defaults(tool: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that differ from the tool's defaults."""
    fields = TOOLS[tool].args.model_fields
    return {
        name: value
        for name, value in args.items()
        if value is not None and value != fields[name].get_default(call_default_factory=True)
    }


def compare_calls(expected: Sequence[AcceptedCall], calls: Sequence[CallTool]) -> tuple[bool, bool]:
    """Whether the tools are the expected ones, in any order, and whether their arguments are, too."""
    if len(calls) != len(expected):
        return False, False
    left = list(calls)
    tools_left = [call.tool for call in calls]
    tools = arguments = True
    for each in expected:
        tool = next((name for name in tools_left if name in each.tools), None)
        tools = tools and tool is not None
        if tool is not None:
            tools_left.remove(tool)
        call = next((call for call in left if each.fits(call.tool, call.args)), None)
        arguments = arguments and call is not None
        if call is not None:
            left.remove(call)
    return tools, arguments


def is_same(expected: Any, actual: Any) -> bool:
    """Equal, with tolerance for numbers, without order of lists; `contains` asks for words in a text."""
    if isinstance(expected, Mapping) and expected.keys() == {"contains"}:
        return all(word.lower() in str(actual).lower() for word in expected["contains"])
    if isinstance(expected, Mapping):
        return (
            isinstance(actual, Mapping)
            and expected.keys() == actual.keys()
            and all(is_same(entry, actual[name]) for name, entry in expected.items())
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
        match = next((at for at, other in enumerate(left) if is_same(item, other)), None)
        if match is None:
            return False
        del left[match]
    return True
