"""The flows of runs that only call one tool: an item of a `map` node, a shard of a call, a call by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue

from fluxagents.flows.language.definition import Budget, Flow, InputSpec
from fluxagents.flows.language.inputs import type_of
from fluxagents.flows.language.nodes import EndNode, MapNode, ToolNode

_ITEM, _SHARD, _CALL = "each_", "part_of_", "call_of_"


def find_tool(flow: str) -> str | None:
    """The tool that a flow of this name only calls; None if it is another flow."""
    prefix = next((each for each in (_ITEM, _SHARD, _CALL) if flow.startswith(each)), None)
    return flow.removeprefix(prefix) if prefix else None


def build_item_flow(node: MapNode, names: Iterable[str]) -> Flow:
    """The flow of one item of a node that maps a tool: calls it with the run's inputs as they are.

    Args:
        node: The node.
        names: The arguments that are given.
    """
    assert node.tool is not None
    purpose = f"One item of a map of {node.tool}."
    more = {"facts": node.facts, "retry": node.retry}
    return _build(f"{_ITEM}{node.tool}", purpose, _call(node.tool, names, **more), steps=50)


def build_shard_flow(tool: str, names: Iterable[str]) -> Flow:
    """The flow of one shard: calls the tool with the run's inputs as they are.

    Args:
        tool: The tool.
        names: The arguments that are given.
    """
    return _build(f"{_SHARD}{tool}", f"One part of a call of {tool}.", _call(tool, names), steps=20)


def build_call_flow(tool: str, args: Mapping[str, JsonValue]) -> Flow:
    """The flow that calls a tool once by itself, with its inputs as arguments.

    Args:
        tool: The tool.
        args: The arguments that are given; they say the types of its inputs.
    """
    given = {name: InputSpec(type=type_of(value)) for name, value in args.items() if value is not None}
    flow = _build(f"{_CALL}{tool}", f"One call of {tool}.", _call(tool, given), steps=20)
    return flow.model_copy(update={"inputs": given})


def _call(tool: str, names: Iterable[str], **more: Any) -> ToolNode:
    args = {name: f"={name}" for name in sorted(names)}
    return ToolNode(kind="tool", tool=tool, args=args, next="done", **more)


def _build(name: str, purpose: str, work: ToolNode, *, steps: int) -> Flow:
    return Flow(
        flow=name,
        version=1,
        purpose=purpose,
        budget=Budget(steps=steps),
        start="work",
        nodes={"work": work, "done": EndNode(kind="end", message="computed")},
    )
