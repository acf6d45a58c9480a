"""`/answer/…`: the page on which a person answers a request to which a link was sent to them.

To look at it decides nothing, for scanners of mail follow links too; only a form that is confirmed does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.grammar import MAX_REASON, MAX_TEXT
from fluxagents.scheduler.channels.answer_desk import AnswerDesk
from fluxagents.scheduler.channels.answer_link import AnswerLink, read_link
from fluxagents.scheduler.channels.decision import Approve, Decision, Reject, Reply
from fluxagents.scheduler.http.access import Ports
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.routes.channels.html_pages import answer_page

router = APIRouter(include_in_schema=False)

TITLES = {"approval": "An approval", "question": "A question", "escalation": "A run needs you"}

_STATUS = {ErrorClass.PERMISSION: 403, ErrorClass.UNKNOWN_ID: 404}


@router.api_route("/answer/{token}", methods=["GET", "HEAD"])
def show_request(token: str, ports: Ports) -> HTMLResponse:
    """Show a request. Nothing changes, whoever asks and however often."""
    link = _read(token, ports)
    return _refuse_link() if link is None else _show(AnswerDesk(ports.client), link)


@router.post("/answer/{token}")
async def decide(token: str, ports: Ports, request: Request) -> HTMLResponse:
    """Carry out what a person has decided and confirmed."""
    body = (await request.body()).decode("utf-8", errors="replace")
    form = dict(parse_qsl(body, max_num_fields=20))
    return await run_sync(_decide, token, ports, form)


def _decide(token: str, ports: ApiPorts, form: Mapping[str, str]) -> HTMLResponse:
    link = _read(token, ports)
    if link is None:
        return _refuse_link()
    desk, decision = AnswerDesk(ports.client), read_form(form)
    if form.get("confirm") != "yes" or decision is None:
        return _show(desk, link, problem="Choose an answer and confirm it: nothing has been decided yet.")
    proof = Proof(kind="link", id=f"{link.channel} {link.person}")
    actor = Actor(name=link.person, channel="page", proof=proof)
    try:
        state = desk.answer(actor, link.request, link.digest, decision)
    except ConflictError as error:
        return _close(error)
    except FluxError as error:
        if error.kind is ErrorClass.BAD_ARGUMENT:
            return _show(desk, link, problem=str(error))
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


def _show(desk: AnswerDesk, link: AnswerLink, problem: str = "") -> HTMLResponse:
    try:
        card = desk.show(link.request)
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
        max_reason=MAX_REASON,
        max_text=MAX_TEXT,
    )


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


def read_form(form: Mapping[str, str]) -> Decision | None:
    """What a form decides; None if it says nothing."""
    match form.get("decision"):
        case "approve":
            return Approve()
        case "reject":
            return Reject(form.get("reason", "").strip() or "no reason given")
        case "reply" if form.get("answer", "").strip():
            return Reply(form["answer"].strip())
    return None


def describe_result(request_id: str, decision: Decision, state: RunState) -> str:
    """What has become of a request."""
    waits = state.waiting_for
    if waits is not None and waits.id == request_id:
        return f"Your vote on request {request_id} counts, and it still waits for {waits.missing}."
    match decision:
        case Approve():
            return f"Request {request_id} is approved."
        case Reject():
            return f"Request {request_id} is refused."
        case Reply():
            return f"Request {request_id} is answered."
