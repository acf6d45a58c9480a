"""`/a2h`: the agent's side of the Agent-to-Human protocol's draft, over the requests of this installation.

https://github.com/humanlayer/12-factor-agents/blob/main/drafts/a2h-spec.md. An agent of another make asks a
human here. Each call is a run that only asks: every channel shows it, and whoever may answers it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote as quote_url

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME, MAX_TEXT
from fluxagents.scheduler.http.access import Client, load_visible
from fluxagents.scheduler.http.human_flows import MODEL, build_approval, build_question
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import RunSpec

router = APIRouter(prefix="/a2h", tags=["a2h"])

SESSION = "a2h"


class _Sent(BaseModel):
    """What an agent sends; the draft lets it add members."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class ResponseOption(_Sent):
    """One of several answers."""

    name: str = Field(min_length=1, max_length=MAX_NAME)


class HumanContactSpec(_Sent):
    """What a human is asked."""

    msg: str = Field(
        min_length=1, max_length=MAX_TEXT, examples=["The refund fails with a 500. Can you help?"]
    )
    subject: str | None = None
    channel: dict[str, JsonValue] | None = None
    """Is kept and given back; whom a request reaches is a matter of this installation."""
    response_options: list[ResponseOption] | None = None
    state: dict[str, JsonValue] | None = None


class HumanContactStatus(BaseModel):
    """How far a contact is."""

    requested_at: datetime
    responded_at: datetime | None = None
    response: str | None = None
    response_option_name: str | None = None


class NewHumanContact(_Sent):
    """A question for a human."""

    run_id: str = Field(max_length=MAX_NAME, examples=["run_123"])
    call_id: str = Field(min_length=1, max_length=MAX_NAME, examples=["call_456"])
    spec: HumanContactSpec


class HumanContact(NewHumanContact):
    """A question for a human, and its answer."""

    status: HumanContactStatus


class FunctionCallSpec(_Sent):  # type: ignore[no-redef] # an alias that `__init__` has too
    """The call that a human is to approve."""

    fn: str = Field(min_length=1, max_length=MAX_NAME, examples=["process_payment"])
    arguments: dict[str, JsonValue] = Field(
        {}, alias="kwargs", examples=[{"amount": 100.0, "currency": "USD"}]
    )
    channel: dict[str, JsonValue] | None = None
    reject_options: list[ResponseOption] | None = None
    state: dict[str, JsonValue] | None = None


class FunctionCallStatus(BaseModel):
    """How far an approval is."""

    requested_at: datetime
    responded_at: datetime | None = None
    approved: bool | None = None
    comment: str | None = None
    user_info: dict[str, JsonValue] | None = None


class NewFunctionCall(_Sent):
    """A call for which an agent asks leave."""

    run_id: str = Field(max_length=MAX_NAME, examples=["run_789"])
    call_id: str = Field(min_length=1, max_length=MAX_NAME, examples=["call_101"])
    spec: FunctionCallSpec


class FunctionCall(NewFunctionCall):
    """A call for which an agent asks leave, and what a human said."""

    status: FunctionCallStatus


@router.post("/human_contacts", status_code=201, response_model_exclude_none=True, summary="Contact a human")
def create_human_contact(body: NewHumanContact, client: Client, response: Response) -> HumanContact:
    """Ask a human; the same `call_id` again asks nothing."""
    options = [option.name for option in body.spec.response_options or ()]
    _start(client, body, build_question(options), {"msg": body.spec.msg})
    response.headers["Location"] = f"/a2h/human_contacts/{quote_url(body.call_id, safe='')}"
    return show_human_contact(body.call_id, client)


@router.get("/human_contacts/{call_id:path}", response_model_exclude_none=True, summary="Show a contact")
def show_human_contact(call_id: str, client: Client) -> HumanContact:
    """A question, and its answer once there is one."""
    started, log = _read(client, call_id, "human_contact")
    status = HumanContactStatus(requested_at=_time(started.at_ms))
    for event in log:
        if isinstance(event, e.QuestionAnswered):
            options = {option["name"] for option in _spec(started).get("response_options") or ()}
            status = HumanContactStatus(
                requested_at=status.requested_at,
                responded_at=_time(event.at_ms),
                response=event.answer,
                response_option_name=event.answer if event.answer in options else None,
            )
    return HumanContact.model_validate({**_head(started), "status": status})


@router.post(
    "/function_calls", status_code=201, response_model_exclude_none=True, summary="Ask leave for a call"
)
def create_function_call(body: NewFunctionCall, client: Client, response: Response) -> FunctionCall:
    """Ask a human whether a function may be called; the same `call_id` again asks nothing."""
    arguments = json.dumps(body.spec.arguments, ensure_ascii=False)
    _start(client, body, build_approval(), {"fn": body.spec.fn, "arguments": arguments})
    response.headers["Location"] = f"/a2h/function_calls/{quote_url(body.call_id, safe='')}"
    return show_function_call(body.call_id, client)


@router.get("/function_calls/{call_id:path}", response_model_exclude_none=True, summary="Show a call")
def show_function_call(call_id: str, client: Client) -> FunctionCall:
    """A call for which leave was asked, and what a human said."""
    started, log = _read(client, call_id, "function_call")
    status = FunctionCallStatus(requested_at=_time(started.at_ms))
    for event in log:
        if isinstance(event, e.ApprovalGranted | e.ApprovalRejected):
            status = FunctionCallStatus(
                requested_at=status.requested_at,
                responded_at=_time(event.at_ms),
                approved=isinstance(event, e.ApprovalGranted),
                comment=event.reason if isinstance(event, e.ApprovalRejected) else None,
                user_info={"name": event.by},
            )
    return FunctionCall.model_validate({**_head(started), "status": status})


def _start(
    client: RunClient, body: NewHumanContact | NewFunctionCall, flow: Flow, inputs: dict[str, JsonValue]
) -> None:
    client.store.save_flow(flow)
    call: dict[str, JsonValue] = {
        "call_id": body.call_id,
        "agent_run": body.run_id,
        "spec": body.spec.model_dump(mode="json", by_alias=True, exclude_none=True),
    }
    run_id = _run_of(client, body.call_id, flow.flow)
    spec = RunSpec(model=MODEL, inputs={**call, **inputs}, run_id=run_id)
    list(client.batch(flow.digest, [spec], session=SESSION, lane="interactive"))


def _run_of(client: RunClient, call_id: str, flow: str) -> str:
    """The id of the run behind a call: two agents may choose the same id for theirs."""
    text = json.dumps([client.authority.actor.name, flow, call_id])
    return f"a2h-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _read(client: RunClient, call_id: str, flow: str) -> tuple[e.RunStarted, tuple[e.Event, ...]]:
    run_id = _run_of(client, call_id, flow)
    try:
        load_visible(client, run_id)
    except FluxError as error:
        if error.kind is not ErrorClass.UNKNOWN_ID:
            raise
        raise FluxError(ErrorClass.UNKNOWN_ID, f"you have no call {quote(call_id)}") from error
    started, *log = client.store.events(run_id)
    assert isinstance(started, e.RunStarted)
    return started, tuple(log)


def _head(started: e.RunStarted) -> dict[str, Any]:
    return {
        "run_id": started.inputs["agent_run"],
        "call_id": started.inputs["call_id"],
        "spec": _spec(started),
    }


def _spec(started: e.RunStarted) -> dict[str, Any]:
    spec = started.inputs["spec"]
    assert isinstance(spec, dict)
    return spec


def _time(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC)
