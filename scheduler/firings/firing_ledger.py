"""Remembers how far schedules and triggers are: a state each, a history, and when to look at them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.scheduler.firings.firing import Firing

MAX_HISTORY = 1_000
"""Firings of one schedule or trigger that are remembered, the newest ones."""


class FiringLedger(Protocol):
    """States under names such as `schedule:nightly`. Every method is atomic.

    A state is text that only its owner reads. Several workers may look at one schedule at once: each writes
    only if the state is still the one that it read.
    """

    def load(self, name: str) -> str | None:
        """The state of this name; None before the first one."""
        ...

    def save(
        self,
        name: str,
        state: str,
        *,
        before: str | None,
        look_ms: int | None = None,
        firings: Sequence[Firing] = (),
    ) -> bool:
        """Replace a state and add to its history.

        Args:
            name: Whose state.
            state: The new one.
            before: The one that it replaces; None for the first one.
            look_ms: When `find_due` names it next (Unix time in ms); None for never.
            firings: What happened, in order.

        Returns:
            False, and nothing is written, if the state is no longer the one before.
        """
        ...

    def history(self, name: str, *, limit: int = MAX_HISTORY) -> Sequence[Firing]:
        """What happened, the newest first."""
        ...

    def find_due(self, now_ms: int, *, limit: int) -> Sequence[str]:
        """The names that are to be looked at by now, the longest due first."""
        ...

    def forget(self, name: str) -> None:
        """Remove a state with its history."""
        ...
