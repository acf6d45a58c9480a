"""`/v1/sessions` and `/v1/events`: runs that belong together, and what they write as it happens.

The name of a session may hold slashes, so its plain address comes after the others.
"""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from fluxagents.flows.errors import FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.ports.session import (
    SessionEntry,
    SessionRecord,
    SessionStatus,
    SessionUsage,
    unknown_session,
)
from fluxagents.scheduler.batches.batches import Tally, session_states
from fluxagents.scheduler.http.access import Body, Client, Hub, Ports, tag_content
from fluxagents.scheduler.http.paging import (
    Cursor,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    link_next,
)
from fluxagents.scheduler.http.ports import LiveEntry
from fluxagents.scheduler.http.routes.runs import SSE, LastEventId
from fluxagents.scheduler.http.streams.sse import follow_all, stream
from fluxagents.scheduler.runs.run_client import RunClient

router = APIRouter(tags=["sessions"])


class ListedSession(Body):
    """A session in a list."""

    session: SessionRecord
    used: SessionUsage
    runs: int
    active: datetime
    """When its last run started, or when it was made."""


class SessionTally(Body):
    """A session, and how its runs are doing."""

    name: str
    session: SessionRecord | None
    """What is known of it; null for a run that is a session of its own."""
    used: SessionUsage | None
    active: datetime | None
    """When its last run started, or when it was made."""
    runs: int
    finished: int
    failed: int
    waiting: int
    running: int


def _is_visible(client: RunClient, session: str) -> bool:
    return client.authority.may(Action.RUN_READ, Resource(kind="session", id=session, session=session))


def _check_visible(client: RunClient, session: str) -> None:
    if not _is_visible(client, session):
        raise unknown_session(session)


def _active(entry: SessionEntry) -> datetime:
    return datetime.fromtimestamp(entry.active_ms / 1_000, tz=UTC)


@router.get("/sessions", summary="List sessions")
def list_sessions(
    client: Client,
    request: Request,
    response: Response,
    status: SessionStatus = "open",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[ListedSession]:
    """The sessions that you may see, those that were active last first; a page may hold fewer."""
    place = decode_cursor(cursor, int)
    offset = int(place[0]) if place else 0
    entries = client.store.sessions.page(status, limit=limit, offset=max(offset, 0))
    following = encode_cursor(offset + limit) if len(entries) == limit else None
    link_next(request, response, following)
    shown = [
        ListedSession(
            session=entry.session,
            used=entry.usage,
            runs=entry.runs,
            active=_active(entry),
        )
        for entry in entries
        if _is_visible(client, entry.session.name)
    ]
    return Page(items=shown, next_cursor=following)


@router.get(
    "/sessions/{session:path}/events",
    summary="Follow a session",
    response_class=StreamingResponse,
    responses=SSE,
)
def follow_session(
    session: str, client: Client, hub: Hub, ports: Ports, last_event_id: LastEventId = ""
) -> StreamingResponse:
    """Events of all runs of a session as they happen, from `Last-Event-ID` on."""
    _check_visible(client, session)
    return stream(
        follow_all(
            hub,
            ports.live,
            lambda entry: entry.session == session,
            _SeenEntries(client).may_see,
            last_event_id,
        )
    )


@router.get("/sessions/{session:path}", summary="Show a session")
def show_session(session: str, client: Client, response: Response) -> SessionTally:
    """A session, and how its runs are doing; `/v1/runs?session=` lists them."""
    _check_visible(client, session)
    entry = client.store.sessions.get(session)
    states = session_states(client.store, session)
    if entry is None and not states:
        raise unknown_session(session)
    if entry is not None:
        response.headers["ETag"] = tag_content(entry.session)
    tally = Tally.of(states.values(), total=len(states))
    return SessionTally(
        name=session,
        session=entry.session if entry else None,
        used=entry.usage if entry else None,
        active=_active(entry) if entry else None,
        runs=len(states),
        finished=tally.finished,
        failed=tally.failed,
        waiting=tally.waiting,
        running=tally.running,
    )


@router.get("/events", summary="Follow all", response_class=StreamingResponse, responses=SSE, tags=["events"])
def follow_everything(
    client: Client, hub: Hub, ports: Ports, last_event_id: LastEventId = ""
) -> StreamingResponse:
    """Events of all runs that you may see as they happen, from `Last-Event-ID` on.

    The event `gap` says that some were missed because they are no longer kept: list the runs anew.
    """
    return stream(follow_all(hub, ports.live, lambda _: True, _SeenEntries(client).may_see, last_event_id))


class _SeenEntries:
    """Whether a listener may see what a run writes; asked again for every entry, since roles change."""

    def __init__(self, client: RunClient) -> None:
        self._client = client

    def may_see(self, entry: LiveEntry) -> bool:
        try:
            return self._client.may_see(self._client.store.load(entry.run_id))
        except FluxError:
            # It was removed, or its owner was: there is nothing to see.
            return False
