"""`/v1/runs/{run_id}/…`: ratings, corrections and comments, who watches a run, and who looks at it now."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import Field

from fluxagents.flows.people.remarks import (
    WHOLE_RUN,
    ExpectedCall,
    ExpectedValue,
    Remark,
    RemarkSubject,
)
from fluxagents.flows.texts.grammar import MAX_REASON
from fluxagents.scheduler.collaboration.collaboration import Collaboration
from fluxagents.scheduler.collaboration.feedback import Feedback
from fluxagents.scheduler.http.access import Body, Client, Ports, load_visible
from fluxagents.scheduler.http.paging import Cursor, Limit, Page, link_next, slice_page
from fluxagents.scheduler.http.times import from_milliseconds

router = APIRouter(prefix="/runs/{run_id}", tags=["remarks"])


class NewRating(Body):
    """How good an answer or a decision is."""

    stars: int = Field(ge=1, le=5, examples=[4])
    on: RemarkSubject = WHOLE_RUN
    """`run`, `step:5` or `finding:f3`."""
    reason: str = Field("", max_length=MAX_REASON)


class NewCorrection(Body):
    """What an answer or a decision should have been; one of `calls`, `value` and `answer` at least."""

    calls: list[ExpectedCall] = Field(default_factory=list, max_length=50)
    """All calls that answer the question, in any order; none leaves them open."""
    value: ExpectedValue | None = None
    answer: str = Field("", max_length=MAX_REASON, examples=["It grows on acetate."])
    on: RemarkSubject = WHOLE_RUN


class NewComment(Body):
    """A text for others; `@bob` and `@group:curators` put it into their inboxes."""

    text: str = Field(min_length=1, max_length=MAX_REASON, examples=["Is this the right medium?"])
    on: RemarkSubject = WHOLE_RUN


class Watched(Body):
    """Whether you want to know when the run ends."""

    watched: bool
    is_new: bool
    """Whether it was not so before."""


class Present(Body):
    """Somebody who looks at a run now."""

    person: str
    last_seen: datetime


class Audience(Body):
    """Who looks at a run now, and who wants to know when it ends."""

    present: list[Present]
    watchers: list[str]


@router.get("/remarks", summary="What people say about a run")
def list_remarks(
    run_id: str,
    client: Client,
    ports: Ports,
    request: Request,
    response: Response,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[Remark]:
    """Ratings, corrections, comments, watches and claims, the oldest first."""
    load_visible(client, run_id)
    remarks = Collaboration(client, ports.presence).remarks(run_id)
    items, following = slice_page(remarks, limit, cursor)
    link_next(request, response, following)
    return Page[Remark](items=items, next_cursor=following)


@router.post("/ratings", status_code=201, summary="Rate a run")
def rate_run(run_id: str, body: NewRating, client: Client, ports: Ports) -> Remark:
    """Say how good an answer, a decision or a finding is; your later rating replaces your former one."""
    load_visible(client, run_id)
    feedback = Feedback(client, ports.remedies)
    return feedback.rate(run_id, body.stars, on=body.on, reason=body.reason)


@router.post("/corrections", status_code=201, summary="Correct a run")
def correct_run(run_id: str, body: NewCorrection, client: Client, ports: Ports) -> Remark:
    """Say what an answer or a decision should have been; the run stays as it is."""
    load_visible(client, run_id)
    feedback = Feedback(client, ports.remedies)
    return feedback.correct(run_id, calls=body.calls, value=body.value, answer=body.answer, on=body.on)


@router.post("/comments", status_code=201, summary="Comment on a run")
def comment_on_run(run_id: str, body: NewComment, client: Client, ports: Ports) -> Remark:
    """Say something about a run, a step or a finding."""
    load_visible(client, run_id)
    return Collaboration(client, ports.presence).comment(run_id, body.text, on=body.on)


@router.post("/watch", summary="Watch a run")
def watch_run(run_id: str, client: Client, ports: Ports) -> Watched:
    """Find the run in your inbox when it has ended."""
    load_visible(client, run_id)
    return Watched(watched=True, is_new=Collaboration(client, ports.presence).watch(run_id))


@router.post("/unwatch", summary="Watch a run no more")
def unwatch_run(run_id: str, client: Client, ports: Ports) -> Watched:
    """Not find the run in your inbox."""
    load_visible(client, run_id)
    is_new = Collaboration(client, ports.presence).watch(run_id, is_on=False)
    return Watched(watched=False, is_new=is_new)


@router.get("/presence", summary="Who looks at a run")
def show_presence(run_id: str, client: Client, ports: Ports) -> Audience:
    """Who follows its events or said so in the last 45 s, and who watches it."""
    load_visible(client, run_id)
    return _list_audience(run_id, Collaboration(client, ports.presence))


@router.post("/presence", summary="Look at a run")
def look_at_run(run_id: str, client: Client, ports: Ports) -> Audience:
    """Say that you look at the run now; again within 45 s, or you are taken to be gone."""
    load_visible(client, run_id)
    collaboration = Collaboration(client, ports.presence)
    collaboration.look_at(run_id)
    return _list_audience(run_id, collaboration)


@router.post("/presence/leave", summary="Look away from a run")
def look_away_from_run(run_id: str, client: Client, ports: Ports) -> Audience:
    """Say that you look at the run no more."""
    load_visible(client, run_id)
    collaboration = Collaboration(client, ports.presence)
    collaboration.look_away(run_id)
    return _list_audience(run_id, collaboration)


def _list_audience(run_id: str, collaboration: Collaboration) -> Audience:
    present = [
        Present(person=person, last_seen=from_milliseconds(at_ms))
        for person, at_ms in sorted(collaboration.present(run_id).items())
    ]
    return Audience(present=present, watchers=collaboration.watchers(run_id))
