"""One reader of what happens for all listeners of a process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.http.ports import LiveEntry, LiveEvents
from fluxagents.scheduler.http.problems import ProblemError

MAX_WAITING = 256
"""Entries that wait for one listener; a slower one is let go, and comes back with the last id that it saw."""

RETRY_S = 1.0
"""Before it is read again after Redis was away."""

log = structlog.get_logger("api")


@dataclass(frozen=True, slots=True)
class Happening:
    """An entry with its events, or its remark, as JSON; read once for all who listen."""

    entry: LiveEntry
    lines: tuple[bytes, ...]


Wish = Callable[[LiveEntry], bool]
"""Whether a listener wants an entry."""


class Listener:
    """What one listener has not taken yet."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self._waiting: asyncio.Queue[Happening | None] = asyncio.Queue(MAX_WAITING)
        self._is_lost = False

    def offer(self, happening: Happening) -> None:
        """Give it an entry, unless it is too slow or was let go."""
        if self._is_lost:
            return
        try:
            self._waiting.put_nowait(happening)
        except asyncio.QueueFull:
            self.release()

    def release(self) -> None:
        """End it: there is something that it did not get."""
        self._is_lost = True
        with suppress(asyncio.QueueEmpty):
            while True:
                self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def next(self, timeout_s: float) -> Happening | None:
        """The next entry; None when it was let go.

        Raises:
            TimeoutError: If there is none for so many seconds.
        """
        async with asyncio.timeout(timeout_s):
            return await self._waiting.get()


class EventHub:
    """Reads what happens while the API runs, and hands each entry to those who want it."""

    def __init__(self, live: LiveEvents, max_listeners: int) -> None:
        self._live = live
        self._max_listeners = max_listeners
        self._listeners: set[Listener] = set()
        self.is_reading = False
        """Whether what happens can be read now, as far as is known."""

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    async def run(self) -> None:
        """Read it until cancelled; after an outage of Redis all listeners begin anew."""
        while True:
            try:
                self.is_reading = True
                async for entry in self._live.follow():
                    await self._hand_out(entry)
            except FluxError as error:
                self.is_reading = False
                log.warning("what happens cannot be read", error=error.message)
            for listener in tuple(self._listeners):
                listener.release()
            await asyncio.sleep(RETRY_S)

    async def _hand_out(self, entry: LiveEntry) -> None:
        listeners = [listener for listener in tuple(self._listeners) if listener.wish(entry)]
        if listeners:
            happening = Happening(entry, tuple(await self._live.lines(entry)))
            for listener in listeners:
                listener.offer(happening)

    @asynccontextmanager
    async def listen(self, wish: Wish) -> AsyncIterator[Listener]:
        """Listen until the block ends."""
        if len(self._listeners) >= self._max_listeners:
            raise ProblemError(
                "rate_limited",
                f"{self._max_listeners:,} listeners are served by one process",
                headers={"Retry-After": "10"},
            )
        listener = Listener(wish)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
