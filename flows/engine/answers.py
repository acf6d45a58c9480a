"""What the votes on a request lead to, and the steps of its ladder while they are not enough."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.requests.consultations import close_consultation, end_request
from fluxagents.flows.humans.human_request import DEADLINE, HumanRequest

POLICY = "policy"
"""Who refuses where nobody who is left could agree."""


def answer_request(context: NodeContext, request: HumanRequest) -> e.Event | None:
    """The answer that the votes on a request come to; None while it is open."""
    if request.panel is not None and len(request.opinions) >= request.panel.wanted:
        return close_consultation(context, request, "complete")
    if request.panel is not None:
        return None if request.may_grow else _go_past(context, request, "all who were asked have answered")
    verdict = request.verdict
    match verdict.outcome:
        case "approved":
            return _grant(context, request, ", ".join(verdict.by))
        case "rejected":
            return _reject(context, request, ", ".join(verdict.by), verdict.reason)
        case "stuck":
            return _go_past(context, request, verdict.reason)
        case _:
            return None


def climb(context: NodeContext, request: HumanRequest, level: int, *, because: str = "") -> e.Event:
    """The step of the ladder that is due: people are asked, or the request ends."""
    step = request.ladder[level - 1]
    if not step.then:
        return e.LadderStepReached(
            seq=context.seq, at_ms=context.at_ms, request_id=request.id, level=level, because=because
        )
    if step.then != "approve":
        return end_request(context, request, then=step.then)
    if any(vote.choice == "reject" for vote in request.votes):
        # Silence agrees; somebody who says no is not silent.
        return e.RequestExpired(seq=context.seq, at_ms=context.at_ms, request_id=request.id, then="deny")
    return _grant(context, request, DEADLINE)


def _go_past(context: NodeContext, request: HumanRequest, reason: str) -> e.Event:
    """The next step of the ladder that asks others, before its time; without one the refusal."""
    for level, step in enumerate(request.ladder[request.level :], start=request.level + 1):
        if step.to is not None:
            return climb(context, request, level, because=reason)
    if request.kind == "approval":
        return _reject(context, request, POLICY, reason)
    return end_request(context, request, because="nobody is left")


def _grant(context: NodeContext, request: HumanRequest, by: str) -> e.ApprovalGranted:
    return e.ApprovalGranted(
        seq=context.seq,
        at_ms=context.at_ms,
        request_id=request.id,
        by=by,
        call=request.call,
        edited=request.edited,
    )


def _reject(context: NodeContext, request: HumanRequest, by: str, reason: str) -> e.ApprovalRejected:
    return e.ApprovalRejected(
        seq=context.seq, at_ms=context.at_ms, request_id=request.id, by=by, reason=reason
    )
