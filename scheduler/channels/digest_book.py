"""Remembers what waits for the digest mails of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.flows.events import Frozen


class DigestPeriod(Frozen):
    """The time up to one digest of a person."""

    person: str
    due_ms: int
    """When it is sent (Unix time in ms)."""


class DigestBook(Protocol):
    """Every method is atomic; the same request twice is one."""

    def add(self, period: DigestPeriod, request: str) -> None:
        """Let a digest tell of a request."""
        ...

    def list_due(self, now_ms: int) -> Sequence[DigestPeriod]:
        """The digests whose time has come, the longest due first."""
        ...

    def requests(self, period: DigestPeriod) -> Sequence[str]:
        """What a digest tells of, the oldest first."""
        ...

    def forget(self, period: DigestPeriod) -> None:
        """Drop a digest that is sent."""
        ...
