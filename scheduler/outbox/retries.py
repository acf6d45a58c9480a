"""When a message that a receiver did not take is sent again: a pure decision, over three days."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

PAUSES_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After each failed attempt but the last: 5 s to a day, as Standard Webhooks recommends; 75 hours in all."""

MAX_ATTEMPTS = len(PAUSES_S) + 1
JITTER = 0.1
"""Part of a pause that is added at most, by message and attempt: receivers that come back are not stormed."""
LONGEST_WAIT_S = 86_400
"""The longest pause that a receiver may ask for."""

GONE = 410
SUCCESSES = range(200, 300)


@dataclass(frozen=True, slots=True)
class Response:
    """What came of one attempt."""

    status: int = 0
    """Of HTTP or SMTP; 0 when there was none."""
    error: str = ""
    """Why there was none."""
    retry_after_s: int = 0
    """The pause that the receiver asks for; 0 for none."""
    duration_ms: int = 0
    is_refused: bool = False
    """The receiver will take it at no other time either."""
    is_doubtful: bool = False
    """The receiver may have it or not, and would have it twice if it were sent again."""
    receipt: str = ""
    """What the receiver calls the message."""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has the message. A redirect is not followed, and is no success."""
        return self.status in SUCCESSES

    def __str__(self) -> str:
        return self.error or f"HTTP {self.status}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows an attempt."""

    outcome: Literal["delivered", "retry", "given_up", "gone", "unknown"]
    """`gone`: the receiver wants no message any more; `unknown`: it may have this one, or not."""
    next_ms: int = 0
    """When it is tried again (Unix time in ms)."""


def judge_attempt(message_id: str, attempt: int, response: Response, *, now_ms: int) -> Verdict:
    """Decide what follows.

    Args:
        message_id: Spreads the pauses.
        attempt: Counted from 1.
        response: What came of it.
        now_ms: The time.
    """
    if response.is_taken:
        return Verdict("delivered")
    if response.is_doubtful:
        return Verdict("unknown")
    if response.status == GONE:
        return Verdict("gone")
    if response.is_refused or attempt >= MAX_ATTEMPTS:
        return Verdict("given_up")
    pause_s = PAUSES_S[attempt - 1] * (1 + JITTER * _draw(message_id, attempt))
    wanted_s = min(response.retry_after_s, LONGEST_WAIT_S)
    return Verdict("retry", next_ms=now_ms + round(max(pause_s, wanted_s) * 1_000))


def _draw(message_id: str, attempt: int) -> float:
    """A number from 0 to 1, always the same for a message and an attempt."""
    digest = hashlib.sha256(f"{message_id}|{attempt}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32
