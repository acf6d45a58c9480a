"""Looks into a mailbox by IMAP and hands over what is new; what was dealt with is marked as seen."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from fluxagents.flows.errors import FluxError
from fluxagents.workers.channels.email.mail_reader import MAX_MAIL_BYTES
from fluxagents.workers.channels.email.mail_server import MailServer

TIMEOUT_S = 30.0
MAX_AT_ONCE = 50
"""Mails of one look; the next look takes the others."""

log = structlog.get_logger("mail")

Handle = Callable[[bytes], object]

_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class Mailbox:
    """A folder of a server of mail.

    Args:
        server: The server, and the folder; `INBOX` where none is named.
    """

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def look(self, handle: Handle) -> int:
        """Hand over each mail that nobody has seen, and mark it unless it can be tried again later.

        Args:
            handle: Deals with a mail; a retryable `FluxError` leaves it for the next look.

        Returns:
            How many mails were dealt with.

        Raises:
            OSError: If the server cannot be reached.
            imaplib.IMAP4.error: If it refuses something.
        """
        client = self._connect()
        try:
            require_ok(client.select(_quote(self._server.folder or "INBOX")))
            found = require_ok(client.uid("SEARCH", "UNSEEN", "UNDELETED"))
            numbers = found[0].split()[:MAX_AT_ONCE] if found and found[0] else []
            return sum(self._take(client, number.decode(), handle) for number in numbers)
        finally:
            client.logout()

    def greet(self) -> None:
        """Log in, and look whether the folder is there.

        Raises:
            OSError: As `look`.
            imaplib.IMAP4.error: As `look`.
        """
        client = self._connect()
        try:
            require_ok(client.select(_quote(self._server.folder or "INBOX"), readonly=True))
        finally:
            client.logout()

    def _connect(self) -> imaplib.IMAP4:
        server, context = self._server, ssl.create_default_context()
        if server.is_encrypted:
            client: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                server.host, server.port, ssl_context=context, timeout=TIMEOUT_S
            )
        else:
            client = imaplib.IMAP4(server.host, server.port, timeout=TIMEOUT_S)
            if not server.is_here:
                client.starttls(context)
        client.login(server.user, server.password.get_secret_value())
        return client

    def _take(self, client: imaplib.IMAP4, number: str, handle: Handle) -> bool:
        flags = "\\Seen"
        size = _find_size(require_ok(client.uid("FETCH", number, "(RFC822.SIZE)")))
        if size is None:
            return False  # somebody else has removed it
        if size > MAX_MAIL_BYTES:
            log.warning("too large", mail=number, size_bytes=size)
            flags = "\\Seen \\Flagged"
        else:
            content = _find_content(require_ok(client.uid("FETCH", number, "(BODY.PEEK[])")))
            try:
                handle(content)
            except Exception as error:  # a fault with one mail must not hold up all that come after it
                if isinstance(error, FluxError) and error.info("mail").retryable:
                    log.warning("tried again later", mail=number, error=str(error))
                    return False
                log.exception("fault", mail=number)
                flags = "\\Seen \\Flagged"
        require_ok(client.uid("STORE", number, "+FLAGS.SILENT", f"({flags})"))
        return True


def require_ok(answer: tuple[str, Sequence[Any]]) -> list[Any]:
    """The lines of an answer: bytes, or a pair where a literal follows.

    Raises:
        imaplib.IMAP4.error: If the server did not do it.
    """
    status, lines = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"the server answers {status}: {lines!r}")
    return list(lines)


def _find_size(answer: list[Any]) -> int | None:
    found = [_SIZE.search(line) for line in answer if isinstance(line, bytes)]
    return next((int(match[1]) for match in found if match), None)


def _find_content(answer: list[Any]) -> bytes:
    return next((bytes(part[1]) for part in answer if isinstance(part, tuple)), b"")


def _quote(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
