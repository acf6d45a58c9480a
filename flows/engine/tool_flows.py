"""The flows of runs that only call one tool: an item of a `map` node, or a shard of a call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fluxagents.flows.language.definition import Budget, Flow
from fluxagents.flows.language.nodes import EndNode, MapNode, ToolNode


def build_item_flow(node: MapNode, names: Iterable[str]) -> Flow:
    """The flow of one item of a node that maps a tool: calls it with the run's inputs as they are.

    Args:
        node: The node.
        names: The arguments that are given.
    """
    assert node.tool is not None
    purpose = f"One item of a map of {node.tool}."
    more = {"facts": node.facts, "retry": node.retry}
    return _build(f"each_{node.tool}", purpose, _call(node.tool, names, **more), steps=50)


def build_shard_flow(tool: str, names: Iterable[str]) -> Flow:
    """The flow of one shard: calls the tool with the run's inputs as they are.

    Args:
        tool: The tool.
        names: The arguments that are given.
    """
    return _build(f"part_of_{tool}", f"One part of a call of {tool}.", _call(tool, names), steps=20)


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
