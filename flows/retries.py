"""When a failed step is tried again: how often and how much later, by kind of error. Pure, with jitter."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from fluxagents.flows.errors import ErrorClass


@dataclass(frozen=True, slots=True)
class Retry:
    """How often, and how long the first pause is; each further one is twice as long."""

    attempts: int
    pause_ms: int


RETRIES: Mapping[ErrorClass, Retry] = {
    ErrorClass.PROVIDER_RATE_LIMIT: Retry(attempts=3, pause_ms=5_000),
    ErrorClass.PROVIDER_OUTAGE: Retry(attempts=3, pause_ms=2_000),
    ErrorClass.TIMEOUT: Retry(attempts=2, pause_ms=1_000),
    ErrorClass.MEMORY: Retry(attempts=2, pause_ms=1_000),
}
"""Kinds of errors that the same call may survive; all others are shown to whoever chose the call."""


def retries_left(kind: ErrorClass, failures: int) -> bool:
    """Whether a step that failed so many times in a row with this kind is tried again."""
    return kind in RETRIES and failures < RETRIES[kind].attempts


def pause_ms(kind: ErrorClass, failures: int, key: str) -> int:
    """How long to wait after so many failures, in ms.

    Args:
        kind: A kind of `RETRIES`.
        failures: In a row, at least 1.
        key: Spreads the pauses of many runs by up to half; the same key gives the same pause.
    """
    longest: int = RETRIES[kind].pause_ms * 2 ** (failures - 1)
    spread = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32
    return round(longest * (0.5 + spread / 2))
