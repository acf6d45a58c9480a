"""Server-sent events: what a run, a session or all of them write, from where the listener left off."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable

from anyio.to_thread import run_sync
from starlette.responses import StreamingResponse

from fluxagents.flows.events import EVENT, Event
from fluxagents.flows.state import TERMINAL
from fluxagents.scheduler.http.ports import LiveEntry, LiveEvents
from fluxagents.scheduler.http.streams.event_hub import EventHub, Happening, Listener, Wish
from fluxagents.scheduler.runs.run_client import RunClient

EVENT_STREAM = "text/event-stream"

HEARTBEAT_S = 15.0
"""A comment is sent after so long a silence, so that nobody between takes the connection for dead."""

_END = frozenset({"RunFinished", "RunFailed", "RunCancelled", "RunDeadLettered"})
_POSITION = re.compile(r"(\d+-\d+)\.(\d+)")

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def stream(frames: AsyncIterator[bytes]) -> StreamingResponse:
    """The answer that sends frames as they come."""
    return StreamingResponse(frames, media_type=EVENT_STREAM, headers=_HEADERS)


def frame(event_id: str, name: str, data: bytes) -> bytes:
    """One event; its data is JSON on one line."""
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event_id.encode(), name.encode(), data)


async def follow_run(
    hub: EventHub, client: RunClient, run_id: str, seen: int, give_sign: Callable[[], None]
) -> AsyncIterator[bytes]:
    """A run's events from an index of its log on, until it ends; their ids are those indexes.

    Args:
        hub: Reads what happens.
        client: Of the listener.
        run_id: The run.
        seen: The index of the first event that the listener has not seen.
        give_sign: Says that the listener looks at the run; called in a thread, every few seconds.

    Yields:
        Frames; a remark has none of those ids: whoever comes back begins after the last event.
    """
    async with hub.listen(lambda entry: entry.run_id == run_id) as listener:
        yield b": listening\n\n"
        await run_sync(give_sign)
        # The state first: what has ended writes nothing more.
        state = await run_sync(client.store.load, run_id)
        history = await run_sync(client.store.events, run_id)
        for index, event in enumerate(history[seen:], seen):
            yield frame(str(index), event.type, _to_json(event))
        seen = max(seen, len(history))
        if state.status in TERMINAL:
            return
        async for happening in listen_on(listener):
            if happening is None:
                await run_sync(give_sign)
                yield b": still here\n\n"
                continue
            if happening.entry.remark:
                for line in happening.lines:
                    yield b"event: remark\ndata: %s\n\n" % line
                continue
            skipped = max(seen - happening.entry.first, 0)
            name = ""
            for index, line in enumerate(happening.lines[skipped:], happening.entry.first + skipped):
                name = name_of(line)
                yield frame(str(index), name, line)
                seen = index + 1
            if name in _END:
                return


async def follow_all(
    hub: EventHub,
    live: LiveEvents,
    wish: Wish,
    may_see: Callable[[LiveEntry], bool],
    last_event_id: str,
) -> AsyncIterator[bytes]:
    """Events of many runs as they happen.

    Args:
        hub: Reads what happens.
        live: Where what was missed is read.
        wish: Which entries are wanted.
        may_see: Whether the listener may see an entry; asked in a thread.
        last_event_id: The last id that the listener has; empty to begin now.
    """
    async with hub.listen(wish) as listener:
        yield b": listening\n\n"
        last = ""
        if position := _POSITION.fullmatch(last_event_id):
            missed = await live.since(position[1])
            if missed is None:
                yield b"event: gap\ndata: {}\n\n"
            for entry in missed or ():
                done = int(position[2]) + 1 if entry.id == position[1] else 0
                if wish(entry) and await run_sync(may_see, entry):
                    lines = tuple(await live.lines(entry))
                    for part in _frames(Happening(entry, lines), done):
                        yield part
                last = entry.id
        async for happening in listen_on(listener):
            if happening is None:
                yield b": still here\n\n"
            elif _order(happening.entry.id) > _order(last) and await run_sync(may_see, happening.entry):
                for part in _frames(happening, 0):
                    yield part


async def listen_on(listener: Listener) -> AsyncIterator[Happening | None]:
    """What a listener gets, and None whenever it was silent for long, until it is let go."""
    while True:
        try:
            happening = await listener.next(HEARTBEAT_S)
        except TimeoutError:
            yield None
            continue
        if happening is None:
            return
        yield happening


def _frames(happening: Happening, done: int) -> list[bytes]:
    entry = happening.entry
    head = json.dumps({"run_id": entry.run_id, "session": entry.session})[:-1].encode()
    field = b', "remark": ' if entry.remark else b', "event": '
    return [
        frame(f"{entry.id}.{index}", "remark" if entry.remark else name_of(line), head + field + line + b"}")
        for index, line in enumerate(happening.lines)
        if index >= done
    ]


def _order(entry_id: str) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds or 0), int(number or 0)


def name_of(line: bytes) -> str:
    """The type of an event that is JSON."""
    return str(json.loads(line).get("type", "event"))


def _to_json(event: Event) -> bytes:
    return EVENT.dump_json(event)
