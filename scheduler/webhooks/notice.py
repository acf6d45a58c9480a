"""What a receiver is told of events: types, and documents that are bounded whatever a run found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.opinions import Opinion
from fluxagents.flows.humans.votes import Vote
from fluxagents.flows.ports.event_feed import FeedEntry
from fluxagents.flows.state import RunState

MAX_TEXT = 4_000
"""Characters of an answer, a question or an error in a message; the run has all of it."""
MAX_LINES = 20

_TYPES: Mapping[type[e.EventBase], str] = MappingProxyType(
    {
        e.RunStarted: "run.started",
        e.RunForked: "run.started",
        e.RunPaused: "run.paused",
        e.RunResumed: "run.resumed",
        e.RunFinished: "run.finished",
        e.RunFailed: "run.failed",
        e.RunCancelled: "run.cancelled",
        e.RunDeadLettered: "run.dead",
        e.ApprovalRequested: "approval.requested",
        e.ApprovalGranted: "approval.granted",
        e.ApprovalRejected: "approval.rejected",
        e.QuestionAsked: "question.asked",
        e.QuestionAnswered: "question.answered",
        e.OpinionGiven: "request.opinion",
        e.ConsultationClosed: "question.answered",
        e.VoteCast: "request.voted",
        e.RequestEdited: "request.edited",
        e.LadderStepReached: "request.escalated",
        e.RequestExpired: "request.expired",
    }
)

_FIELDS: Mapping[type[e.EventBase], tuple[str, ...]] = MappingProxyType(
    {
        e.RunForked: ("origin", "by"),
        e.RunPaused: ("by",),
        e.RunResumed: ("by",),
        e.RunFinished: ("answer", "answered", "unanswered"),
        e.RunFailed: ("error",),
        e.RunCancelled: ("by", "reason"),
        e.RunDeadLettered: ("error",),
        e.ApprovalRequested: ("request",),
        e.ApprovalGranted: ("request_id", "by", "edited"),
        e.ApprovalRejected: ("request_id", "by", "reason"),
        e.QuestionAsked: ("request",),
        e.QuestionAnswered: ("request_id", "by", "answer"),
        e.OpinionGiven: ("request_id", "opinion"),
        e.ConsultationClosed: ("request_id", "by", "summary"),
        e.VoteCast: ("request_id", "vote"),
        e.RequestEdited: ("request_id", "by", "question", "digest"),
        e.LadderStepReached: ("request_id", "level", "because"),
        e.RequestExpired: ("request_id", "then"),
    }
)
"""What a message says of each beside the run."""

ENDS = frozenset({"run.finished", "run.failed", "run.cancelled", "run.dead"})


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell, the same for all who want it."""

    key: str
    """Names it: the same event has the same key, whoever reads it and however often."""
    type: str
    at_ms: int
    """When it happened (Unix time in ms)."""
    session: str
    flow: str
    reply_to: str
    """The endpoint that is told in any case; empty for none."""
    data: Mapping[str, JsonValue]
    reply: Mapping[str, str] = field(default_factory=dict)
    """Where at that endpoint it belongs."""


def build_notices(entry: FeedEntry, root: RunState) -> Iterator[Notice]:
    """What is to be told of the events of one step, in their order.

    Args:
        entry: The step.
        root: The run that nobody else began and that led to this one; the run itself if nobody began it.
    """
    state = entry.state
    for place, event in enumerate(entry.events, start=entry.first):
        event_type = _TYPES.get(type(event))
        # Of a child only what humans are asked is told; the run that began it tells the rest.
        if event_type is None or (state.parent and event_type.startswith("run.")):
            continue
        yield Notice(
            key=f"{state.run_id}|{place}",
            type=event_type,
            at_ms=event.at_ms,
            session=root.session,
            flow=root.flow.name,
            reply_to=root.trigger.reply_to if root.trigger else "",
            data={**_describe_run(state, root), **_describe_event(event)},
            reply=root.trigger.reply if root.trigger else {},
        )


def build_idle_notice(entry: FeedEntry) -> Notice:
    """That no run of a session is open any more, told by the step that ended the last one."""
    state, last = entry.state, entry.first + len(entry.events) - 1
    return Notice(
        key=f"{state.run_id}|{last}|idle",
        type="session.idle",
        at_ms=entry.events[-1].at_ms,
        session=state.session,
        flow=state.flow.name,
        reply_to="",
        data={"session": state.session, "last_run": state.run_id, "last_run_status": state.status},
    )


def _describe_run(state: RunState, root: RunState) -> dict[str, JsonValue]:
    return {
        "run_id": state.run_id,
        "session": root.session,
        "flow": state.flow.name,
        "flow_version": state.flow.version,
        "model": state.model_name or None,
        "model_digest": state.model,
        "parent": state.parent or None,
        "requester": state.requester or None,
        "trigger": root.trigger.name if root.trigger else None,
    }


def _describe_event(event: e.EventBase) -> dict[str, JsonValue]:
    return {name: _show(getattr(event, name)) for name in _FIELDS.get(type(event), ())}


def _show(value: Any) -> JsonValue:
    """The value of a field, bounded."""
    match value:
        case str():
            return _shorten(value)
        case tuple():
            return [_shorten(line) for line in value[:MAX_LINES]]
        case ErrorInfo():
            return {"kind": str(value.kind), "message": _shorten(value.message)}
        case HumanRequest():
            return _describe_request(value)
        case Vote() | Opinion():
            return _describe_answer(value)
    shown: JsonValue = value
    return shown


def _describe_answer(answer: Vote | Opinion) -> dict[str, JsonValue]:
    head: dict[str, JsonValue] = {"by": answer.by, "channel": answer.channel}
    if isinstance(answer, Vote):
        return {**head, "choice": answer.choice, "digest": answer.digest}
    return {**head, "answer": _shorten(answer.answer)}


def _describe_request(request: HumanRequest) -> dict[str, JsonValue]:
    return {
        "id": request.id,
        "kind": request.kind,
        "question": _shorten(request.question),
        "tool": request.call.tool if request.call else None,
        "assignees": list(request.assignees),
        "policy": str(request.policy),
        "urgency": request.urgency,
        "choices": list(request.choices),
        "deadline_ms": request.deadline_ms or None,
        "effect": [_shorten(line) for line in request.effect.lines[:MAX_LINES]] if request.effect else [],
        "digest": request.digest,
    }


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
