"""The step that answers somebody who asks back about a request."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.commands import Command, Explain
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.events import DecisionDeferred, Event, ExplanationGiven
from fluxagents.flows.state import RunState
from fluxagents.tasks.acts.decide import DecidePorts
from fluxagents.tasks.ports.chat_limits import LimitReachedError
from fluxagents.tasks.protocol import WrongTaskError


def explain_request(
    ports: DecidePorts, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Put a human's question to the chat model; where it has no answer, the thread says why."""
    del controller
    request = state.waiting_for
    if not isinstance(command, Explain) or request is None:
        raise WrongTaskError("human.explain", command)
    try:
        result = ports.decider().explain(state, request)
    except LimitReachedError as limit:
        return [
            DecisionDeferred(
                seq=state.seq,
                at_ms=ports.clock.now_ms(),
                node=state.node,
                chat_model=limit.chat_model,
                not_before_ms=limit.not_before_ms,
            )
        ]
    return [
        ExplanationGiven(
            seq=state.seq,
            at_ms=ports.clock.now_ms(),
            request_id=request.id,
            answer=result.text,
            ungrounded=result.ungrounded,
            prompt=result.prompt,
        )
    ]
