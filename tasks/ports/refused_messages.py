"""Messages that workers do not take, counted: who may write into the queues can write anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

Refusal = Literal["unsigned", "wrong_signature", "malformed"]
"""No signature; one of another key or another message; no message of ours at all."""


class RefusedMessages(Protocol):
    """Counts refused messages over all workers."""

    def count(self, refusal: Refusal) -> None:
        """Add one."""
        ...

    def counts(self) -> Mapping[Refusal, int]:
        """How many there were of each kind, those without any left out."""
        ...


def describe_refused(counts: Mapping[Refusal, int]) -> str:
    """The counts as people read them: `3 messages refused: 2 unsigned, 1 with a wrong signature`."""
    words: Mapping[Refusal, str] = {
        "unsigned": "unsigned",
        "wrong_signature": "with a wrong signature",
        "malformed": "malformed",
    }
    total = sum(counts.values())
    kinds = ", ".join(f"{count:,} {words[kind]}" for kind, count in counts.items())
    return f"{total:,} message{'s' if total != 1 else ''} refused: {kinds}"
