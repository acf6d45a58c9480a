"""The webhooks that the commands speak of."""

from __future__ import annotations

from fluxagents.scheduler.webhooks.webhooks import Webhooks
from fluxagents.workers.clients import webhook_client
from fluxagents.workers.commands.command_client import CommandClient


def open_webhooks() -> Webhooks:
    """The webhooks of this installation, for whoever runs the command."""
    client = CommandClient()
    return webhook_client.open_webhooks(client, client.app, client.redis)
