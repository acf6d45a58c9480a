"""`/answer/…`: the page on which a person answers a request to which a link was sent to them.

To look at it decides nothing, for scanners of mail follow links too; only a form that is confirmed does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.humans.thread import REMARK_CHARACTERS
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.grammar import MAX_REASON, MAX_TEXT
from fluxagents.scheduler.channels.answer_desk import AnswerDesk
from fluxagents.scheduler.channels.answer_link import AnswerLink, read_link
from fluxagents.scheduler.channels.argument_texts import read_changes, write_value
from fluxagents.scheduler.channels.decision import (
    Approve,
    AskBack,
    Decision,
    Edit,
    Recuse,
    Reject,
    make_decision,
)
from fluxagents.scheduler.http.access import Ports
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.routes.channels.html_pages import answer_page
from fluxagents.scheduler.runs.argument_form import ArgumentField

router = APIRouter(include_in_schema=False)

TITLES = {"approval": "An approval", "question": "A question", "escalation": "A run needs you"}

MAX_FIELDS = 200
"""Of a form that somebody sends."""

ARGUMENT = "argument."
"""Before the name of an argument in the name of its field."""

_STATUS = {ErrorClass.PERMISSION: 403, ErrorClass.UNKNOWN_ID: 404}


@router.api_route("/answer/{token}", methods=["GET", "HEAD"])
def show_request(token: str, ports: Ports) -> HTMLResponse:
    """Show a request. Nothing changes, whoever asks and however often."""
    link = _read(token, ports)
    return _refuse_link() if link is None else _show(AnswerDesk(ports.client), link, {})


@router.post("/answer/{token}")
async def decide(token: str, ports: Ports, request: Request) -> HTMLResponse:
    """Carry out what a person has decided and confirmed."""
    body = (await request.body()).decode("utf-8", errors="replace")
    try:
        form = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        form = {}  # it decides nothing
    return await run_sync(_decide, token, ports, form)


def _decide(token: str, ports: ApiPorts, form: Mapping[str, str]) -> HTMLResponse:
    link = _read(token, ports)
    if link is None:
        return _refuse_link()
    desk = AnswerDesk(ports.client)
    proof = Proof(kind="link", id=f"{link.channel} {link.person}")
    actor = Actor(name=link.person, channel="page", proof=proof)
    try:
        decision = read_form(form, lambda: desk.show_form(link.request))
        if form.get("confirm") != "yes" or decision is None:
            return _show(desk, link, form, "Choose an answer and confirm it: nothing has been decided yet.")
        state = desk.answer(actor, link.request, link.digest, decision)
    except ConflictError as error:
        return _close(error)
    except FluxError as error:
        if error.kind is ErrorClass.BAD_ARGUMENT:
            return _show(desk, link, form, str(error))
        return _close(error)
    return answer_page(
        "message",
        title="Your answer is recorded",
        message=f"{describe_result(link.request, decision, state)} You can close this page.",
        suggestions=(),
    )


def _read(token: str, ports: ApiPorts) -> AnswerLink | None:
    if not ports.answer_key:
        return None
    return read_link(token, ports.answer_key, now_ms=ports.clock.now_ms())


def _show(desk: AnswerDesk, link: AnswerLink, form: Mapping[str, str], problem: str = "") -> HTMLResponse:
    """The page of a request, with the arguments as they were sent if they were no good."""
    try:
        card = desk.show(link.request)
        fields = desk.show_form(link.request)
    except FluxError as error:
        return _close(error)
    if card.digest != link.digest:
        return _close(ConflictError(f"request {link.request} is not any more what was shown"))
    deadline = datetime.fromtimestamp(card.deadline_ms / 1_000, tz=UTC) if card.deadline_ms else None
    return answer_page(
        "request",
        422 if problem else 200,
        title=TITLES[card.kind],
        card=card,
        person=link.person,
        until=f"{deadline:%Y-%m-%d %H:%M} UTC" if deadline else "",
        problem=problem,
        fields=[_fill_field(field, form) for field in fields],
        is_editing=form.get("decision") == "edit",
        write_value=write_value,
        max_reason=MAX_REASON,
        max_text=MAX_TEXT,
        max_question=REMARK_CHARACTERS,
    )


def _fill_field(field: ArgumentField, form: Mapping[str, str]) -> tuple[str, ArgumentField, str]:
    """The name of an argument's field, what it is, and what stands in it."""
    name = ARGUMENT + field.name
    return name, field, form.get(name, write_value(field.value))


def _refuse_link() -> HTMLResponse:
    return answer_page(
        "message",
        404,
        title="This link leads nowhere",
        message="It is not whole, or its time is over.",
        suggestions=("The request may still wait: look into the inbox, `fluxagents approvals list`.",),
    )


def _close(error: FluxError) -> HTMLResponse:
    status = 409 if isinstance(error, ConflictError) else _STATUS.get(error.kind, 422)
    return answer_page(
        "message",
        status,
        title="No answer is taken here",
        message=f"{error.message[:1].upper()}{error.message[1:]}.",
        suggestions=error.suggestions,
    )


def read_form(form: Mapping[str, str], show_fields: Callable[[], Sequence[ArgumentField]]) -> Decision | None:
    """What a form decides; None if it says nothing.

    Args:
        form: As it was sent.
        show_fields: The arguments of the call, for one who changes them.

    Raises:
        FluxError: If a changed argument is no value of its type, or the request is closed.
    """
    word = form.get("decision", "")
    if word == "edit":
        texts = {name.removeprefix(ARGUMENT): text for name, text in form.items()}
        return Edit(read_changes(show_fields(), texts))
    return make_decision(word, form.get("answer" if word == "reply" else "reason", ""))


def describe_result(request_id: str, decision: Decision, state: RunState) -> str:
    """What has become of a request."""
    waits = state.waiting_for
    match decision:
        case AskBack():
            text = "The agent answers in the thread of the request, and a new message shows you what."
        case Edit():
            text = f"Request {request_id} asks for the new arguments now: all who decide are asked again."
        case Recuse():
            text = f"You have stepped out of request {request_id}."
        case _ if waits is not None and waits.id == request_id:
            text = f"Your vote on request {request_id} counts, and it still waits for {waits.missing}."
        case Approve():
            text = f"Request {request_id} is approved."
        case Reject():
            text = f"Request {request_id} is refused."
        case _:
            text = f"Request {request_id} is answered."
    return text
