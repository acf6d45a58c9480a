"""`/v1/approvals` and `/v1/questions`: what waits for a human, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field, JsonValue

from fluxagents.flows.engine.requests.silence import describe_silence
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.ladders import MAX_SECONDS
from fluxagents.flows.ports.run_store import RequestPlace, RunQueries
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME, MAX_REASON, MAX_TEXT
from fluxagents.scheduler.http.access import Body, Client, VisibleSessions, load_visible, tag_run
from fluxagents.scheduler.http.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, link_next
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.scheduler.runs.request_view import RequestView
from fluxagents.scheduler.runs.run_client import RunClient

router = APIRouter()

APPROVALS: frozenset[str] = frozenset({"approval"})
QUESTIONS: frozenset[str] = frozenset({"question", "escalation"})
ALL = APPROVALS | QUESTIONS

CHUNK = 100
"""Requests that are read at once."""


class OpenRequest(Body):
    """Something that waits for a human."""

    id: str
    kind: Literal["approval", "question", "escalation"]
    run_id: str
    session: str
    flow: str
    model: str
    run_question: str
    """What the run is to answer."""
    request: HumanRequest
    missing: str
    """Whose answer it waits for, in words: `1 more of group:curators`."""
    if_nobody_answers: str
    """What happens then, and when."""


class Approval(Body):
    """Agreement to a call."""

    args: dict[str, JsonValue] | None = None
    """Arguments that are to differ from those asked for."""
    comment: str = Field("", max_length=MAX_REASON)
    digest: str = Field("", max_length=64)
    """The `digest` of the request that was shown; with another one nothing is approved."""


class Comment(Body):
    """Why somebody abstains or steps out."""

    comment: str = Field("", max_length=MAX_REASON)
    digest: str = Field("", max_length=64)


class Edit(Comment):
    """Other arguments for a call that is asked for."""

    args: dict[str, JsonValue]


class Delegating(Body):
    """Who votes in one's place."""

    to: str = Field(max_length=MAX_NAME)
    for_s: float = Field(0, ge=0, le=MAX_SECONDS)
    """For how many seconds; 0 for as long as the request waits."""
    comment: str = Field("", max_length=MAX_REASON)


class Rejection(Body):
    """Refusal of a call."""

    reason: str = Field("no reason given", max_length=MAX_REASON)
    """Is shown to the chat model."""
    digest: str = Field("", max_length=64)


class Reply(Body):
    """The answer to a question or an escalation."""

    answer: str = Field(max_length=MAX_TEXT)
    digest: str = Field("", max_length=64)


Session = Annotated[str, Query(max_length=MAX_NAME, description="Only of this session.")]


def list_open(
    client: RunClient, kinds: frozenset[str], session: str, page: tuple[int, str]
) -> tuple[list[OpenRequest], str | None]:
    """A page of what waits, and the cursor of the next one.

    The cursor is the place of the last entry: what is answered meanwhile moves no other one past a reader.
    """
    limit, cursor = page
    begin = decode_cursor(cursor, int, str)
    place = RequestPlace(int(begin[0]), str(begin[1])) if begin else None
    # Read no further than the page: thousands may wait, and each has a state.
    entries = list(islice(_find_visible(client, kinds, session, place), limit + 1))
    following = encode_cursor(*entries[limit - 1][0]) if len(entries) > limit else None
    return [entry for _, entry in entries[:limit]], following


def _find_visible(
    client: RunClient, kinds: frozenset[str], session: str, place: RequestPlace | None
) -> Iterator[tuple[RequestPlace, OpenRequest]]:
    visible = VisibleSessions(client)
    for each, request in _walk(client.store, place):
        if request.kind in kinds:
            state = client.store.load(each.run_id)
            if session in {"", state.session} and visible.shows(state):
                yield each, _describe(client, request, state)


def _walk(store: RunQueries, place: RequestPlace | None) -> Iterator[tuple[RequestPlace, HumanRequest]]:
    while entries := store.requests_after(place, limit=CHUNK):
        yield from entries
        place = entries[-1][0]


def _describe(client: RunClient, request: HumanRequest, state: RunState) -> OpenRequest:
    return OpenRequest(
        id=request.id,
        kind=request.kind,
        run_id=state.run_id,
        session=state.session,
        flow=state.flow.name,
        model=state.model_name,
        run_question=str(state.inputs.get("question", "")),
        request=request,
        missing=request.missing,
        if_nobody_answers=describe_silence(client.runs.controller(state).flow, state, request),
    )


def _find(client: RunClient, request_id: str, kinds: frozenset[str]) -> HumanRequest:
    """The open request of this id; what is not to be seen does not exist."""
    try:
        load_visible(client, request_id.rpartition(".")[0])
    except FluxError as error:
        if error.kind is not ErrorClass.UNKNOWN_ID:
            raise
        raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no request {quote(request_id)}") from error
    request = client.request(request_id)
    if request.kind not in kinds:
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"{quote(request_id)} is of kind {request.kind!r}",
            suggestions=("look at /v1/approvals or /v1/questions",),
        )
    return request


