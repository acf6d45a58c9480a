"""A server of mail on loopback: keeps what came, and fails as it is told."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailReceiver:
    """What came, and what the server answers."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """What is answered to the next mails instead of 250; `drop` keeps the mail and cuts the line."""
    refused: set[str] = field(default_factory=set)
    """Recipients that the server does not know."""

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    async def handle_RCPT(  # noqa: N802 # as for handle_DATA, aiosmtpd looks for this name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: Any
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 2.0.0 taken"
        if answer.startswith(("250", "drop")):
            content = envelope.original_content or b""
            self.contents.append(content)
            mail = email.message_from_bytes(content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        if answer == "drop":
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined] # of a transport over a socket
        return answer


@contextmanager
def receive_mail(receiver: MailReceiver | None = None) -> Iterator[MailReceiver]:
    """A server on the port of a receiver, or on a free one, until the block ends."""
    if receiver is None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            receiver = MailReceiver(port=free.getsockname()[1])
    controller = Controller(receiver, hostname="127.0.0.1", port=receiver.port)
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop()
