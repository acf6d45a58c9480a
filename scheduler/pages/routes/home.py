"""`/`: what waits for whoever looks, what runs, what has ended since they last looked, and a box to ask."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from fluxagents.flows.people.actions import Action
from fluxagents.flows.state import RunState, Status
from fluxagents.scheduler.collaboration.inbox import Inbox
from fluxagents.scheduler.http.access import VisibleSessions
from fluxagents.scheduler.http.run_listing import RunFilter, list_page
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.routes.ask import fill_box
from fluxagents.scheduler.pages.run_lookup import look_up_runs
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to

router = APIRouter(route_class=PageRoute)

LISTED = 8
"""Runs of each kind."""


@router.get("/")
def show_home(who: Who) -> Response:
    """The first page."""
    inbox = Inbox(who.client).look(limit=LISTED)
    read_until_ms = who.client.store.remarks.read_until(who.name)
    return who.show(
        "home.html.j2",
        inbox=inbox,
        watched=look_up_runs(who, (run.run_id for run in inbox.ended)),
        read_until_ms=read_until_ms,
        running=_list_runs(who, "running"),
        finished=_list_runs(who, "finished"),
        failed=[*_list_runs(who, "failed"), *_list_runs(who, "dead")][:LISTED],
        may_start=who.may(Action.RUN_START),
        box=fill_box(who),
    )


@router.post("/")
def mark_read(who: Who) -> Response:
    """Let what was shown be read."""
    shown_ms = who.form.get("at_ms")
    Inbox(who.client).mark_read(int(shown_ms) if shown_ms.isdecimal() else None)
    return go_to("/")


def _list_runs(who: Visitor, status: Status) -> list[RunState]:
    where = RunFilter(status=status)
    shows = VisibleSessions(who.client).shows
    return list_page(who.client.store, where, shows, limit=LISTED, after=None)[0]
