"""How a run went from node to node: each edge that it took, why, and what it saw there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.node_base import ActivityNode, WaitingNode
from fluxagents.flows.language.nodes import ApproveNode, Node
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState

PASSED_BY = "passed by"
"""Why a run leaves a node whose `when` did not hold."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one node to another."""

    node: str
    why: str
    to: str

    def __str__(self) -> str:
        return f"{self.node} —{self.why}→ {self.to}" if self.why else f"{self.node} → {self.to}"


@dataclass(frozen=True, slots=True)
class Move:
    """An edge that was taken."""

    edge: Edge
    seen: Mapping[str, JsonValue] = field(default_factory=dict)
    """The values that its condition looked at."""
    error: ErrorInfo | None = None
    """What led away from the node."""

    @property
    def to(self) -> str:
        return self.edge.to


def edges_of(flow: Flow) -> tuple[Edge, ...]:
    """Every edge of a flow; a node with a `when` has one more for where it does not hold."""
    found: dict[Edge, None] = {}
    for name, node in flow.nodes.items():
        found |= {Edge(name, why, to): None for why, to in node.edges}
        if isinstance(node, ActivityNode) and node.when is not None:
            found[Edge(name, PASSED_BY, node.next)] = None
    return tuple(found)


def moves_of(flow: Flow, events: Iterable[e.Event]) -> tuple[Move, ...]:
    """The edges that a run of this flow went along, in order."""
    moves: list[Move] = []
    state: RunState | None = None
    for event in events:
        if isinstance(event, e.BranchTaken):
            moves.append(Move(Edge(event.node, event.because, event.to), event.seen))
        elif isinstance(event, e.NodeSkipped):
            moves.append(Move(Edge(event.node, PASSED_BY, event.to), event.seen))
        elif isinstance(event, e.NodeEntered):
            assert state is not None
            moves.append(_left(flow.nodes[state.node], state, event.node))
        state = reduce(state, event)
    return tuple(moves)


def _left(node: Node, state: RunState, to: str) -> Move:
    why = _why(node, state)
    error = state.errors[-1] if why == "error" and state.errors else None
    return Move(Edge(state.node, why, to), error=error)


def _why(node: Node, state: RunState) -> str:
    """By which of its reasons a node was left."""
    outcome = state.outcome
    if isinstance(node, ApproveNode) and outcome in {"approved", "rejected"}:
        return outcome
    if outcome == "expired":
        if isinstance(node, WaitingNode) and node.on_timeout:
            return "too late"
        return "rejected" if isinstance(node, ApproveNode) else "error"
    return "error" if outcome in {"failed", "broken", "rejected"} else ""
