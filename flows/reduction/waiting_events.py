"""What humans, events and the clock change of a run that waits."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, call_digest
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import DEADLINE, HumanRequest
from fluxagents.flows.humans.policies import AnyOf
from fluxagents.flows.reduction.state_updates import Changes, add_failure, impossible, last
from fluxagents.flows.state import NOTES_KEPT, SIGNALS_KEPT, Note, RunState, Wait

UNANSWERED = "nobody answered in time"

EDITED = "edited since"
"""In place of the digest of a vote that was cast before an edit; its event keeps the digest itself."""


def on_request(state: RunState, event: e.ApprovalRequested | e.QuestionAsked) -> Changes:
    raised_by = (event.request.raised_by,) if event.request.raised_by else ()
    return {
        "status": "waiting",
        "waiting_for": event.request,
        "notified": False,
        "effect": None,
        "escalated": (*state.escalated, *raised_by),
    }


RequestEvent = (
    e.VoteCast
    | e.VoteDelegated
    | e.RequestEdited
    | e.ExplanationAsked
    | e.ExplanationGiven
    | e.CallTakenOver
    | e.LadderStepReached
    | e.HumanNotified
    | e.ApprovalGranted
    | e.ApprovalRejected
    | e.QuestionAnswered
    | e.OpinionGiven
    | e.ConsultationClosed
    | e.RequestExpired
)


def open_request(state: RunState, event: RequestEvent) -> HumanRequest:
    """The request that an event is about."""
    request = state.waiting_for
    if request is None or request.id != event.request_id:
        raise impossible(event, f"run {state.run_id} does not wait for request {event.request_id!r}")
    return request


def close_request(
    state: RunState,
    event: e.ApprovalGranted
    | e.ApprovalRejected
    | e.CallTakenOver
    | e.ConsultationClosed
    | e.QuestionAnswered
    | e.RequestExpired,
) -> Changes:
    request = open_request(state, event)
    paused = state.status == "paused"
    uncounted_ms = event.at_ms - request.asked_ms if request.no_limit else 0
    return {
        "status": "paused" if paused else "running",
        "paused_from": "running" if paused else None,
        "waiting_for": None,
        "notified": False,
        "streak": None,
        "rested_ms": state.rested_ms + uncounted_ms,
    }


def on_vote(state: RunState, event: e.VoteCast) -> Changes:
    request, vote = open_request(state, event), event.vote
    refusal = request.refuse_vote(vote)
    if refusal:
        raise impossible(event, f"request {request.id!r} {refusal}")
    if vote.choice in {"approve", "reject"} and request.kind != "approval":
        raise impossible(event, f"request {request.id!r} is a {request.kind}, which is answered")
    if vote.standing and request.always_ask:
        raise impossible(event, f"request {request.id!r} takes no standing approval")
    return {"waiting_for": request.model_copy(update={"votes": (*request.votes, vote)})}


def on_delegation(state: RunState, event: e.VoteDelegated) -> Changes:
    request, delegation = open_request(state, event), event.delegation
    if {delegation.by, delegation.to} & set(request.barred):
        raise impossible(
            event, f"request {request.id!r} gives no vote to {delegation.by!r} or {delegation.to!r}"
        )
    others = tuple(each for each in request.delegations if each.by != delegation.by)
    # Whoever stands in is told; those who were told already are not told again.
    return {
        "waiting_for": request.model_copy(update={"delegations": (*others, delegation)}),
        "notified": False,
    }


def on_request_edit(state: RunState, event: e.RequestEdited) -> Changes:
    request = open_request(state, event)
    if request.call is None or request.call.tool != event.call.tool:
        raise impossible(event, f"request {request.id!r} asks for no call of {event.call.tool!r}")
    barred = dict.fromkeys((*request.barred, event.by)) if request.policy.four_eyes else {}
    changes = {
        "question": event.question,
        "call": event.call,
        "digest": event.digest,
        "edited": True,
        # They stay out when a later edit goes back to what they were cast on.
        "votes": tuple(vote.model_copy(update={"digest": EDITED}) for vote in request.votes),
        "effect": None,
        "barred": tuple(barred),
        # Nobody votes in the place of somebody who has no vote.
        "delegations": tuple(
            each for each in request.delegations if barred.keys().isdisjoint((each.by, each.to))
        ),
    }
    return {"waiting_for": request.model_copy(update=changes), "notified": False}


def on_ladder_step(state: RunState, event: e.LadderStepReached) -> Changes:
    request = open_request(state, event)
    if not request.level < event.level <= len(request.ladder):
        raise impossible(event, f"request {request.id!r} is at step {request.level} of {len(request.ladder)}")
    changes = {"level": event.level, "next_ms": 0}
    return {"waiting_for": request.model_copy(update=changes), "notified": False}


def on_approval(state: RunState, event: e.ApprovalGranted) -> Changes:
    request = open_request(state, event)
    refusal = request.refuse_grant(event.by, event.call)
    if refusal:
        raise impossible(event, f"request {request.id!r} {refusal}")
    if event.call is None:
        return {**close_request(state, event), "outcome": "approved"}
    digest = call_digest(event.call.tool, event.call.args, state.model)
    return {**close_request(state, event), "pending": event.call, "approved": digest}


def on_rejection(state: RunState, event: e.ApprovalRejected) -> Changes:
    return {**close_request(state, event), **_refuse_call(state, event.by, event.reason)}


def _refuse_call(state: RunState, by: str, reason: str) -> Changes:
    about = state.pending.tool if isinstance(state.pending, CallTool) else state.node
    note = Note(by=by, about=about, text=f"rejected: {reason}")
    return {
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
    policy = request.policy.model_copy(update={"rule": AnyOf(any_of=event.assignees)})
    return {
        "waiting_for": request.model_copy(update={"assignees": event.assignees, "policy": policy}),
        "notified": False,
    }


def on_request_expiry(state: RunState, event: e.RequestExpired) -> Changes:
    if event.then == "deny":
        return {**close_request(state, event), **_refuse_call(state, DEADLINE, UNANSWERED)}
    if event.then == "fail":
        message = f"request {event.request_id!r}: {_describe_silence(state)}"
        error = FluxError(ErrorClass.TIMEOUT, message).info(state.node)
        failure = {**add_failure(state, error), "outcome": "broken", "failed_call": None}
        return {**close_request(state, event), **failure, "pending": None, "approved": None}
    about = state.waiting_for.question if state.waiting_for else state.node
    note = Note(by=DEADLINE, about=about, text=_describe_silence(state))
    return {
        **close_request(state, event),
        "pending": None,
        "approved": None,
        "outcome": "expired",
        "failures_at_node": state.failures_at_node + 1,
        "notes": last((*state.notes, note), NOTES_KEPT),
    }


def _describe_silence(state: RunState) -> str:
    request = state.waiting_for
    if request is None or request.panel is None or not request.opinions:
        return UNANSWERED
    return f"{len(request.opinions)} of at least {request.panel.at_least} opinions came in time"


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


def on_notification(state: RunState, event: e.HumanNotified) -> Changes:
    if state.waiting_for is None or not event.next_ms:
        return {"notified": True}
    return {"notified": True, "waiting_for": state.waiting_for.model_copy(update={"next_ms": event.next_ms})}
