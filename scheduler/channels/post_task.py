"""The Celery task that looks every few seconds for what is to be told on channels."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from fluxagents.scheduler.channels.bounces import Bounces
from fluxagents.scheduler.channels.channel_relay import ChannelRelay
from fluxagents.scheduler.channels.lane import ChannelOutbox
from fluxagents.scheduler.channels.mail.digests import Digests

POST = "control.post"
CARRY = "channel.carry"
"""See `fluxagents.workers.celery.carry_task`."""

QUEUE = "human"
EXPIRES_S = 10.0
"""A call that nobody took in this time is made again by the next look."""


# Without events: its ticks would bury the steps in Flower.
@shared_task(bind=True, name=POST, send_events=False)  # type: ignore[untyped-decorator] # Celery ships no types
def post(self: Any) -> None:
    """Put posts about new events and due digests into the outbox, and call a courier if any is due.

    Ladders go on where a message failed before the others of its step were sent.
    """
    relay: ChannelRelay = self.app.process.channel_relay
    outbox: ChannelOutbox = self.app.process.channel_outbox
    digests: Digests = self.app.process.digests
    bounces: Bounces = self.app.process.bounces
    relay.relay()
    digests.send_due()
    bounces.look_again()
    if outbox.has_due():
        call_carrier(self.app)


def call_carrier(app: Any) -> None:
    """Let a worker carry what is due."""
    app.send_task(CARRY, queue=QUEUE, expires=EXPIRES_S, argsrepr="", kwargsrepr="{}")
