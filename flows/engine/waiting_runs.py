"""What is due for runs that wait or are paused."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.commands import Expire, NotifyHuman
from fluxagents.flows.engine.budget import check_budget, ends_ms
from fluxagents.flows.engine.kinds.wait import end_by_event
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.language.nodes import WaitNode


def on_waiting(context: NodeContext) -> NotifyHuman | Expire | e.Event | None:
    """What is due for a run that waits or is paused; None for one that has ended or is dead."""
    state = context.state
    if state.status not in {"waiting", "paused"}:
        return None
    last = ends_ms(context.flow, state)
    if state.status == "paused":
        return Expire(at_ms=last)
    if state.waiting_for:
        if not state.notified:
            return NotifyHuman(request_id=state.waiting_for.id)
        return Expire(at_ms=min(state.waiting_for.deadline_ms or last, last))
    assert state.wait is not None
    node = context.node
    if state.wait.event and state.wait.event in state.signals and isinstance(node, WaitNode):
        return end_by_event(context, node)
    return Expire(at_ms=min(state.wait.until_ms or last, last))


def on_expiry(context: NodeContext) -> e.Event:
    """What becomes of a run that waits or is paused when its time is over."""
    state = context.state
    error = check_budget(context.flow, state, context.at_ms)
    if error is not None:
        return context.end(error)
    if state.wait is not None:
        by = "timeout" if state.wait.event else "time"
        return e.WaitEnded(seq=context.seq, at_ms=context.at_ms, node=state.node, by=by)
    assert state.waiting_for is not None
    return e.RequestExpired(seq=context.seq, at_ms=context.at_ms, request_id=state.waiting_for.id)
