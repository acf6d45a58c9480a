"""What a process of the API counts goes to the store every few seconds."""

from __future__ import annotations

import asyncio

import structlog
from anyio.to_thread import run_sync

from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.streams.event_hub import EventHub

EVERY_S = 5.0

log = structlog.get_logger("api")


async def keep_counts(ports: ApiPorts, hub: EventHub) -> None:
    """Store it until cancelled; what cannot be stored now is stored later."""
    while True:
        try:
            await run_sync(ports.metrics.store, hub.listeners)
        except ports.unreachable as error:
            log.warning("counts are not stored", error=str(error))
        await asyncio.sleep(EVERY_S)
