"""Finds what the broker lost and publishes it again. May run anywhere, any number of times at once."""

from __future__ import annotations

import structlog

from fluxagents.tasks.effects import Effects
from fluxagents.tasks.protocol import publish

log = structlog.get_logger("reconcile")

BATCH = 500
"""Most messages that one tick publishes into one queue."""


def reconcile(effects: Effects) -> int:
    """Publish every dispatch whose time has come or that was lost, and every step whose worker died.

    Returns:
        How many messages were published.
    """
    published = 0
    for queue in effects.queues:
        idle = effects.publisher.is_idle(queue)
        for outgoing in effects.store.find_lost_dispatches(
            queue, idle=idle, grace_ms=effects.grace_ms, limit=BATCH
        ):
            log.info("published again", run=outgoing.run_id, step=outgoing.seq, attempt=outgoing.attempt)
            publish(effects.publisher, outgoing)
            published += 1
    for outgoing in effects.store.wake(limit=BATCH):
        publish(effects.publisher, outgoing)
        published += 1
    return published
