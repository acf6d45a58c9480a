"""Requests as messages of the Agent-to-Human protocol's draft, and the answers that come back.

https://github.com/humanlayer/12-factor-agents/blob/main/drafts/a2h-spec.md. This is the side of an agent that
asks somewhere else; what agents of another make ask here is `fluxagents.scheduler.http.routes.humans.a2h`.
"""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.interchange.human_act import HumanAct
from fluxagents.scheduler.interchange.request_text import describe_request
from fluxagents.scheduler.runs.request_view import RequestView


def to_message(view: RequestView) -> dict[str, Any]:
    """A request as a `FunctionCall` (of a tool) or a `HumanContact` (anything else), without its status."""
    state: dict[str, JsonValue] = {
        "digest": view.request.digest,
        "effect": list(view.effect),
        "if_nobody_answers": view.if_nobody_answers,
    }
    call = view.request.call
    head = {"run_id": view.run_id, "call_id": view.id}
    if call is not None:
        return {**head, "spec": {"fn": call.tool, "kwargs": dict(call.args), "state": state}}
    choices = ("approve", "reject") if view.kind == "approval" else view.request.choices
    options = {"response_options": [{"name": choice} for choice in choices]} if choices else {}
    return {**head, "spec": {"msg": describe_request(view), "state": state, **options}}


def read_status(view: RequestView, status: dict[str, Any]) -> HumanAct:
    """What the status of such a message says was decided; `none` while nobody has answered.

    Raises:
        FluxError: `BAD_ARGUMENT` for an answer that does not belong to the request.
    """
    if not status.get("responded_at"):
        return HumanAct(kind="none")
    if view.request.call is not None:
        return _decide(view, status.get("approved"), status.get("comment"))
    answer = status.get("response_option_name") or status.get("response")
    if not isinstance(answer, str):
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"the answer to request {view.id!r} has no text")
    if view.kind == "approval":
        return _decide(view, {"approve": True, "reject": False}.get(answer), status.get("response"))
    return HumanAct(kind="reply", text=answer)


def _decide(view: RequestView, approved: object, comment: object) -> HumanAct:
    if not isinstance(approved, bool):
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"the answer to request {view.id!r} is neither yes nor no")
    if approved:
        return HumanAct(kind="approve")
    return HumanAct(kind="reject", text=str(comment or "no reason given"))
