"""`/live`: tells a page that something changed, so that it looks again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import Hub, load_visible
from fluxagents.scheduler.http.ports import LiveEntry
from fluxagents.scheduler.http.streams.event_hub import EventHub, Wish
from fluxagents.scheduler.http.streams.sse import listen_on, stream
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Visitor, Who

router = APIRouter(route_class=PageRoute)

Name = Annotated[str, Query(max_length=MAX_NAME)]


@router.get("/live")
def follow(who: Who, hub: Hub, run: Name = "", session: Name = "") -> StreamingResponse:
    """Changes of a run, of a session, or of all runs that whoever asks may see."""
    if run:
        load_visible(who.client, run)

    def wish(entry: LiveEntry) -> bool:
        return run in {"", entry.run_id} and session in {"", entry.session}

    note_presence = partial(who.ports.presence.enter, run, who.name) if run else None
    return stream(_signal(hub, wish, partial(_may_see, who), note_presence))


def _may_see(who: Visitor, entry: LiveEntry) -> bool:
    try:
        return who.client.may_see(who.client.store.load(entry.run_id))
    except FluxError as error:
        if error.kind is not ErrorClass.UNKNOWN_ID:
            raise
        return False


async def _signal(
    hub: EventHub,
    wish: Wish,
    may_see: Callable[[LiveEntry], bool],
    note_presence: Callable[[], None] | None,
) -> AsyncIterator[bytes]:
    """An event for each change; the page reads anew what it shows, so none has to be repeated."""
    async with hub.listen(wish) as listener:
        yield b"event: ready\ndata:\n\n"
        if note_presence:
            await run_sync(note_presence)
        async for happening in listen_on(listener):
            if happening is None:
                if note_presence:
                    await run_sync(note_presence)
                yield b"event: beat\ndata:\n\n"
            elif await run_sync(may_see, happening.entry):
                yield b"event: change\ndata: %s\n\n" % happening.entry.run_id.encode()
