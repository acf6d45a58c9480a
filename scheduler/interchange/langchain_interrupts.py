"""Requests as LangChain's agent inboxes show them, and what people answer there.

The shapes are those of `langgraph.prebuilt.interrupt`, written out: nothing of it is installed.
https://reference.langchain.com/python/langgraph.prebuilt/interrupt
"""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue
from typing_extensions import TypedDict

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.interchange.human_act import HumanAct
from fluxagents.scheduler.interchange.request_text import describe_request
from fluxagents.scheduler.runs.request_view import RequestView


class HumanInterruptConfig(TypedDict):
    """What may be answered."""

    allow_ignore: bool
    allow_respond: bool
    allow_edit: bool
    allow_accept: bool


class ActionRequest(TypedDict):
    """What is asked for."""

    action: str
    args: dict[str, JsonValue]


class HumanInterrupt(TypedDict):
    """A request for a human."""

    action_request: ActionRequest
    config: HumanInterruptConfig
    description: str | None


class HumanResponse(TypedDict):
    """What the human answered."""

    type: Literal["accept", "ignore", "response", "edit"]
    args: str | ActionRequest | None


def to_interrupt(view: RequestView) -> HumanInterrupt:
    """A request in that shape; the description has the effect, who asked, and what follows from no answer."""
    call = view.request.call
    is_approval = view.kind == "approval"
    return {
        "action_request": {
            "action": view.tool or view.kind,
            "args": dict(call.args) if call else {"question": view.request.question},
        },
        "config": {
            "allow_ignore": False,
            "allow_respond": True,
            "allow_edit": call is not None,
            "allow_accept": is_approval,
        },
        "description": describe_request(view),
    }


def read_response(view: RequestView, response: HumanResponse) -> HumanAct:
    """What an answer from there means here; a text answers a question, and refuses a call with a reason.

    Raises:
        FluxError: `BAD_ARGUMENT` for an answer that the request does not take.
    """
    kind, args = response["type"], response["args"]
    if kind == "ignore":
        return HumanAct(kind="none")
    if kind == "accept" and view.kind == "approval":
        return HumanAct(kind="approve")
    if kind == "response" and isinstance(args, str):
        return HumanAct(kind="reject" if view.kind == "approval" else "reply", text=args)
    if kind == "edit" and isinstance(args, dict) and view.request.call is not None:
        if args["action"] != view.tool:
            raise _refuse(view, f"an edit that calls {args['action']!r} instead of {view.tool!r}")
        return HumanAct(kind="edit", args=dict(args["args"]))
    raise _refuse(view, f"{kind!r} with {type(args).__name__}")


def _refuse(view: RequestView, what: str) -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT, f"request {view.id!r}, of kind {view.kind!r}, does not take {what}"
    )
