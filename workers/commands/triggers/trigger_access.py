"""The triggers that the commands speak of."""

from __future__ import annotations

from fluxagents.scheduler.triggers.deliveries import Deliveries
from fluxagents.scheduler.triggers.triggers import Triggers
from fluxagents.workers.clients import trigger_client
from fluxagents.workers.commands.command_client import CommandClient


def open_triggers() -> Triggers:
    """The triggers of this installation, for whoever runs the command."""
    client = CommandClient()
    return trigger_client.open_triggers(client, client.app, client.redis)


def open_deliveries() -> Deliveries:
    """What was posted for the triggers of this installation, for whoever runs the command."""
    client = CommandClient()
    return trigger_client.open_deliveries(client, client.app, client.redis)
