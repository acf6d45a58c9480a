"""Who looks at a run now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

PRESENT_MS = 45_000
"""How long somebody counts as present after the last sign of life."""


class Presence(Protocol):
    """Knows who looks at which run; whoever gives no sign of life is forgotten by itself."""

    def enter(self, run_id: str, person: str) -> None:
        """A sign of life: the person looks at the run now."""
        ...

    def leave(self, run_id: str, person: str) -> None:
        """The person looks at it no more."""
        ...

    def present(self, run_id: str) -> Mapping[str, int]:
        """Who looks at a run now, by name, with the time of the last sign of life (Unix time in ms)."""
        ...
