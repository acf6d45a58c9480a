"""The Celery task that carries posts to humans, and what humans sent to where it is dealt with."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from fluxagents.scheduler.channels.post_task import CARRY
from fluxagents.scheduler.outbox.courier import Courier
from fluxagents.workers.celery.process import Process


@shared_task(bind=True, name=CARRY)  # type: ignore[untyped-decorator] # Celery ships no types
def carry(self: Any) -> int:
    """Carry what is due.

    Returns:
        How many attempts that were.
    """
    process: Process = self.app.process
    bounces = process.bounces
    return Courier(process.channel_outbox, process.carriers(), process.clock, bounces.note_given_up).deliver()
