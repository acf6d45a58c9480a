"""The step of a `decide` node."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fluxagents.flows.commands import Command, Decide, Finish
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.events import ContextCompacted, DecisionDeferred, DecisionMade, DecisionRefused, Event
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState
from fluxagents.tasks.chat.grounding import find_ungrounded
from fluxagents.tasks.ports.chat_limits import LimitReachedError
from fluxagents.tasks.ports.decisions import DecisionMaker, DecisionResult
from fluxagents.tasks.protocol import WrongTaskError


@dataclass(frozen=True, kw_only=True)
class DecidePorts:
    """What a decision needs."""

    clock: Clock
    decider: Callable[[], DecisionMaker]
    """Built at the first call: workers that only run tools need no chat model."""


def decide(
    ports: DecidePorts, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Put the question of a `decide` node to the chat model, after a summary of what does not fit."""
    del controller
    if not isinstance(command, Decide):
        raise WrongTaskError("step.decide", command)
    decider, seq = ports.decider(), state.seq
    events: list[Event] = []
    try:
        summary = decider.summarise(state, command)
        if summary is not None:
            summarised = summary.event(seq=seq, at_ms=ports.clock.now_ms(), node=state.node)
            events.append(summarised)
            state = reduce(state, summarised)
        result = decider.decide(state, command)
    except LimitReachedError as limit:
        deferred = DecisionDeferred(
            seq=seq,
            at_ms=ports.clock.now_ms(),
            node=state.node,
            chat_model=limit.chat_model,
            not_before_ms=limit.not_before_ms,
        )
        return [*events, deferred]
    return [*events, *_events(state, result, seq=seq, at_ms=ports.clock.now_ms())]


def _events(state: RunState, result: DecisionResult, *, seq: int, at_ms: int) -> Iterator[Event]:
    node, prompt = state.node, result.prompt
    if result.decision is not None:
        decision = result.decision
        ungrounded = find_ungrounded(decision.answer, state) if isinstance(decision, Finish) else ()
        yield DecisionMade(
            seq=seq,
            at_ms=at_ms,
            node=node,
            decision=decision,
            prompt=prompt,
            untraced=ungrounded,
            asked=result.asked,
            answers=result.answers,
        )
    else:
        assert result.error is not None
        yield DecisionRefused(seq=seq, at_ms=at_ms, node=node, error=result.error, prompt=prompt)
    request = result.request
    if request and request.compacted:
        yield ContextCompacted(
            seq=seq,
            at_ms=at_ms,
            node=node,
            compacted=request.compacted,
            tokens=request.tokens,
            max_tokens=prompt.max_tokens,
        )
