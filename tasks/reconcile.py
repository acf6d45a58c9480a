"""Finds what the broker lost and publishes it again. May run anywhere, any number of times at once."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from fluxagents.flows.ports.publisher import Publisher
from fluxagents.flows.ports.run_store import DispatchRecovery
from fluxagents.tasks.protocol import publish

log = structlog.get_logger("reconcile")

BATCH = 500
"""Most messages that one tick publishes into one queue."""

MAX_WAKES = 20
"""Batches of timers that one tick fires: those of ten thousand requests may be due at one time."""


@dataclass(frozen=True, kw_only=True)
class ReconcilerPorts:
    """What the reconciler needs."""

    dispatches: DispatchRecovery
    publisher: Publisher
    queues: tuple[str, ...]
    """The queues that it looks after."""
    grace_ms: int = 3_000
    """How long a dispatch may be missing before it counts as lost."""


def reconcile(ports: ReconcilerPorts) -> int:
    """Publish every dispatch whose time has come or that was lost, and every step whose worker died.

    Returns:
        How many messages were published.
    """
    published = 0
    for queue in ports.queues:
        idle = ports.publisher.is_idle(queue)
        for outgoing in ports.dispatches.find_lost_dispatches(
            queue, idle=idle, grace_ms=ports.grace_ms, limit=BATCH
        ):
            log.info("published again", run=outgoing.run_id, step=outgoing.seq, attempt=outgoing.attempt)
            publish(ports.publisher, outgoing)
            published += 1
    for _ in range(MAX_WAKES):
        woken = ports.dispatches.wake(limit=BATCH)
        for outgoing in woken:
            publish(ports.publisher, outgoing)
        published += len(woken)
        if len(woken) < BATCH:
            break
    return published
