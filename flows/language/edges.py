"""What can be reached along the edges of a flow."""

from __future__ import annotations

from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter

from fluxagents.flows.language.definition import Flow


def find_reachable(flow: Flow, start: str) -> set[str]:
    """The nodes that a run may come to from a node, itself included."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name in seen or name not in flow.nodes:
            continue
        seen.add(name)
        todo += [target for _, target in flow.nodes[name].edges]
    return seen


def find_cycle(flow: Flow, bounded: Collection[str]) -> tuple[str, ...]:
    """The nodes of one cycle that passes none of these nodes, in order; empty when there is none."""
    leads = {
        name: [to for _, to in node.edges if to in flow.nodes and to not in bounded]
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
