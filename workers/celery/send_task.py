"""The Celery task that sends the messages of webhooks."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from fluxagents.scheduler.outbox.courier import Courier
from fluxagents.scheduler.webhooks.poster import build_carrier
from fluxagents.scheduler.webhooks.relay_task import SEND
from fluxagents.workers.celery.process import Process
from fluxagents.workers.files.web.web_poster import WebPoster
from fluxagents.workers.settings import Settings


@shared_task(bind=True, name=SEND)  # type: ignore[untyped-decorator] # Celery ships no types
def send(self: Any) -> int:
    """Send what is due.

    Returns:
        How many attempts that were.
    """
    settings: Settings = self.app.settings
    process: Process = self.app.process
    carry = build_carrier(WebPoster(settings.webhook_hosts), process.clock)
    return Courier(process.outbox, carry, process.clock).deliver()
