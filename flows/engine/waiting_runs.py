"""What is due for runs that wait or are paused."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.commands import ComputeEffect, Expire, Explain, NotifyHuman
from fluxagents.flows.engine.answers import answer_request, climb
from fluxagents.flows.engine.budget import check_budget, ends_ms
from fluxagents.flows.engine.kinds.wait import end_by_event
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.requests.consultations import end_request
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.nodes import WaitNode

NEVER_MS = 253_402_300_799_000
"""The end of the year 9999: when a run goes on that waits for as long as it takes."""


def on_waiting(
    context: NodeContext,
) -> ComputeEffect | Explain | NotifyHuman | Expire | e.Event | None:
    """What is due for a run that waits or is paused; None for one that has ended or is dead."""
    state = context.state
    if state.status not in {"waiting", "paused"}:
        return None
    request = state.waiting_for
    event = answer_request(context, request) if request else _end_wait(context)
    if event is not None:
        return event
    due = _reach_people(context, request) if request and state.status == "waiting" else None
    return due or Expire(at_ms=_next_ms(context))


def _end_wait(context: NodeContext) -> e.Event | None:
    """The end of a wait whose event has come."""
    state, node = context.state, context.node
    if state.status != "waiting" or not isinstance(node, WaitNode):
        return None
    assert state.wait is not None
    has_come = state.wait.event and state.wait.event in state.signals
    return end_by_event(context, node) if has_come else None


def _next_ms(context: NodeContext) -> int:
    """When something happens by itself to a run that waits or is paused."""
    state, request = context.state, context.state.waiting_for
    last = NEVER_MS if request and request.no_limit else ends_ms(context.flow, state)
    if state.status == "paused":
        return last
    if request:
        return min(request.deadline_ms or last, request.next_ms or last, last)
    assert state.wait is not None
    return min(state.wait.until_ms or last, last)


def _reach_people(
    context: NodeContext, request: HumanRequest
) -> ComputeEffect | Explain | NotifyHuman | None:
    """What people need before they can answer: the effect of an edited call, an explanation, a message."""
    if request.call and request.effect is None and context.shows_effect(request.call):
        return ComputeEffect(call=request.call)
    if request.open_question:
        return Explain(request_id=request.id)
    return None if context.state.notified else NotifyHuman(request_id=request.id)


def on_expiry(context: NodeContext) -> e.Event:
    """What becomes of a run that waits or is paused when its time is over."""
    state = context.state
    error = check_budget(context.flow, state, context.at_ms)
    if error is not None:
        return context.end(error)
    if state.wait is not None:
        by = "timeout" if state.wait.event else "time"
        return e.WaitEnded(seq=context.seq, at_ms=context.at_ms, node=state.node, by=by)
    request = state.waiting_for
    assert request is not None
    if 0 < request.next_ms <= context.at_ms and not 0 < request.deadline_ms <= request.next_ms:
        return climb(context, request, request.level + 1)
    return end_request(context, request)
