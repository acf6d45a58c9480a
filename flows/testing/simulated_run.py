"""A simulated run: its events, and what they say of its way through the flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.node_base import ActivityNode, WaitingNode
from fluxagents.flows.language.nodes import ApproveNode, Node
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState, Status

PASSED_BY = "passed by"
"""Why a run leaves a node whose `when` did not hold."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A connection from one node to another."""

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
    """The values that its condition read."""
    error: ErrorInfo | None = None
    """What led away from the node."""

    @property
    def to(self) -> str:
        return self.edge.to


@dataclass(frozen=True)
class Call:
    """A call of a tool, and at which node."""

    node: str
    tool: str
    args: Mapping[str, JsonValue]


@dataclass(frozen=True)
class SimulatedRun:
    """A run of which a test may ask anything."""

    flow: Flow
    state: RunState
    """The last one."""
    events: tuple[e.Event, ...] = field(repr=False)
    """All, as a real run would have logged them."""
    children: Mapping[str, SimulatedRun] = field(default_factory=dict, repr=False)
    """Run id -> a run of a `map` or `subflow` node that was simulated too."""
    ended: Mapping[str, RunState] = field(default_factory=dict, repr=False)
    """Run id -> the end of a run that its nodes began, simulated or stated."""
    unused: tuple[str, ...] = ()
    """Answers that nothing asked for, a sentence each."""

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """The edges that it took, in order."""
        return list_moves(self.flow, self.events)

    @property
    def path(self) -> tuple[str, ...]:
        """The nodes that it came to, in order."""
        first = self.events[0]
        assert isinstance(first, e.RunStarted)
        return (first.start_node, *(move.to for move in self.moves))

    @property
    def status(self) -> Status:
        return self.state.status

    @property
    def facts(self) -> Mapping[str, JsonValue]:
        return self.state.facts

    @property
    def answer(self) -> str | None:
        return self.state.answer

    @property
    def error(self) -> ErrorInfo | None:
        return self.state.error

    @property
    def questions(self) -> tuple[HumanRequest, ...]:
        """All requests to humans, approvals and escalations included."""
        kinds = (e.QuestionAsked, e.ApprovalRequested)
        return tuple(event.request for event in self.events if isinstance(event, kinds))

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls of tools that happened, whether they worked or not."""
        return tuple(
            Call(event.node, event.call.tool, event.call.args)
            for event in self.events
            if isinstance(event, e.ToolSucceeded | e.ToolFailed)
        )

    @property
    def runs(self) -> tuple[tuple[e.RunsBegun, e.RunBegun], ...]:
        """The runs that its nodes began, each with the event that says so."""
        events = (event for event in self.events if isinstance(event, e.RunsBegun))
        return tuple((event, run) for event in events for run in event.runs)

    @property
    def retries(self) -> dict[str, int]:
        """Node -> how often something was tried again there."""
        return dict(Counter(event.node for event in self.events if isinstance(event, e.RetryScheduled)))

    @property
    def seconds(self) -> float:
        """From its start to its last event, by the scenario's clock."""
        return (self.state.updated_ms - self.state.started_ms) / 1_000


def list_edges(flow: Flow) -> tuple[Edge, ...]:
    """List every edge of a flow; a node with a `when` has one more for where it does not hold."""
    edges: dict[Edge, None] = {}
    for name, node in flow.nodes.items():
        edges |= {Edge(name, why, to): None for why, to in node.edges}
        if isinstance(node, ActivityNode) and node.when is not None:
            edges[Edge(name, PASSED_BY, node.next)] = None
    return tuple(edges)


def list_moves(flow: Flow, events: Iterable[e.Event]) -> tuple[Move, ...]:
    """List the edges that a run of this flow took, in order."""
    moves: list[Move] = []
    state: RunState | None = None
    for event in events:
        if isinstance(event, e.BranchTaken):
            moves.append(Move(Edge(event.node, event.because, event.to), event.seen))
        elif isinstance(event, e.NodeSkipped):
            moves.append(Move(Edge(event.node, PASSED_BY, event.to), event.seen))
        elif isinstance(event, e.NodeEntered):
            assert state is not None
            why = _why_left(flow.nodes[state.node], state)
            error = state.errors[-1] if why == "error" and state.errors else None
            moves.append(Move(Edge(state.node, why, event.node), error=error))
        state = reduce(state, event)
    return tuple(moves)


def _why_left(node: Node, state: RunState) -> str:
    """The reason for which a run leaves a node."""
    outcome = state.outcome
    if isinstance(node, ApproveNode) and outcome in {"approved", "rejected"}:
        return outcome
    if outcome == "expired":
        if isinstance(node, WaitingNode) and node.on_timeout:
            return "too late"
        return "rejected" if isinstance(node, ApproveNode) else "error"
    return "error" if outcome in {"failed", "broken", "rejected"} else ""
