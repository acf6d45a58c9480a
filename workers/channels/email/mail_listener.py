"""Listens to mail: looks into a mailbox every few seconds, or takes mail over by LMTP."""

from __future__ import annotations

import imaplib
from collections.abc import Callable, Mapping
from functools import partial
from threading import Event

from redis.exceptions import RedisError

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.channels.mail.mail_door import MailDoor
from fluxagents.workers.channels.email.lmtp_door import LmtpDoor
from fluxagents.workers.channels.email.mail_reader import read_mail
from fluxagents.workers.channels.email.mail_server import read_mail_server
from fluxagents.workers.channels.email.mailbox import Mailbox
from fluxagents.workers.channels.health_notes import SAY_EVERY_S, HealthNotes, Listen
from fluxagents.workers.settings import Settings

Handle = Callable[[bytes], object]


def build_mail_listeners(
    settings: Settings, door: MailDoor, notes: Callable[[str], HealthNotes]
) -> Mapping[str, Listen]:
    """What listens to mail, by name, as the settings say.

    Args:
        settings: Of the installation.
        door: Deals with mail.
        notes: Says how the listener of a name is.
    """

    def handle(content: bytes) -> None:
        door.take(read_mail(content, verifier=settings.mail_verifier))

    listeners: dict[str, Listen] = {}
    if settings.imap_url is not None:
        mailbox = Mailbox(read_mail_server(settings.imap_url, "FLUXAGENTS_IMAP_URL"))
        listeners["imap"] = partial(
            poll_mailbox, mailbox, handle, notes("imap"), every_s=settings.imap_every_s
        )
    if settings.lmtp_port is not None:
        listeners["lmtp"] = partial(serve_lmtp, settings.lmtp_port, handle, notes("lmtp"))
    return listeners


def poll_mailbox(
    mailbox: Mailbox, handle: Handle, notes: HealthNotes, stop: Event, *, every_s: float
) -> None:
    """Look into a mailbox until told to stop; a server that is away is looked for again."""
    while not stop.is_set():
        try:
            mailbox.look(handle)
        except (OSError, imaplib.IMAP4.error, RedisError, FluxError) as error:
            notes.say(str(error) or type(error).__name__)
        else:
            notes.say()
        stop.wait(every_s)


def serve_lmtp(port: int, handle: Handle, notes: HealthNotes, stop: Event) -> None:
    """Take mail over until told to stop; a port that is taken is tried again."""
    while not stop.is_set():
        door = LmtpDoor(port, handle)
        try:
            door.start()
        except OSError as error:
            notes.say(str(error))
            stop.wait(SAY_EVERY_S)
            continue
        try:
            while not stop.is_set():
                notes.say()
                stop.wait(SAY_EVERY_S)
        finally:
            door.stop()
