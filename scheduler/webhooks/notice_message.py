"""The message that tells an endpoint of something."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from fluxagents.scheduler.outbox.message import Message, name_message
from fluxagents.scheduler.webhooks.notice import Notice


def build_message(endpoint: str, notice: Notice) -> Message:
    """The message to an endpoint; its id says what it tells, and to whom."""
    document = {"type": notice.type, "timestamp": _format_time(notice.at_ms), "data": dict(notice.data)}
    return Message(
        endpoint=endpoint,
        id=name_message(endpoint, notice.key),
        type=notice.type,
        body=json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        created_ms=notice.at_ms,
    )


def _format_time(at_ms: int) -> str:
    time = datetime.fromtimestamp(at_ms / 1_000, tz=UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
