"""One message to one receiver: made once, and the same bytes under the same id at every attempt."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Literal

from fluxagents.flows.events import Frozen
from fluxagents.scheduler.webhooks.notice import Notice

MessageStatus = Literal["pending", "delivered", "given_up", "ended"]
"""`ended`: the receiver wants no more messages, and this one was not delivered before."""


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
    """When it is tried next, while it is pending."""
    last: str = ""
    """What came of the last attempt, in a few words."""


class Attempt(Frozen):
    """One attempt to deliver a message, as the log of an endpoint keeps it."""

    message_id: str
    type: str
    attempt: int
    at_ms: int
    duration_ms: int
    status: int
    """Of HTTP; 0 when there was no answer."""
    error: str = ""
    outcome: str


def build_message(endpoint: str, notice: Notice) -> Message:
    """The message that tells an endpoint of something; its id says what it tells, and to whom."""
    document = {"type": notice.type, "timestamp": _format_time(notice.at_ms), "data": dict(notice.data)}
    return Message(
        endpoint=endpoint,
        id=name_message(endpoint, notice.key),
        type=notice.type,
        body=json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        created_ms=notice.at_ms,
    )


def name_message(endpoint: str, key: str) -> str:
    """The id of the message to an endpoint about the thing of this key."""
    digest = hashlib.sha256(f"{endpoint}|{key}".encode()).digest()
    return f"msg_{base64.b32encode(digest[:20]).decode().lower()}"


def _format_time(at_ms: int) -> str:
    time = datetime.fromtimestamp(at_ms / 1_000, tz=UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
