"""What listens to the channels of an installation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.channels.slack.slack_inbox import SlackInbox
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.workers.channels.assembly import Channels, open_mail_door
from fluxagents.workers.channels.extras import import_extra
from fluxagents.workers.channels.health_notes import HealthNotes, Listen
from fluxagents.workers.channels.slack.form_opener import open_forms
from fluxagents.workers.settings import Settings


def open_listeners(
    settings: Settings, channels: Channels, client: RunClient, clock: Clock, nudge: Callable[[], object]
) -> Mapping[str, Listen]:
    """What listens, by name, as the settings say.

    Args:
        settings: Of the installation.
        channels: Its channels.
        client: Acts for whoever is heard.
        clock: The time.
        nudge: Calls a worker that deals with what was heard.

    Raises:
        FluxError: If a library is missing, or a server's URL is none.
    """

    def notes(name: str) -> HealthNotes:
        return HealthNotes(name, channels.book, clock)

    listeners: dict[str, Listen] = {}
    if settings.reads_mail:
        door = open_mail_door(settings, channels, client, clock)
        listeners |= import_extra("email", "email.mail_listener").build_mail_listeners(settings, door, notes)
    if settings.slack_app_token is not None:
        listeners["slack"] = partial(
            import_extra("slack", "slack.socket_listener").listen_to_slack,
            settings.slack_app_token.get_secret_value(),
            settings.slack_url,
            SlackInbox(channels.outbox, clock, nudge, open_forms(settings, client)),
            notes("slack"),
        )
    return listeners
