"""The schedules that the commands speak of."""

from __future__ import annotations

from fluxagents.scheduler.schedules.schedules import Schedules
from fluxagents.workers.clients import schedule_client
from fluxagents.workers.commands.command_client import CommandClient


def open_schedules() -> Schedules:
    """The schedules of this installation, for whoever runs the command."""
    client = CommandClient()
    return schedule_client.open_schedules(client, client.app, client.redis)
