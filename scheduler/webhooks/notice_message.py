"""The message that tells an endpoint of something."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from fluxagents.scheduler.outbox.message import Message, name_message
from fluxagents.scheduler.webhooks.commit_status import build_status
from fluxagents.scheduler.webhooks.endpoint import Endpoint
from fluxagents.scheduler.webhooks.notice import Notice


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


def _format_time(at_ms: int) -> str:
    time = datetime.fromtimestamp(at_ms / 1_000, tz=UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
