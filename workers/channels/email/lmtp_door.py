"""Takes mail over from a server on this machine, by LMTP (RFC 2033)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from fluxagents.flows.errors import FluxError
from fluxagents.workers.channels.email.mail_reader import MAX_MAIL_BYTES

HOST = "127.0.0.1"


class LmtpDoor(Controller):
    """A server on a loopback port; whoever hands mail over is told whether it was taken.

    Args:
        port: To listen on.
        handle: Deals with a mail; a retryable `FluxError` makes the server try it again later.
    """

    def __init__(self, port: int, handle: Callable[[bytes], object]) -> None:
        super().__init__(_Handler(handle), hostname=HOST, port=port)

    def factory(self) -> SMTP:
        """The protocol of one connection."""
        return LMTP(self.handler, data_size_limit=MAX_MAIL_BYTES)


class _Handler:
    def __init__(self, handle: Callable[[bytes], object]) -> None:
        self._handle = handle

    async def handle_RCPT(  # noqa: N802 # as for handle_DATA, aiosmtpd looks for this name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            # LMTP wants an answer for each, which aiosmtpd does not give.
            return "452 4.5.3 one recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        recipient = f"X-Original-To: {envelope.rcpt_tos[0]}\r\n".encode("ascii", errors="replace")
        try:
            await asyncio.to_thread(self._handle, recipient + (envelope.original_content or b""))
        except FluxError as error:
            return f"451 4.3.0 {error.kind}: try again later"
        return "250 2.0.0 taken"
