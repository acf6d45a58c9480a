"""The Celery task that looks every few seconds for events that triggers wait for."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine

READ = "control.read"


# Without events: its ticks would bury the steps in Flower.
@shared_task(bind=True, name=READ, send_events=False)  # type: ignore[untyped-decorator] # Celery ships no types
def read(self: Any) -> int:
    """Gather what triggers wait for; how many events."""
    triggers: TriggerEngine = self.app.process.triggers
    return triggers.read()
