"""The Celery task that looks every few seconds at the schedules and triggers that are due."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from fluxagents.scheduler.firings.lookout import Lookout

LOOK = "control.look"


# Without events: its ticks would bury the steps in Flower.
@shared_task(bind=True, name=LOOK, send_events=False)  # type: ignore[untyped-decorator] # Celery ships no types
def look(self: Any) -> int:
    """Serve what is due; the count of it."""
    lookout: Lookout = self.app.process.lookout
    return lookout.look()
