"""What experts say to a consultation, and what it comes to."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.reduction.state_updates import Changes, impossible
from fluxagents.flows.reduction.tool_events import add_finding
from fluxagents.flows.reduction.waiting_events import close_request, open_request
from fluxagents.flows.state import CONSULTATION, Finding, RunState


def on_opinion(state: RunState, event: e.OpinionGiven) -> Changes:
    request = open_request(state, event)
    refusal = request.refuse_opinion(event.opinion)
    if refusal:
        raise impossible(event, f"request {request.id!r} {refusal}")
    return {"waiting_for": request.model_copy(update={"opinions": (*request.opinions, event.opinion)})}


def on_consultation(state: RunState, event: e.ConsultationClosed) -> Changes:
    request = open_request(state, event)
    if not request.has_enough:
        raise impossible(event, f"request {request.id!r} waits for {request.missing}")
    finding = Finding(
        id=f"f{state.tool_calls + 1}",
        tool=CONSULTATION,
        args={"question": request.question},
        # As where somebody gave a result in a tool's place: whoever reads it reads that no tool computed it.
        key_findings={"stated_by": event.by, "source": event.summary, **event.key_findings},
        model=state.model,
        stated_by=event.by,
        source=event.summary,
    )
    return {
        **add_finding(state, finding, event.facts),
        **close_request(state, event),
        "pending": None,
        "outcome": "told",
    }
