"""`/sessions`: runs that belong together, as a heat map of any of their numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args
from urllib.parse import quote as quote_url

from fastapi import APIRouter, Query
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.ports.session import SessionStatus
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.batches.batch_tables import summary_rows
from fluxagents.scheduler.batches.batches import Tally
from fluxagents.scheduler.pages.drawings.heat_map import build_heat_map
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Who, go_to
from fluxagents.scheduler.sessions.sessions import Sessions

router = APIRouter(route_class=PageRoute)

PAGE = 50
MAX_RUNS = 2_000
"""Of a heat map; a larger session is looked at by its table."""


@router.get("/sessions")
def list_sessions(
    who: Who, status: SessionStatus = "open", offset: Annotated[int, Query(ge=0, le=10**6)] = 0
) -> Response:
    """The sessions with a status, those that were active last first."""
    entries = who.ports.sessions(who.client).page(status, limit=PAGE, offset=offset)
    return who.show(
        "sessions.html.j2",
        entries=entries,
        chosen=status,
        statuses=get_args(SessionStatus),
        offset=offset,
        following=offset + PAGE if len(entries) == PAGE else None,
    )


@router.get("/sessions/{name:path}")
def show_session(name: str, who: Who, key: Annotated[str, Query(max_length=MAX_NAME)] = "") -> Response:
    """A session: its progress, a heat map, what disagrees and stands out, and what it used."""
    sessions = who.ports.sessions(who.client)
    entry = sessions.show(name)
    states = [state for state in sessions.states(name) if not state.parent]
    clusters = sessions.clusters(name) if len(states) <= MAX_RUNS else []
    outliers = [(cluster.question, each) for cluster in clusters for each in cluster.outliers]
    standing_out = {(run, each.what) for _, each in outliers for run in each.runs}
    return who.show(
        "session.html.j2",
        entry=entry,
        tally=Tally.of(states, total=len(states)),
        heat=build_heat_map(summary_rows(states[:MAX_RUNS]), key, standing_out),
        left_out=max(len(states) - MAX_RUNS, 0),
        outliers=outliers,
        clusters=[each for each in clusters if each.disagreements or each.outliers],
        may_act=who.may(Action.SESSION_CLOSE, name),
        acts=ACTS,
    )


@router.post("/sessions/{name:path}")
def act_on_session(name: str, who: Who) -> Response:
    """Pause, resume or cancel all runs of a session, close or open it."""
    act = ACTS.get(who.form.get("act"))
    if act is None:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "no act is chosen")
    act(who.ports.sessions(who.client), name)
    return go_to(f"/sessions/{quote_url(name, safe='')}")


ACTS: Mapping[str, Callable[[Sessions, str], Any]] = {
    "pause": Sessions.pause,
    "resume": Sessions.resume,
    "close": Sessions.close,
    "open": Sessions.open,
    "cancel": lambda sessions, name: sessions.cancel(name, reason="on its page"),
}
"""What the buttons of a session do."""
