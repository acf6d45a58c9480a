"""Carries posts by SMTP."""

from __future__ import annotations

import asyncio
from email.policy import SMTP as SMTP_POLICY
from time import monotonic

import aiosmtplib

from fluxagents.scheduler.channels.carrying import DrawEffect
from fluxagents.scheduler.channels.lane import Lane
from fluxagents.scheduler.channels.post import POST, OutcomePost, PicturePost, RequestPost
from fluxagents.scheduler.outbox.outbox import Claim
from fluxagents.scheduler.outbox.retries import Response
from fluxagents.scheduler.people.contacts import MAIL_ADDRESS
from fluxagents.workers.channels.email.mail_server import MailServer
from fluxagents.workers.channels.email.mail_text import MailPost, write_mail

SMTPException = aiosmtplib.SMTPException
"""What goes wrong in a conversation with a server."""

TOTAL_S = 40.0
"""For all of a delivery: less than the lease of a message."""
STEP_S = 15.0
"""For each answer of the server."""

PERMANENT = range(500, 600)


class MailCarrier:
    """Sends mail through one server, which takes it over or does not.

    Args:
        server: The server.
        sender: The address of the installation.
        takes_replies: Whether mail to that address is read.
        draw_effect: Draws what stands beside the text of a request.
    """

    def __init__(
        self, server: MailServer, sender: str, *, takes_replies: bool, draw_effect: DrawEffect
    ) -> None:
        self._server = server
        self._sender = sender
        self._takes_replies = takes_replies
        self._draw_effect = draw_effect

    async def __call__(self, claim: Claim[Lane]) -> Response:
        """Make one attempt. A mail that the server may have is not sent again: it says so."""
        began = monotonic()
        post = POST.validate_json(claim.message.body)
        if isinstance(post, OutcomePost | PicturePost) or not MAIL_ADDRESS.fullmatch(post.to):
            return Response(error="this goes to no address of mail", is_refused=True)
        mail = write_mail(
            post,
            claim.message,
            sender=self._sender,
            takes_replies=self._takes_replies,
            picture=await self._draw(post),
        )
        delivery = _Delivery(self._server, self._sender, post.to, mail.as_bytes(policy=SMTP_POLICY))
        response = await delivery.make()
        return Response(
            status=response.status,
            error=response.error[:300],
            is_refused=response.is_refused,
            is_doubtful=response.is_doubtful,
            receipt=str(mail["Message-ID"]) if response.is_taken else "",
            duration_ms=round((monotonic() - began) * 1_000),
        )

    async def _draw(self, post: MailPost) -> bytes:
        """The picture of a request's effect; empty where there is none."""
        effect = post.effect if isinstance(post, RequestPost) else None
        return await asyncio.to_thread(self._draw_effect, effect) if effect is not None else b""

    async def greet(self) -> None:
        """Log in and out, to see whether the server can be used.

        Raises:
            aiosmtplib.SMTPException: If it cannot.
            OSError: As above.
        """
        client = open_client(self._server)
        try:
            await connect(client, self._server)
        finally:
            client.close()


class _Delivery:
    """One attempt, which knows how far it has come."""

    def __init__(self, server: MailServer, sender: str, recipient: str, content: bytes) -> None:
        self._server = server
        self._sender = sender
        self._recipient = recipient
        self._content = content
        self._is_handing_over = False

    async def make(self) -> Response:
        client = open_client(self._server)
        try:
            async with asyncio.timeout(TOTAL_S):
                return await self._hand_over(client)
        except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError) as error:
            return Response(
                status=error.code, error=f"{error.code} {error.message}", is_refused=error.code in PERMANENT
            )
        except aiosmtplib.SMTPResponseException as error:
            # A wrong password or sender is the operator's, who can put it right.
            return Response(status=error.code, error=f"{error.code} {error.message}")
        except (aiosmtplib.SMTPException, OSError) as error:
            why = str(error) or f"no answer of {self._server}"
            return Response(error=why, is_doubtful=self._is_handing_over)
        finally:
            client.close()

    async def _hand_over(self, client: aiosmtplib.SMTP) -> Response:
        await connect(client, self._server)
        await client.mail(self._sender)
        await client.rcpt(self._recipient)
        self._is_handing_over = True
        answer = await client.data(self._content)
        self._is_handing_over = False
        return Response(status=answer.code)


def open_client(server: MailServer) -> aiosmtplib.SMTP:
    """A client that is not connected yet."""
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.is_encrypted,
        # Nobody between here and the server may talk it out of encryption.
        start_tls=not (server.is_here or server.is_encrypted),
        timeout=STEP_S,
    )


async def connect(client: aiosmtplib.SMTP, server: MailServer) -> None:
    """Connect, and log in where there is a user."""
    await client.connect()
    if server.user:
        await client.login(server.user, server.password.get_secret_value())
