"""Tools that split their work: in parts or at once, the result is the same to tolerance."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows.events import Shard
from fluxagents.tasks.registry import TOOLS
from fluxagents.tasks.tool import Split, Tool

OF = 3

SPLIT = [tool for tool in TOOLS.values() if tool.split]
each_split_tool = pytest.mark.parametrize("tool", SPLIT, ids=lambda tool: tool.name)


def split_of(tool: Tool) -> Split:
    assert tool.split is not None
    return tool.split


def in_parts(tool: Tool, model: Any, args: Any) -> Any:
    split = split_of(tool)
    results = [split.run(model, args, Shard(index=index, of=OF)) for index in range(OF)]
    # As they arrive from other workers.
    return split.merge(args, [tool.result.model_validate_json(one.model_dump_json()) for one in results])


EFFORT = {"strains_solved"}
"""How much was computed: parts may do again what others have done."""


def close(found: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(close(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(close, found, expected))
    if isinstance(expected, float):
        return bool(found == pytest.approx(expected, rel=1e-6, abs=1e-6))
    return bool(found == expected)


@each_split_tool
def test_parts_and_the_whole_find_the_same(tool: Tool, model: Any) -> None:
    args = tool.parse(tool.example)
    whole = tool.run(model, args).model_dump(mode="json")
    parts = in_parts(tool, model, args).model_dump(mode="json")
    assert close(*({**each, **dict.fromkeys(EFFORT & each.keys())} for each in (parts, whole)))


@each_split_tool
def test_parts_of_an_infeasible_model_are_infeasible(tool: Tool, model: Any) -> None:
    args = tool.parse(tool.example)
    with model:
        model.reactions.ATPM.bounds = (900, 1000)
        found = in_parts(tool, model, args)
        assert found.status == "infeasible"
        assert found == tool.run(model, args)


@each_split_tool
def test_a_small_model_is_not_split(tool: Tool, model: Any) -> None:
    assert split_of(tool).count(model, tool.parse(tool.example)) == 1
