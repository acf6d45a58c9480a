"""When a failed step is tried again, as the policy of its error says. Pure, with jitter."""

from __future__ import annotations

import hashlib

from fluxagents.flows.errors import POLICIES, ErrorClass


def retries_left(kind: ErrorClass, failures: int) -> bool:
    """Whether a step that failed so many times in a row with this kind is tried again."""
    return failures < POLICIES[kind].attempts


def pause_ms(kind: ErrorClass, failures: int, key: str) -> int:
    """How long to wait after so many failures, in ms.

    Args:
        kind: Of the error.
        failures: In a row, at least 1.
        key: Spreads the pauses of many runs by up to half; the same key gives the same pause.
    """
    longest: int = POLICIES[kind].pause_ms * 2 ** (failures - 1)
    spread = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32
    return round(longest * (0.5 + spread / 2))
