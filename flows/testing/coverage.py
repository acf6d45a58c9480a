"""Which nodes and edges of a flow simulated runs visit, and the shortest way to the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from fluxagents.flows.language.definition import Flow
from fluxagents.flows.testing.simulated_run import Edge, SimulatedRun, list_edges


@dataclass(frozen=True, slots=True)
class Missing:
    """A node or an edge that no run visits."""

    what: str
    """The node, or the edge in words."""
    way: tuple[Edge, ...]
    """The shortest way to it, from the start."""

    def __str__(self) -> str:
        return f"{self.what}: {format_way(self.way)}" if self.way else f"{self.what}: where the flow starts"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one flow."""

    flow: str
    nodes: int
    edges: int
    missing_nodes: tuple[Missing, ...]
    missing_edges: tuple[Missing, ...]

    @property
    def percent(self) -> float:
        """The share of nodes and edges that were visited; rounded down, so that 100 means all."""
        total = self.nodes + self.edges
        missing = len(self.missing_nodes) + len(self.missing_edges)
        return int(1_000 * (total - missing) / total) / 10


def measure_coverage(flow: Flow, runs: Iterable[SimulatedRun]) -> Coverage:
    """Measure what runs of this flow visit."""
    nodes: set[str] = set()
    edges: set[Edge] = set()
    for run in runs:
        nodes |= set(run.path)
        edges |= {move.edge for move in run.moves}
    ways = find_ways(flow)
    every = list_edges(flow)
    return Coverage(
        flow.flow,
        len(flow.nodes),
        len(every),
        tuple(Missing(name, ways.get(name, ())) for name in flow.nodes if name not in nodes),
        tuple(Missing(str(edge), (*ways.get(edge.node, ()), edge)) for edge in every if edge not in edges),
    )


def find_ways(flow: Flow) -> dict[str, tuple[Edge, ...]]:
    """Map each node that can be reached to the fewest edges that lead to it from the start."""
    leaving: dict[str, list[Edge]] = {}
    for edge in list_edges(flow):
        leaving.setdefault(edge.node, []).append(edge)
    ways: dict[str, tuple[Edge, ...]] = {flow.start: ()}
    todo = deque([flow.start])
    while todo:
        node = todo.popleft()
        for edge in leaving.get(node, ()):
            if edge.to not in ways:
                ways[edge.to] = (*ways[node], edge)
                todo.append(edge.to)
    return ways


def format_way(way: Iterable[Edge]) -> str:
    """Write edges one behind the other."""
    text = ""
    for edge in way:
        arrow = f" —{edge.why}→ " if edge.why else " → "
        text = f"{text or edge.node}{arrow}{edge.to}"
    return text
