"""Times as requests write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator

_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")


def _require_iso(text: object) -> object:
    """Refuse a bare number, which could be seconds or milliseconds."""
    if isinstance(text, datetime) or (isinstance(text, str) and _ISO.fullmatch(text)):
        return text
    raise ValueError("a time is written as 2026-01-31 or 2026-01-31T12:00:00Z")


Time = Annotated[datetime, BeforeValidator(_require_iso)]
"""ISO 8601; without a time zone it is UTC."""


def to_milliseconds(time: datetime) -> int:
    """Unix time in ms."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000)


def from_milliseconds(at_ms: int) -> datetime:
    """Unix time in ms as a time in UTC."""
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC)
