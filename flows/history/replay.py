"""A recorded run walked again: whether its events are those that the flow would write today. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command, ComputeEffect, Decide, Explain, JoinShards
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import FluxError
from fluxagents.flows.history.state_diff import Change, diff_states
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState, state_digest

WALKED: frozenset[type[BaseModel]] = frozenset(
    {
        e.NodeEntered,
        e.NodeSkipped,
        e.BranchTaken,
        e.BudgetSpent,
        e.RetryScheduled,
        e.ApprovalRequested,
        e.QuestionAsked,
        e.WaitStarted,
        e.RunFinished,
    }
)
"""What only a controller writes. All else comes from an effect or from a human, and is taken as it is."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first event that would not be written again."""

    at: int
    """Its place in the log, from 0."""
    step: int
    why: str
    recorded: e.Event | None
    """None where the log lacks an event."""
    expected: e.Event | None
    """None where the controller would write none."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of folding and walking a run again."""

    events: int
    walked: int
    """Events that the controller would write again as they are."""
    stored_digest: str
    folded_digest: str
    """Empty if the history cannot be folded."""
    state_changes: tuple[Change, ...]
    """From the stored state to the folded one."""
    not_compared: tuple[str, ...]
    """What the state did not have yet when an earlier version stored it."""
    divergence: Divergence | None

    @property
    def same(self) -> bool:
        return self.stored_digest == self.folded_digest and self.divergence is None


def replay_run(
    events: Sequence[e.Event], stored: RunState, controllers: Callable[[str], FlowController]
) -> Replay:
    """Fold a history, compare the state with the stored one, and walk the flow along the history.

    Args:
        events: The whole log.
        stored: The state that was read from the store.
        controllers: By the digest of a flow: a run may go on with another version.

    Raises:
        FluxError: As `controllers`.
    """
    walk = _Walk(controllers)
    for event in events:
        if walk.divergence is None:
            walk.follow(event)
    if walk.divergence is None:
        walk.end()
    folded, broken = _fold(events)
    known = frozenset(stored.model_fields_set)
    changes = diff_states(stored, folded) if folded else ()
    return Replay(
        events=len(events),
        walked=walk.walked,
        stored_digest=_digest(stored, known),
        folded_digest=_digest(folded, known) if folded else "",
        state_changes=tuple(change for change in changes if re.split(r"[.\[]", change.path)[0] in known),
        not_compared=tuple(sorted(RunState.model_fields.keys() - known)),
        divergence=walk.divergence or broken,
    )


def _digest(state: RunState, known: frozenset[str]) -> str:
    return state_digest(state.model_dump_json(include=set(known)))


def _fold(events: Sequence[e.Event]) -> tuple[RunState | None, Divergence | None]:
    state: RunState | None = None
    for at, event in enumerate(events):
        try:
            state = reduce(state, event)
        except FluxError as error:
            return None, Divergence(at, event.seq, error.message, event, None)
    return state, None


@dataclass(slots=True)
class _Walk:
    """Follows a history with the controller, up to the first event that it would not write."""

    controllers: Callable[[str], FlowController]
    walked: int = 0
    divergence: Divergence | None = None
    _at: int = 0
    _step: int = -1
    _state: RunState | None = None
    _began: RunState | None = None
    """The state before the present step."""
    _only_effects: bool = False
    """Whether all events of the present step so far come from an effect or from a human."""
    _last: e.Event | None = None

    def follow(self, event: e.Event) -> None:
        if event.seq != self._step:
            self.end()
            self._step, self._began, self._only_effects = event.seq, self._state, True
        if self.divergence is None and self._state is not None:
            self._judge(event, self._state)
        if self.divergence is None:
            self._advance(event)

    def end(self) -> None:
        """The step is over: there must be nothing left to walk through."""
        if self._state is None or self._last is None:
            return
        missing = self._next(self._state, self._last)
        if missing is not None:
            why = f"the log lacks an event of type {missing.type!r} after it"
            self.divergence = Divergence(self._at - 1, self._step, why, None, missing)

    def _advance(self, event: e.Event) -> None:
        try:
            self._state = reduce(self._state, event)
        except FluxError as error:
            self.divergence = Divergence(self._at, event.seq, error.message, event, None)
            return
        self._began = self._began or self._state
        self._last = event
        self._at += 1

    def _judge(self, event: e.Event, state: RunState) -> None:
        if self._last is None or self._last.seq != event.seq:
            # A step begins with what an effect or a human did: the step before was walked to its end.
            if type(event) in WALKED:
                why = _why(event, None)
            else:
                why = _explain_misfit(self.controllers(state.flow.digest).command(state), event)
            if why:
                self.divergence = Divergence(self._at, event.seq, why, event, None)
            return
        expected = self._next(state, event)
        if event == expected:
            self.walked += 1
            self._only_effects = False
            return
        written = type(event) in WALKED or type(event) is type(expected)
        if written or not (self._only_effects or isinstance(event, e.RunPaused)):
            self.divergence = Divergence(self._at, event.seq, _why(event, expected), event, expected)

    def _next(self, state: RunState, event: e.Event) -> e.Event | None:
        """The event that the controller writes in this state, in the step of `event` and at its time."""
        controller = self.controllers(state.flow.digest)
        try:
            _, walked, _ = controller.advance(state, seq=event.seq, at_ms=event.at_ms)
        except FluxError as error:
            node = (self._began or state).node
            return e.RunFailed(seq=event.seq, at_ms=event.at_ms, node=node, error=error.info(node))
        return walked[0] if walked else None


def _why(recorded: e.Event, expected: e.Event | None) -> str:
    if expected is None:
        return "the controller writes no event here: it waits for an effect or has ended"
    if type(recorded) is not type(expected):
        return f"the controller writes an event of type {expected.type!r} here"
    names = (name for name in type(recorded).model_fields)
    names_changed = [name for name in names if getattr(recorded, name) != getattr(expected, name)]
    return f"the controller writes another {', '.join(repr(name) for name in names_changed)}"


def _explain_misfit(command: Command | None, event: e.Event) -> str:
    """Why an effect is none of what the controller asked for; empty if it may be."""
    if isinstance(event, e.ToolSucceeded | e.ToolFailed | e.ToolSplit):
        if not isinstance(command, CallTool | JoinShards):
            return f"the controller asks for no tool here, but {_describe(command)}"
        call = command.call if isinstance(command, JoinShards) else command
        return "" if call == event.call else f"the controller asks for {call.tool} with {call.args}"
    for kinds, cause, what in _CAUSES:
        if isinstance(event, kinds) and not isinstance(command, cause):
            return f"the controller asks for no {what} here, but {_describe(command)}"
    if isinstance(event, e.EffectComputed) and isinstance(command, ComputeEffect):
        return "" if command.call == event.call else f"the controller asks for that of {command.call.tool}"
    return ""


_CAUSES: tuple[tuple[tuple[type[BaseModel], ...], type[BaseModel], str], ...] = (
    ((e.DecisionMade, e.DecisionRefused), Decide, "decision"),
    ((e.EffectComputed,), ComputeEffect, "effect"),
    ((e.ExplanationGiven,), Explain, "explanation"),
)
"""Events, the command that they come of, and what it gives."""


def _describe(command: Command | None) -> str:
    return "nothing" if command is None else f"for {command.kind!r}"
