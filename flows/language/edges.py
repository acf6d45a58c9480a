"""Where the nodes of a flow lead to, and what can be reached."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter

from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import ApproveNode, AskNode, BranchNode, Node, Passing, WaitNode


def targets(node: Node) -> tuple[tuple[str, str], ...]:
    """The nodes that a node may lead to, each with the reason."""
    return tuple(_targets(node))


def _targets(node: Node) -> Iterator[tuple[str, str]]:
    if isinstance(node, BranchNode):
        yield from ((case.when, case.to) for case in node.cases)
        yield ("otherwise", node.otherwise)
    if isinstance(node, Passing):
        yield ("approved" if isinstance(node, ApproveNode) else "", node.next)
    if isinstance(node, ApproveNode):
        yield ("rejected", node.on_reject)
    if isinstance(node, ApproveNode | AskNode | WaitNode) and node.on_timeout:
        yield ("too late", node.on_timeout)
    if isinstance(node, BranchNode | Passing) and node.on_error:
        yield ("error", node.on_error)


def reachable(flow: Flow, start: str) -> set[str]:
    """The nodes that a run may come to from a node, itself included."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name in seen or name not in flow.nodes:
            continue
        seen.add(name)
        todo += [target for _, target in targets(flow.nodes[name])]
    return seen


def cycle_without(flow: Flow, bounded: Collection[str]) -> tuple[str, ...]:
    """The nodes of one cycle that passes none of these nodes, in order; empty when there is none."""
    leads = {
        name: [to for _, to in targets(node) if to in flow.nodes and to not in bounded]
        for name, node in flow.nodes.items()
        if name not in bounded
    }
    try:
        TopologicalSorter(leads).prepare()
    except CycleError as error:
        # The sorter takes what a node leads to for what must come before it.
        cycle: list[str] = error.args[1]
        return tuple(reversed(cycle[1:]))
    return ()
