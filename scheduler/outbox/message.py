"""One message to one receiver: made once, and the same bytes under the same id at every attempt."""

from __future__ import annotations

import base64
import hashlib
from typing import Literal

from fluxagents.flows.events import Frozen

MessageStatus = Literal["pending", "delivered", "given_up", "ended", "unknown"]
"""`ended`: nobody wants it any more, and it was not delivered before; `unknown`: its receiver may have it."""


class Message(Frozen):
    """A message as the outbox keeps it; times are Unix time in ms."""

    endpoint: str
    id: str
    type: str
    body: str
    created_ms: int
    status: MessageStatus = "pending"
    attempts: int = 0
    next_ms: int = 0
    """When it is tried next, while it is pending; of a new one the earliest time, 0 for at once."""
    last: str = ""
    """What came of the last attempt, in a few words."""
    receipt: str = ""
    """What the receiver calls it, where it says so."""


class Attempt(Frozen):
    """One attempt to deliver a message, as the log of an endpoint keeps it."""

    message_id: str
    type: str
    attempt: int
    at_ms: int
    duration_ms: int
    status: int
    """Of HTTP or SMTP; 0 when there was no answer."""
    error: str = ""
    outcome: str


def name_message(endpoint: str, key: str) -> str:
    """The id of the message to an endpoint about the thing of this key."""
    digest = hashlib.sha256(f"{endpoint}|{key}".encode()).digest()
    return f"msg_{base64.b32encode(digest[:20]).decode().lower()}"
