"""Who signed a request that comes in, and which delivery it is, for the schemes that senders use.

Pure: the door that takes such requests hands in headers and body as they came.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping
from secrets import token_urlsafe
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Frozen
from fluxagents.scheduler.webhooks.signature import (
    ID_HEADER,
    SECRET_BYTES,
    SIGNATURE_HEADER,
    TIME_HEADER,
    create_secret,
    decode_secret,
    is_now,
    is_signed,
)

LEAST_SECRET = 16
"""Characters of a secret that is not in the form of Standard Webhooks."""

HeaderName = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9\-_]{1,100}$")]

Headers = Mapping[str, str]
"""By name in lower case."""


class StandardScheme(Frozen):
    """Standard Webhooks, as this installation sends them."""

    kind: Literal["standard"] = "standard"

    def is_signed(self, secrets: Collection[str], headers: Headers, body: bytes, *, now_s: int) -> bool:
        """Whether one of the secrets signed this, now."""
        message_id, timestamp = headers.get(ID_HEADER, ""), headers.get(TIME_HEADER, "")
        signatures = headers.get(SIGNATURE_HEADER, "")
        return is_signed(secrets, message_id, timestamp, signatures, body, now_s=now_s)

    def find_delivery(self, headers: Headers, body: bytes) -> str:
        """The id of the message."""
        return headers.get(ID_HEADER) or digest_body(body)


class GithubScheme(Frozen):
    """GitHub: an HMAC-SHA256 of the body, which says no time.

    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """

    kind: Literal["github"] = "github"

    def is_signed(self, secrets: Collection[str], headers: Headers, body: bytes, *, now_s: int) -> bool:
        """Whether one of the secrets signed this."""
        del now_s
        return _fits(
            secrets,
            headers.get("x-hub-signature-256", ""),
            lambda secret: f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}",
        )

    def find_delivery(self, headers: Headers, body: bytes) -> str:
        """The content: the id that GitHub gives is not signed, and could be another at a repetition."""
        del headers
        return digest_body(body)


class SlackScheme(Frozen):
    """Slack: an HMAC-SHA256 of time and body.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """

    kind: Literal["slack"] = "slack"

    def is_signed(self, secrets: Collection[str], headers: Headers, body: bytes, *, now_s: int) -> bool:
        """Whether one of the secrets signed this, now."""
        timestamp = headers.get("x-slack-request-timestamp", "")
        if not is_now(timestamp, now_s=now_s):
            return False
        content = f"v0:{timestamp}:".encode() + body
        return _fits(
            secrets,
            headers.get("x-slack-signature", ""),
            lambda secret: f"v0={hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}",
        )

    def find_delivery(self, headers: Headers, body: bytes) -> str:
        """The content: it holds the id of an event or a command, and is signed anew when it is sent again."""
        del headers
        return digest_body(body)


class HmacScheme(Frozen):
    """Any other sender: an HMAC of the body in a header."""

    kind: Literal["hmac"] = "hmac"
    header: HeaderName
    """The header with the signature, in lower case."""
    algorithm: Literal["sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    """What stands before the signature, such as `sha256=`."""
    delivery_header: HeaderName | Literal[""] = ""
    """The header with the id of a delivery, in lower case; without it the content is the id."""

    def is_signed(self, secrets: Collection[str], headers: Headers, body: bytes, *, now_s: int) -> bool:
        """Whether one of the secrets signed this."""
        del now_s
        return _fits(secrets, headers.get(self.header, ""), lambda secret: self._sign(secret, body))

    def find_delivery(self, headers: Headers, body: bytes) -> str:
        """The id that the header names, which is not signed, with the content, which is."""
        named = headers.get(self.delivery_header, "") if self.delivery_header else ""
        return f"{named}|{digest_body(body)}" if named else digest_body(body)

    def _sign(self, secret: str, body: bytes) -> str:
        digest = hmac.new(secret.encode(), body, self.algorithm).digest()
        return self.prefix + (digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode())


Scheme = Annotated[StandardScheme | GithubScheme | SlackScheme | HmacScheme, Field(discriminator="kind")]
"""How a sender signs."""


def create_incoming_secret(scheme: Scheme) -> str:
    """A new secret, as senders of this scheme take it."""
    return create_secret() if isinstance(scheme, StandardScheme) else token_urlsafe(SECRET_BYTES)


def check_incoming_secret(scheme: Scheme, secret: str) -> None:
    """Refuse a secret that could be guessed, or that is none of this scheme.

    Raises:
        FluxError: `BAD_ARGUMENT`; the secret is not repeated.
    """
    if isinstance(scheme, StandardScheme):
        decode_secret(secret)
    elif len(secret) < LEAST_SECRET:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"the secret has fewer than {LEAST_SECRET} characters, so that it could be guessed",
            suggestions=("give none, and one is made",),
        )


def digest_body(body: bytes) -> str:
    """The sha256 of a body, which names a delivery that has no other name."""
    return hashlib.sha256(body).hexdigest()


def _fits(secrets: Collection[str], given: str, sign: Callable[[str], str]) -> bool:
    """Whether the signature is that of one of the secrets. All are compared, whichever fits."""
    fits = [hmac.compare_digest(sign(secret).encode(), given.encode()) for secret in secrets]
    return any(fits)
