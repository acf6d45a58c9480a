"""A run that was only played: what it did, as its events say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.state import RunState, Status
from fluxagents.flows.testing.moves import Move, moves_of


@dataclass(frozen=True)
class Call:
    """A call of a tool, and at which node."""

    node: str
    tool: str
    args: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Rehearsal:
    """Everything that may be said about a run."""

    flow: Flow
    state: RunState
    """The last one."""
    events: tuple[e.Event, ...] = field(repr=False)
    """All, as a real run would have logged them."""
    children: Mapping[str, Rehearsal] = field(default_factory=dict, repr=False)
    """Run id -> a run of a `map` or `subflow` node that was played too."""
    ended: Mapping[str, RunState] = field(default_factory=dict, repr=False)
    """Run id -> how a run that its nodes began ends, played or stated."""
    unused: tuple[str, ...] = ()
    """Answers that nothing asked for, a sentence each."""

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """The edges that it went along, in order."""
        return moves_of(self.flow, self.events)

    @property
    def path(self) -> tuple[str, ...]:
        """The nodes that it came to, in order."""
        return (self._started.start_node, *(move.to for move in self.moves))

    @property
    def _started(self) -> e.RunStarted:
        first = self.events[0]
        assert isinstance(first, e.RunStarted)
        return first

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
    def questions(self) -> tuple[e.HumanRequest, ...]:
        """What humans were asked, approvals and escalations included."""
        asked = (e.QuestionAsked, e.ApprovalRequested)
        return tuple(event.request for event in self.events if isinstance(event, asked))

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls of tools that happened, whether they worked or not."""
        return tuple(_call(event.node, event.call) for event in self._of(e.ToolSucceeded, e.ToolFailed))

    @property
    def runs(self) -> tuple[tuple[e.RunsBegun, e.RunBegun], ...]:
        """The runs that its nodes began, each with the event that says so."""
        begun = (event for event in self.events if isinstance(event, e.RunsBegun))
        return tuple((event, run) for event in begun for run in event.runs)

    @property
    def retries(self) -> dict[str, int]:
        """Node -> how often something was tried again there."""
        found: dict[str, int] = {}
        for event in self.events:
            if isinstance(event, e.RetryScheduled):
                found[event.node] = found.get(event.node, 0) + 1
        return found

    @property
    def seconds(self) -> float:
        """From its start to its last event, by the scenario's clock."""
        return (self.state.updated_ms - self.state.started_ms) / 1_000

    def _of(self, *kinds: type[e.ToolSucceeded | e.ToolFailed]) -> Iterator[e.ToolSucceeded | e.ToolFailed]:
        return (event for event in self.events if isinstance(event, kinds))


def _call(node: str, call: CallTool) -> Call:
    return Call(node, call.tool, call.args)
