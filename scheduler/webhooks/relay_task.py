"""The Celery task that looks every few seconds for events to tell of."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from fluxagents.scheduler.webhooks.endpoint_book import WebhookOutbox
from fluxagents.scheduler.webhooks.relay import WebhookRelay

RELAY = "control.relay"
SEND = "webhook.send"
"""See `fluxagents.workers.celery.send_task`."""

QUEUE = "human"
"""Its workers wait for the network; solvers have others."""

EXPIRES_S = 10.0
"""A call to send that nobody took in this time is made again by the next relay."""


# Without events: its ticks would bury the steps in Flower.
@shared_task(bind=True, name=RELAY, send_events=False)  # type: ignore[untyped-decorator] # Celery ships no types
def relay(self: Any) -> int:
    """Put messages about new events into the outbox, and call a courier if any is due.

    Returns:
        How many messages are new.
    """
    webhook_relay: WebhookRelay = self.app.process.relay
    outbox: WebhookOutbox = self.app.process.outbox
    count = webhook_relay.relay()
    if outbox.has_due():
        self.app.send_task(SEND, queue=QUEUE, expires=EXPIRES_S, argsrepr="", kwargsrepr="{}")
    return count
