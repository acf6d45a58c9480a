"""Signatures of Standard Webhooks, version 1: HMAC-SHA256 over id, time and body.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from secrets import token_bytes

from fluxagents.flows.errors import ErrorClass, FluxError

SECRET_PREFIX = "whsec_"  # noqa: S105 # begins every secret
SECRET_BYTES = 32
LEAST_SECRET_BYTES = 24
MOST_SECRET_BYTES = 64

TOLERANCE_S = 300
"""By so much the time of a message may differ from that of its receiver."""

MOST_TIME_DIGITS = 12
"""Longer numbers are no time, and Python reads none of thousands of digits."""

ID_HEADER = "webhook-id"
TIME_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"


def create_secret() -> str:
    """A new secret, as both sides write it: `whsec_` and 256 random bits in base64."""
    return SECRET_PREFIX + base64.b64encode(token_bytes(SECRET_BYTES)).decode()


def decode_secret(secret: str) -> bytes:
    """The bytes of a secret.

    Raises:
        FluxError: `BAD_ARGUMENT` if it is none; the secret is not repeated.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad_secret() from error
    if not LEAST_SECRET_BYTES <= len(key) <= MOST_SECRET_BYTES:
        raise _bad_secret()
    return key


def sign_message(secret: str, message_id: str, timestamp_s: int, body: bytes) -> str:
    """One signature: `v1,` and the HMAC in base64."""
    content = f"{message_id}.{timestamp_s}.".encode() + body
    digest = hmac.new(decode_secret(secret), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def build_headers(secrets: Iterable[str], message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers of a message, signed with every secret that counts now."""
    signatures = (sign_message(secret, message_id, timestamp_s, body) for secret in secrets)
    return {
        ID_HEADER: message_id,
        TIME_HEADER: str(timestamp_s),
        SIGNATURE_HEADER: " ".join(signatures),
    }


def is_signed(
    secrets: Iterable[str], message_id: str, timestamp: str, signatures: str, body: bytes, *, now_s: int
) -> bool:
    """Whether a message was signed with one of the secrets, and is neither old nor from the future.

    Args:
        secrets: Those that count now.
        message_id: The header `webhook-id`.
        timestamp: The header `webhook-timestamp`, seconds of Unix time.
        signatures: The header `webhook-signature`, one or several separated by blanks.
        body: As it came.
        now_s: The receiver's time.
    """
    if not is_now(timestamp, now_s=now_s):
        return False
    expected = [sign_message(secret, message_id, int(timestamp), body).encode() for secret in secrets]
    given = [word.encode() for word in signatures.split(" ") if word.startswith("v1,")]
    # All are compared, so that the time does not tell which one fits.
    fits = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in given]
    return any(fits)


def is_now(timestamp: str, *, now_s: int) -> bool:
    """Whether a signed time, seconds of Unix time, is about that of its receiver."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > MOST_TIME_DIGITS:
        return False
    return abs(now_s - int(timestamp)) <= TOLERANCE_S


def _bad_secret() -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        "this is no secret of a webhook",
        suggestions=(
            f"write {SECRET_PREFIX} and {LEAST_SECRET_BYTES} to {MOST_SECRET_BYTES} random bytes in base64",
            "or give none, and one is made",
        ),
    )
