"""Whether what the channels need answers: servers of mail, Slack, and what listens to them."""

from __future__ import annotations

import asyncio
import imaplib
from collections.abc import Callable, Iterator
from typing import Any

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.channels.channel_book import ChannelBook
from fluxagents.workers.channels.assembly import draw_effect
from fluxagents.workers.channels.email.mail_server import read_mail_server
from fluxagents.workers.channels.extras import import_extra
from fluxagents.workers.settings import Settings

Check = Callable[[], str]
"""What was seen; raises what is wrong."""

LISTENERS = {"imap_url": "imap", "lmtp_port": "lmtp", "slack_app_token": "slack"}
"""The name of the listener that each setting asks for."""


def list_checks(settings: Settings) -> Iterator[tuple[str, Check, str]]:
    """The name of each channel that is set up, what checks it, and what to do if it fails."""
    if settings.smtp_url is not None:
        yield "mail out", lambda: _check_smtp(settings), "correct FLUXAGENTS_SMTP_URL, or start the server"
    if settings.imap_url is not None:
        yield "mail in", lambda: _check_imap(settings), "correct FLUXAGENTS_IMAP_URL, or start the server"
    if settings.slack_bot_token is not None:
        way_out = "correct FLUXAGENTS_SLACK_BOT_TOKEN, or let this machine reach Slack"
        yield "slack", lambda: _check_slack(settings), way_out


def _check_slack(settings: Settings) -> str:
    clients: Any = import_extra("slack", "slack.slack_greeting")
    assert settings.slack_bot_token is not None
    return str(clients.greet_slack(settings.slack_bot_token.get_secret_value(), settings.slack_url))


def find_silent(settings: Settings, book: ChannelBook) -> dict[str, str]:
    """The listeners that are asked for and do not listen, and why."""
    silent: dict[str, str] = {}
    for setting, name in LISTENERS.items():
        if getattr(settings, setting) is not None:
            health = book.health(name)
            if health is None:
                silent[name] = "nobody listens"
            elif not health.is_well:
                silent[name] = health.note
    return silent


def _check_smtp(settings: Settings) -> str:
    carriers: Any = import_extra("email", "email.mail_carrier")
    assert settings.smtp_url is not None
    server = read_mail_server(settings.smtp_url, "FLUXAGENTS_SMTP_URL")
    carrier = carriers.MailCarrier(
        server, settings.mail_address, takes_replies=settings.reads_mail, draw_effect=draw_effect
    )
    try:
        asyncio.run(carrier.greet())
    except (carriers.SMTPException, OSError) as error:
        raise ConnectionError(f"{server} does not take mail: {error}") from error
    return f"{server} takes mail of {settings.mail_address}"


def _check_imap(settings: Settings) -> str:
    mailbox: Any = import_extra("email", "email.mailbox")
    assert settings.imap_url is not None
    server = read_mail_server(settings.imap_url, "FLUXAGENTS_IMAP_URL")
    try:
        mailbox.Mailbox(server).greet()
    except (imaplib.IMAP4.error, OSError) as error:
        raise ConnectionError(f"{server} shows no mail: {error}") from error
    return f"{server} shows the mail of {settings.mail_address}"


def run_check(check: Check) -> tuple[bool, str]:
    """Whether a channel answers, and what was seen."""
    try:
        return True, check()
    except FluxError as error:
        return False, "; ".join((error.message, *error.suggestions))
    except OSError as error:
        return False, str(error)
