"""What listens to the channels of an installation."""

from __future__ import annotations

from collections.abc import Mapping

from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.workers.channels.assembly import Channels, import_extra, open_mail_door
from fluxagents.workers.channels.health_notes import HealthNotes, Listen
from fluxagents.workers.settings import Settings


def open_listeners(
    settings: Settings, channels: Channels, client: RunClient, clock: Clock
) -> Mapping[str, Listen]:
    """What listens, by name, as the settings say.

    Raises:
        FluxError: If a library is missing, or a server's URL is none.
    """

    def notes(name: str) -> HealthNotes:
        return HealthNotes(name, channels.book, clock)

    listeners: dict[str, Listen] = {}
    if settings.reads_mail:
        door = open_mail_door(settings, channels, client, clock)
        listeners |= import_extra("email", "email.mail_listener").build_mail_listeners(settings, door, notes)
    return listeners
