"""What humans, events and the clock change of a run that waits."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, call_digest
from fluxagents.flows.reduction.state_updates import Changes, impossible, last
from fluxagents.flows.state import NOTES_KEPT, SIGNALS_KEPT, Note, RunState, Wait


def on_request(_: RunState, event: e.ApprovalRequested | e.QuestionAsked) -> Changes:
    return {"status": "waiting", "waiting_for": event.request, "notified": False}


def close_request(
    state: RunState, event: e.ApprovalGranted | e.ApprovalRejected | e.QuestionAnswered | e.RequestExpired
) -> Changes:
    if state.waiting_for is None or state.waiting_for.id != event.request_id:
        raise impossible(event, f"run {state.run_id} does not wait for request {event.request_id!r}")
    paused = state.status == "paused"
    return {
        "status": "paused" if paused else "running",
        "paused_from": "running" if paused else None,
        "waiting_for": None,
        "notified": False,
        "streak": None,
    }


def on_approval(state: RunState, event: e.ApprovalGranted) -> Changes:
    if event.call is None:
        return {**close_request(state, event), "outcome": "approved"}
    digest = call_digest(event.call.tool, event.call.args, state.model)
    return {**close_request(state, event), "pending": event.call, "approved": digest}


def on_rejection(state: RunState, event: e.ApprovalRejected) -> Changes:
    about = state.pending.tool if isinstance(state.pending, CallTool) else state.node
    note = Note(by=event.by, about=about, text=f"rejected: {event.reason}")
    return {
        **close_request(state, event),
        "pending": None,
        "approved": None,
        "outcome": "rejected",
        "notes": last((*state.notes, note), NOTES_KEPT),
    }


def on_answer(state: RunState, event: e.QuestionAnswered) -> Changes:
    about = state.waiting_for.question if state.waiting_for else state.node
    note = Note(by=event.by, about=about, text=event.answer)
    return {
        **close_request(state, event),
        "pending": None,
        "facts": {**state.facts, **event.facts},
        "notes": last((*state.notes, note), NOTES_KEPT),
        "outcome": "told",
    }


def on_assignment(state: RunState, event: e.RequestAssigned) -> Changes:
    """The request as it was, with its time; those who answer it now are told."""
    request = state.waiting_for
    if request is None or request.id != event.request_id:
        raise impossible(event, f"run {state.run_id} does not wait for request {event.request_id!r}")
    return {
        "waiting_for": request.model_copy(update={"assignees": event.assignees}),
        "notified": False,
    }


def on_request_expiry(state: RunState, event: e.RequestExpired) -> Changes:
    about = state.waiting_for.question if state.waiting_for else state.node
    note = Note(by="deadline", about=about, text="nobody answered in time")
    return {
        **close_request(state, event),
        "pending": None,
        "approved": None,
        "outcome": "expired",
        "failures_at_node": state.failures_at_node + 1,
        "notes": last((*state.notes, note), NOTES_KEPT),
    }


def on_wait_start(_: RunState, event: e.WaitStarted) -> Changes:
    return {"status": "waiting", "wait": Wait(until_ms=event.until_ms, event=event.event)}


def on_wait_end(state: RunState, event: e.WaitEnded) -> Changes:
    late = event.by == "timeout"
    awaited = state.wait.event if state.wait else ""
    return {
        "status": "running",
        "wait": None,
        "facts": {**state.facts, **event.facts},
        "signals": {name: data for name, data in state.signals.items() if name != awaited},
        "failures_at_node": state.failures_at_node + 1 if late else 0,
        "outcome": "expired" if late else "waited",
    }


def on_event(state: RunState, event: e.EventReceived) -> Changes:
    others = [(name, data) for name, data in state.signals.items() if name != event.name]
    return {"signals": dict([*others, (event.name, event.data)][-SIGNALS_KEPT:])}


def on_notification(_: RunState, __: e.HumanNotified) -> Changes:
    return {"notified": True}
