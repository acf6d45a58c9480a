"""The time, as the core needs it."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The time."""

    def now_ms(self) -> int:
        """Unix time in ms."""
        ...
