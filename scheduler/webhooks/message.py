"""One message to one receiver: made once, and the same bytes under the same id at every attempt."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Literal

from fluxagents.flows.events import Frozen
from fluxagents.scheduler.webhooks.commit_status import build_status
from fluxagents.scheduler.webhooks.endpoint import Endpoint
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


def build_message(endpoint: Endpoint, notice: Notice, *, public_url: str = "") -> Message:
    """The message that tells an endpoint of something; its id says what it tells, and to whom.

    Args:
        endpoint: Is told, in its form.
        notice: What it is told.
        public_url: How browsers reach the API; empty where nobody said.
    """
    if endpoint.form == "github":
        body = build_status(notice, public_url)
    else:
        document = {"type": notice.type, "timestamp": _format_time(notice.at_ms), "data": dict(notice.data)}
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Message(
        endpoint=endpoint.name,
        id=name_message(endpoint.name, notice.key),
        type=notice.type,
        body=body,
        created_ms=notice.at_ms,
    )


def name_message(endpoint: str, key: str) -> str:
    """The id of the message to an endpoint about the thing of this key."""
    digest = hashlib.sha256(f"{endpoint}|{key}".encode()).digest()
    return f"msg_{base64.b32encode(digest[:20]).decode().lower()}"


def _format_time(at_ms: int) -> str:
    time = datetime.fromtimestamp(at_ms / 1_000, tz=UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
