"""Ids of runs: they sort by time, and a schedule's tick always gets the same one."""

from __future__ import annotations

import hashlib

from ulid import ULID


def run_id(at_ms: int, *, key: str | None = None) -> str:
    """An id that sorts by time.

    Args:
        at_ms: Unix time in ms.
        key: With a key, the same time and key always give the same id.
    """
    if key is None:
        return str(ULID.from_timestamp(at_ms / 1_000))
    entropy = hashlib.sha256(key.encode()).digest()[:10]
    return str(ULID.from_bytes(at_ms.to_bytes(6, "big") + entropy))


def time_in(run: str) -> int | None:
    """The Unix time in ms that an id carries; None for an id of the user's own making."""
    try:
        return ULID.from_str(run).milliseconds
    except ValueError:
        return None
