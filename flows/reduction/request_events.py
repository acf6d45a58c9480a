"""What is said about a request before it is decided."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.humans.thread import AGENT, MAX_REMARKS, Remark
from fluxagents.flows.reduction.decision_events import count_prompt
from fluxagents.flows.reduction.state_updates import Changes, impossible
from fluxagents.flows.reduction.waiting_events import open_request
from fluxagents.flows.state import RunState


def on_question_back(state: RunState, event: e.ExplanationAsked) -> Changes:
    request = open_request(state, event)
    if request.open_question:
        raise impossible(event, f"request {request.id!r} has a question that waits for its answer")
    if len(request.thread) >= MAX_REMARKS:
        raise impossible(event, f"request {request.id!r} has {MAX_REMARKS} remarks, and keeps no more")
    remark = Remark(kind="question", by=event.by, at_ms=event.at_ms, text=event.question)
    return {"waiting_for": request.model_copy(update={"thread": (*request.thread, remark)})}


def on_explanation(state: RunState, event: e.ExplanationGiven) -> Changes:
    request = open_request(state, event)
    remark = Remark(
        kind="answer", by=AGENT, at_ms=event.at_ms, text=event.answer, ungrounded=event.ungrounded
    )
    return {
        **count_prompt(state, event.prompt),
        "waiting_for": request.model_copy(update={"thread": (*request.thread, remark)}),
        "notified": False,
    }
