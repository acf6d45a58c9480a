"""Server-sent events as a listener reads them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx2

STREAM = {"Accept": "text/event-stream"}


async def read_events(response: httpx2.Response) -> AsyncIterator[dict[str, str]]:
    """The events of a stream; a comment is one without a name."""
    event: dict[str, str] = {}
    async for line in response.aiter_lines():
        if not line:
            yield event
            event = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value


async def next_named(events: AsyncIterator[dict[str, str]]) -> dict[str, str]:
    async with asyncio.timeout(30):
        while True:
            event = await anext(events)
            if event:
                return event