def find_request(client: RunClient, request_id: str) -> HumanRequest:
    """The open approval of this id.

    Raises:
        FluxError: `UNKNOWN_ID` if there is none, or none that whoever acts may see.
    """
    return _find(client, request_id, APPROVALS)


class RequestAnswers:
    """Takes what somebody says to a request, and answers with the run as it is then."""

    def __init__(self, client: Client, response: Response) -> None:
        self.client = client
        self._response = response

    def take(
        self, request_id: str, kinds: frozenset[str], digest: str, act: Callable[[str], RunState]
    ) -> RunState:
        """Do what is said to a request, of these kinds and with the digest that it was shown with."""
        shown = _find(self.client, request_id, kinds)
        if digest and digest != shown.digest:
            raise ProblemError(
                "changed", f"request {quote(request_id)} has the digest {shown.digest}, not {digest}"
            )
        state = act(shown.digest)
        tag_run(self._response, state)
        return state


Answers = Annotated[RequestAnswers, Depends()]


@router.get("/approvals", summary="List approvals", tags=["approvals"])
def list_approvals(
    client: Client,
    request: Request,
    response: Response,
    session: Session = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[OpenRequest]:
    """What waits for the agreement of a human, the oldest first."""
    items, following = list_open(client, APPROVALS, session, (limit, cursor))
    link_next(request, response, following)
    return Page(items=items, next_cursor=following)


@router.get("/approvals/{request_id}", summary="Show an approval", tags=["approvals"])
def show_approval(request_id: str, client: Client) -> RequestView:
    """One request, while it waits: what would happen, who asked, why, and what follows from no answer."""
    _find(client, request_id, APPROVALS)
    return client.show_request(request_id)


@router.post("/approvals/{request_id}/approve", summary="Approve", tags=["approvals"])
def approve(request_id: str, answers: Answers, body: Approval | None = None) -> RunState:
    """Agree to a call, as it was asked for or with other arguments."""
    given = body or Approval()
    return answers.take(
        request_id,
        APPROVALS,
        given.digest,
        lambda shown: answers.client.approve(
            request_id, args=given.args, comment=given.comment, digest=shown
        ),
    )


@router.post("/approvals/{request_id}/reject", summary="Reject", tags=["approvals"])
def reject(request_id: str, answers: Answers, body: Rejection | None = None) -> RunState:
    """Refuse a call."""
    given = body or Rejection()
    return answers.take(
        request_id,
        APPROVALS,
        given.digest,
        lambda shown: answers.client.reject(request_id, reason=given.reason, digest=shown),
    )


@router.post("/approvals/{request_id}/edit", summary="Edit the arguments", tags=["approvals"])
def edit(request_id: str, body: Edit, answers: Answers) -> RunState:
    """Change the arguments of the call: what was said before counts no more, and all are asked again."""
    return answers.take(
        request_id,
        APPROVALS,
        body.digest,
        lambda shown: answers.client.edit_request(request_id, body.args, comment=body.comment, digest=shown),
    )


@router.post("/approvals/{request_id}/abstain", summary="Abstain", tags=["approvals"])
def abstain(request_id: str, answers: Answers, body: Comment | None = None) -> RunState:
    """Have no opinion, on an approval or a question: nobody waits for this vote any more."""
    given = body or Comment()
    return answers.take(
        request_id,
        ALL,
        given.digest,
        lambda shown: answers.client.abstain(request_id, comment=given.comment, digest=shown),
    )


@router.post("/approvals/{request_id}/recuse", summary="Step out", tags=["approvals"])
def recuse(request_id: str, answers: Answers, body: Comment | None = None) -> RunState:
    """Step out of an approval or a question that one may not judge."""
    given = body or Comment()
    return answers.take(
        request_id,
        ALL,
        given.digest,
        lambda shown: answers.client.recuse(request_id, comment=given.comment, digest=shown),
    )


@router.post("/approvals/{request_id}/delegate", summary="Delegate the vote", tags=["approvals"])
def delegate(request_id: str, body: Delegating, answers: Answers) -> RunState:
    """Let another person vote, or answer, in one's place."""
    return answers.take(
        request_id,
        ALL,
        "",
        lambda _: answers.client.delegate(request_id, body.to, for_s=body.for_s, comment=body.comment),
    )


@router.get("/questions", summary="List questions", tags=["questions"])
def list_questions(
    client: Client,
    request: Request,
    response: Response,
    session: Session = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[OpenRequest]:
    """Questions and escalations that wait for a human, the oldest first."""
    items, following = list_open(client, QUESTIONS, session, (limit, cursor))
    link_next(request, response, following)
    return Page(items=items, next_cursor=following)


@router.get("/questions/{request_id}", summary="Show a question", tags=["questions"])
def show_question(request_id: str, client: Client) -> RequestView:
    """One question, while it waits."""
    _find(client, request_id, QUESTIONS)
    return client.show_request(request_id)


@router.post("/questions/{request_id}/reply", summary="Reply", tags=["questions"])
def reply(request_id: str, body: Reply, answers: Answers) -> RunState:
    """Answer a question or an escalation."""
    return answers.take(
        request_id,
        QUESTIONS,
        body.digest,
        lambda shown: answers.client.reply(request_id, answer=body.answer, digest=shown),
    )
