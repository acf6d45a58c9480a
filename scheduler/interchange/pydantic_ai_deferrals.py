"""Approvals as pydantic-ai defers tool calls, and the results that resume its agents.

The shapes are those of `DeferredToolRequests` and `DeferredToolResults` as JSON, written out: nothing of it
is installed. https://ai.pydantic.dev/deferred-tools/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.interchange.human_act import HumanAct
from fluxagents.scheduler.interchange.request_text import describe_request
from fluxagents.scheduler.runs.request_view import RequestView


class _Shape(BaseModel):
    """Later versions may add members."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ToolCallPart(_Shape):
    """A call of a tool; its id is that of the request."""

    tool_name: str
    args: dict[str, JsonValue] | None = None
    tool_call_id: str
    part_kind: Literal["tool-call"] = "tool-call"


class DeferredToolRequests(_Shape):
    """Calls that wait."""

    calls: tuple[ToolCallPart, ...] = ()
    """For a result from elsewhere: questions, as calls of `ask_human`."""
    approvals: tuple[ToolCallPart, ...] = ()
    """For a human's approval."""
    metadata: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By the id of a call: its text with the effect, and the digest of what is shown."""


class ToolApproved(_Shape):
    """The call may be made, with other arguments if there are some."""

    override_args: dict[str, JsonValue] | None = None
    kind: Literal["tool-approved"] = "tool-approved"


class ToolDenied(_Shape):
    """The call may not be made."""

    message: str = "The tool call was denied."
    kind: Literal["tool-denied"] = "tool-denied"


Approval = bool | Annotated[ToolApproved | ToolDenied, Field(discriminator="kind")]


class DeferredToolResults(_Shape):
    """What was decided, by the id of a call."""

    calls: dict[str, JsonValue] = Field(default_factory=dict)
    approvals: dict[str, Approval] = Field(default_factory=dict)


ASK_HUMAN = "ask_human"
"""What a question is called there."""


def to_deferred(views: Iterable[RequestView]) -> DeferredToolRequests:
    """Requests that wait, in that shape: approvals, and all others as calls of `ask_human`."""
    waiting = tuple(views)
    return DeferredToolRequests(
        calls=tuple(_ask(view) for view in waiting if view.kind != "approval"),
        approvals=tuple(_call(view) for view in waiting if view.kind == "approval"),
        metadata={
            view.id: {"text": describe_request(view), "digest": view.request.digest} for view in waiting
        },
    )


def read_results(results: DeferredToolResults | Mapping[str, Any]) -> dict[str, HumanAct]:
    """What was decided there, by the id of the request.

    Raises:
        FluxError: `BAD_ARGUMENT` for a document that is none of that shape.
    """
    try:
        known = DeferredToolResults.model_validate(results)
    except ValueError as error:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"no results of deferred tools: {error}") from error
    answers = {name: HumanAct(kind="reply", text=_text(value)) for name, value in known.calls.items()}
    return answers | {name: _read(approval) for name, approval in known.approvals.items()}


def _read(approval: Approval) -> HumanAct:
    match approval:
        case ToolApproved(override_args=None) | True:
            return HumanAct(kind="approve")
        case ToolApproved():
            return HumanAct(kind="edit", args=approval.override_args)
        case ToolDenied():
            return HumanAct(kind="reject", text=approval.message)
    return HumanAct(kind="reject", text=ToolDenied().message)


def _ask(view: RequestView) -> ToolCallPart:
    args: dict[str, JsonValue] = {"question": view.request.question}
    if view.request.answer is not None:
        args["expected"] = view.request.answer.text
    return ToolCallPart(tool_name=ASK_HUMAN, args=args, tool_call_id=view.id)


def _call(view: RequestView) -> ToolCallPart:
    call = view.request.call
    args: dict[str, JsonValue] = dict(call.args) if call else {"question": view.request.question}
    return ToolCallPart(tool_name=view.tool or "approve", args=args, tool_call_id=view.id)


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else str(value)
