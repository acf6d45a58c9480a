"""What became of a request since somebody was shown it: other arguments, or an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.argument_form import ArgumentRow, list_arguments
from fluxagents.tasks.registry import ToolEntry

CLOSING = (
    e.ApprovalGranted,
    e.ApprovalRejected,
    e.CallTakenOver,
    e.ConsultationClosed,
    e.QuestionAnswered,
)
"""What ends a request by an answer."""


@dataclass(frozen=True, slots=True)
class ArgumentChange:
    """One value of a call that is asked for otherwise than before."""

    path: str
    before: JsonValue
    after: JsonValue
    unit: str = ""


@dataclass(frozen=True, slots=True)
class RequestChange:
    """How a request differs from what was shown."""

    by: str
    """Who asked for other arguments last; empty where nobody did, and only the effect was computed anew."""
    at_ms: int
    """When it came to what it is now (Unix time)."""
    arguments: tuple[ArgumentChange, ...]


def find_change(
    events: Iterable[e.Event], request: HumanRequest, shown: str, tools: Mapping[str, ToolEntry]
) -> RequestChange | None:
    """How a request differs from what it was under a digest; None if it never had that one.

    Args:
        events: The log of its run.
        request: As it is now.
        shown: The digest of what somebody saw.
        tools: What is known of the tools.
    """
    state: RunState | None = None
    calls: dict[str, CallTool | None] = {}
    by, at_ms, last = "", 0, ""
    for event in events:
        state = reduce(state, event)
        asked = state.waiting_for
        if asked is None or asked.id != request.id:
            continue
        calls[asked.digest] = asked.call
        if asked.digest != last:
            last, at_ms = asked.digest, event.at_ms
        if asked.digest == shown:
            by = ""
        elif isinstance(event, e.RequestEdited):
            by = event.by
    if shown not in calls:
        return None
    return RequestChange(by, at_ms, _compare(calls[shown], request.call, tools))


def explain_closing(events: Iterable[e.Event], request_id: str) -> str:
    """Why a request takes no answer, as it goes on after its name."""
    for event in events:
        if isinstance(event, e.RequestExpired) and event.request_id == request_id:
            return "was not answered in time"
        if isinstance(event, CLOSING) and event.request_id == request_id:
            return f"was answered already by {event.by!r}"
    return "does not wait for an answer"


def _compare(
    before: CallTool | None, after: CallTool | None, tools: Mapping[str, ToolEntry]
) -> tuple[ArgumentChange, ...]:
    old, new = _list_rows(before, tools), _list_rows(after, tools)
    return tuple(
        ArgumentChange(
            path,
            old[path].value if path in old else None,
            new[path].value if path in new else None,
            (new.get(path) or old[path]).unit,
        )
        for path in dict.fromkeys((*old, *new))
        if old.get(path) != new.get(path)
    )


def _list_rows(call: CallTool | None, tools: Mapping[str, ToolEntry]) -> dict[str, ArgumentRow]:
    rows = list_arguments(tools.get(call.tool), call.args) if call else ()
    return {row.path: row for row in rows}
