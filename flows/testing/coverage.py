"""Which nodes and edges of a flow a set of rehearsals walked, and the shortest way to the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from fluxagents.flows.language.definition import Flow
from fluxagents.flows.testing.moves import Edge, edges_of
from fluxagents.flows.testing.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True)
class Missing:
    """A node or an edge that nothing walked."""

    what: str
    """The node, or the edge in words."""
    way: tuple[Edge, ...]
    """The shortest way to it, from the start."""

    def __str__(self) -> str:
        return f"{self.what}: {way_in_words(self.way)}" if self.way else f"{self.what}: where the flow starts"


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
        """The share of nodes and edges that were walked; rounded down, so that 100 means all."""
        of = self.nodes + self.edges
        missing = len(self.missing_nodes) + len(self.missing_edges)
        return int(1_000 * (of - missing) / of) / 10


def coverage(flow: Flow, rehearsals: Iterable[Rehearsal]) -> Coverage:
    """What rehearsals of this flow walked."""
    nodes: set[str] = set()
    edges: set[Edge] = set()
    for one in rehearsals:
        nodes |= set(one.path)
        edges |= {move.edge for move in one.moves}
    ways = ways_from_start(flow)
    every = edges_of(flow)
    return Coverage(
        flow.flow,
        len(flow.nodes),
        len(every),
        tuple(Missing(name, ways.get(name, ())) for name in flow.nodes if name not in nodes),
        tuple(Missing(str(edge), (*ways.get(edge.node, ()), edge)) for edge in every if edge not in edges),
    )


def ways_from_start(flow: Flow) -> dict[str, tuple[Edge, ...]]:
    """Node -> the fewest edges that lead to it; what cannot be reached is not in it."""
    leaving: dict[str, list[Edge]] = {}
    for edge in edges_of(flow):
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


def way_in_words(way: Iterable[Edge]) -> str:
    """Edges one behind the other."""
    text = ""
    for edge in way:
        arrow = f" —{edge.why}→ " if edge.why else " → "
        text = f"{text or edge.node}{arrow}{edge.to}"
    return text
