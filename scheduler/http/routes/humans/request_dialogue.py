"""Below `/v1/approvals/{id}`: what people do before they vote: a form, a check, a question, a result."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import Field, JsonValue

from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import FluxError
from fluxagents.flows.humans.thread import REMARK_CHARACTERS
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.grammar import MAX_REASON
from fluxagents.scheduler.http.access import Body, Client, tag_run
from fluxagents.scheduler.http.routes.humans.requests import find_request
from fluxagents.scheduler.runs.argument_form import ArgumentField

router = APIRouter(prefix="/approvals/{request_id}", tags=["approvals"])


class ArgumentForm(Body):
    """The arguments of the call that is asked for."""

    tool: str
    """Empty where no tool is called."""
    fields: tuple[ArgumentField, ...]


class Edit(Body):
    """Arguments that are to differ from those asked for."""

    args: dict[str, JsonValue]
    digest: str = Field("", max_length=64)
    """The `digest` of the request that was shown; with another one nothing is changed."""


class ArgumentCheck(Body):
    """Whether a call with other arguments could be asked for."""

    fits: bool
    problem: str
    """What does not fit, with each argument and its value; empty where all does."""
    suggestions: tuple[str, ...]
    call: CallTool | None
    """The call as it would be asked for."""


class QuestionBack(Body):
    """What somebody wants to know before they vote."""

    question: str = Field(min_length=1, max_length=REMARK_CHARACTERS)


class TakeOver(Body):
    """A result in the tool's place."""

    value: dict[str, JsonValue] = Field(examples=[{"growth_per_h": 0.41}])
    """What the tool would have found, by the names of its summary."""
    source: str = Field(min_length=1, max_length=MAX_REASON, examples=["chemostat of 12 May, table 2"])
    """Where you have it from."""


@router.get("/form", summary="Show the form of a call")
def show_form(request_id: str, client: Client) -> ArgumentForm:
    """What each argument means, its unit, its range and what may be chosen."""
    request = find_request(client, request_id)
    return ArgumentForm(
        tool=request.call.tool if request.call else "", fields=client.request_form(request_id)
    )


@router.post("/check", summary="Check other arguments")
def check_arguments(request_id: str, body: Edit, client: Client) -> ArgumentCheck:
    """Whether a call with other arguments could be asked for; changes nothing."""
    find_request(client, request_id)
    try:
        call = client.check_edit(request_id, body.args)
    except FluxError as error:
        return ArgumentCheck(fits=False, problem=error.message, suggestions=error.suggestions, call=None)
    return ArgumentCheck(fits=True, problem="", suggestions=(), call=call)


@router.post("/ask", summary="Ask back")
def ask_back(request_id: str, body: QuestionBack, client: Client, response: Response) -> RunState:
    """Ask the agent before you vote; its answer stands in the request's `thread`."""
    find_request(client, request_id)
    return _tag(response, client.ask_back(request_id, question=body.question))


@router.post("/take-over", summary="Give the result yourself")
def take_over(request_id: str, body: TakeOver, client: Client, response: Response) -> RunState:
    """Give the result in the tool's place: the call is not made, and the result is marked as yours."""
    find_request(client, request_id)
    return _tag(response, client.take_over(request_id, value=body.value, source=body.source))


def _tag(response: Response, state: RunState) -> RunState:
    tag_run(response, state)
    return state
