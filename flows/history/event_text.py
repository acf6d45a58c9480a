"""Events of a run as people read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool

SHORT_DIGEST = len("sha256:") + 12
"""Characters of a digest that are shown; commands accept any unique beginning."""

MAX_LINE_LENGTH = 100
"""Of an event in one line."""


def summarise_event(event: e.Event) -> str:
    """What an event was about, in one line."""
    return shorten(describe_event(event))


def describe_event(event: e.Event) -> str:
    """What an event was about, in full; an event of an unknown type is described by its fields."""
    describe = _DESCRIPTIONS.get(event.type)
    return describe(event) if describe else _describe_fields(event)


def _describe_fields(event: e.Event) -> str:
    fields = event.model_dump(mode="json", exclude_defaults=True, exclude={"type", "seq", "at_ms"})
    return ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in fields.items()
    )


def shorten(text: str, limit: int = MAX_LINE_LENGTH) -> str:
    """The text on one line, of at most `limit` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"


def describe_call(call: CallTool) -> str:
    return f"{call.tool}({', '.join(f'{name}={json.dumps(value)}' for name, value in call.args.items())})"


def _format_time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC).isoformat(timespec="milliseconds")


def _describe_decision(event: Any) -> str:
    decision = event.decision
    text = (
        describe_call(decision)
        if isinstance(decision, CallTool)
        else getattr(decision, "question", "") or decision.answer
    )
    flag = f" not traced: {', '.join(event.untraced)};" if event.untraced else ""
    use = event.prompt
    instead = f" instead of {use.instead_of}" if use.instead_of else ""
    return f"{decision.kind}:{flag} {text} [{use.chat_model}{instead}{', kept answer' if use.cached else ''}]"


def _artifact_note(event: e.ToolSucceeded | e.RunsJoined) -> str:
    return f" → {event.artifact[:SHORT_DIGEST]}" if event.artifact else ""


def _describe_values(event: e.BranchTaken | e.NodeSkipped) -> str:
    values = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in event.seen.items())
    return ", ".join(values) or "nothing"


def _describe_compaction(event: e.ContextCompacted) -> str:
    ids: dict[str, list[str]] = {}
    for item in event.compacted:
        ids.setdefault(item.strategy, []).append(item.id)
    dropped = "; ".join(f"{strategy}: {', '.join(names)}" for strategy, names in ids.items())
    return f"{event.tokens_saved} tokens saved, {event.tokens} of {event.max_tokens} sent; {dropped}"


_DESCRIPTIONS: dict[str, Any] = {
    "RunStarted": lambda event: f"{event.flow.name} on {event.model_name}",
    "NodeEntered": lambda event: event.node,
    "BranchTaken": lambda event: (
        f"{event.node} → {event.to} because {event.because}; saw {_describe_values(event)}"
    ),
    "NodeSkipped": lambda event: (
        f"{event.node} → {event.to}: {event.because} does not hold; saw {_describe_values(event)}"
    ),
    "NodeFailed": lambda event: f"{event.node}: {event.error.message}",
    "BudgetSpent": lambda event: f"{event.node}: {event.steps} steps",
    "DecisionMade": _describe_decision,
    "DecisionRefused": lambda event: event.error.message,
    "DecisionDeferred": lambda event: (
        f"the limit of {event.chat_model} is used up, not before {_format_time(event.not_before_ms)}"
    ),
    "ContextCompacted": _describe_compaction,
    "ContextSummarised": lambda event: f"{', '.join(event.ids)}: {event.text}",
    "SummaryRefused": lambda event: f"{', '.join(event.ids)}: {event.error.message}",
    "ToolSucceeded": lambda event: (
        f"{describe_call(event.call)} in {event.duration_ms} ms{_artifact_note(event)}"
    ),
    "ToolSplit": lambda event: f"{describe_call(event.call)} in {len(event.runs)} parts",
    "RunsBegun": lambda event: f"{len(event.runs)} runs of {event.flow.name}, {event.width} at once",
    "RunsJoined": lambda event: (
        f"{event.what}: {event.finished} finished, {event.failed} failed{_artifact_note(event)}"
    ),
    "ToolFailed": lambda event: f"{describe_call(event.call)}: {event.error.message}",
    "EffectComputed": lambda event: (
        f"{describe_call(event.call)} in {event.duration_ms} ms: {'; '.join(event.effect.lines[:1])}"
    ),
    "ExplanationAsked": lambda event: f"by {event.by}: {event.question}",
    "ExplanationGiven": lambda event: f"{event.answer} [{event.prompt.chat_model}]",
    "CallTakenOver": lambda event: (
        f"{describe_call(event.call)} by {event.by}: {json.dumps(event.value)} ({event.source})"
    ),
    "ApprovalRequested": lambda event: f"{event.request.id}: {event.request.question}",
    "ApprovalGranted": lambda event: f"by {event.by}{' with other arguments' if event.edited else ''}",
    "ApprovalRejected": lambda event: f"by {event.by}: {event.reason}",
    "QuestionAsked": lambda event: f"{event.request.id}: {event.request.question}",
    "QuestionAnswered": lambda event: f"by {event.by}: {event.answer}",
    "OpinionGiven": lambda event: str(event.opinion),
    "ConsultationClosed": lambda event: f"by {event.by}: {event.summary} ({event.because})",
    "RequestAssigned": lambda event: (
        f"{event.request_id} to {', '.join(event.assignees)} by {event.by}"
        f"{': ' + event.reason if event.reason else ''}"
    ),
    "VoteCast": lambda event: str(event.vote),
    "VoteDelegated": lambda event: f"{event.delegation.by} lets {event.delegation.to} vote",
    "RequestEdited": lambda event: f"by {event.by}: {describe_call(event.call)}",
    "LadderStepReached": lambda event: (
        f"step {event.level} of {event.request_id}{f': {event.because}' if event.because else ''}"
    ),
    "RequestExpired": lambda event: (
        f"{event.request_id}: nobody answered in time{f', {event.then}' if event.then else ''}"
    ),
    "RetryScheduled": lambda event: (
        f"after {event.failures} failures, not before {_format_time(event.not_before_ms)}"
    ),
    "WaitStarted": lambda event: (
        f"for {repr(event.event) + ' ' if event.event else ''}"
        f"until {_format_time(event.until_ms) if event.until_ms else 'it comes'}"
    ),
    "WaitEnded": lambda event: f"by {event.by}",
    "EventReceived": lambda event: f"{event.name!r} by {event.by}: {json.dumps(event.data)}",
    "HumanNotified": lambda event: ", ".join(event.channels),
    "RunPaused": lambda event: f"by {event.by}: {event.reason}" if event.reason else f"by {event.by}",
    "RunResumed": lambda event: f"by {event.by}",
    "RunCancelled": lambda event: f"by {event.by}: {event.reason}",
    "CallEdited": lambda event: f"by {event.by}: {describe_call(event.call)}",
    "RunForked": lambda event: f"by {event.by} from {event.origin} after step {event.origin_seq}",
    "RunRolledBack": lambda event: f"by {event.by} to step {event.to_seq}: {event.reason}",
    "RunImported": lambda event: f"by {event.by}",
    "FlowChanged": lambda event: f"by {event.by} to {event.flow.name} v{event.flow.version} at {event.node}",
    "RunFinished": lambda event: (
        event.answer if event.answered in {None, "yes"} else f"answered: {event.answered}. {event.answer}"
    ),
    "RunFailed": lambda event: event.error.message,
    "RunDeadLettered": lambda event: event.error.message,
    "RunRetried": lambda event: f"by {event.by}",
}
