"""The Celery task that sends the spans of traced runs."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from fluxagents.workers.celery.app import TRACE
from fluxagents.workers.celery.process import Process


# Without events: its ticks would bury the steps in Flower.
@shared_task(bind=True, name=TRACE, send_events=False)  # type: ignore[untyped-decorator] # Celery ships no types
def trace(self: Any) -> int:
    """Send the spans of what was recorded since the last time.

    Returns:
        How many steps that were.
    """
    process: Process = self.app.process
    return process.trace_relay().relay()
