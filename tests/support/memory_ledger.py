"""A firing ledger in memory, for tests that need no Redis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from fluxagents.scheduler.firings.firing import Firing
from fluxagents.scheduler.firings.firing_ledger import MAX_HISTORY


class MemoryLedger:
    """As `FiringLedger`, with the semantics of the one in Redis."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._histories: defaultdict[str, list[Firing]] = defaultdict(list)
        self._looks: dict[str, int] = {}

    def load(self, name: str) -> str | None:
        return self._states.get(name)

    def save(
        self,
        name: str,
        state: str,
        *,
        before: str | None,
        look_ms: int | None = None,
        firings: Sequence[Firing] = (),
    ) -> bool:
        if self._states.get(name) != before:
            return False
        self._states[name] = state
        self._histories[name] = [*reversed(firings), *self._histories[name]][:MAX_HISTORY]
        self._looks.pop(name, None)
        if look_ms is not None:
            self._looks[name] = look_ms
        return True

    def history(self, name: str, *, limit: int = MAX_HISTORY) -> Sequence[Firing]:
        return self._histories[name][:limit]

    def find_due(self, now_ms: int, *, limit: int) -> Sequence[str]:
        due = sorted((at_ms, name) for name, at_ms in self._looks.items() if at_ms <= now_ms)
        return [name for _, name in due[:limit]]

    def look_at(self, name: str, at_ms: int) -> None:
        """Have a name looked at."""
        self._looks[name] = at_ms

    def forget(self, name: str) -> None:
        self._states.pop(name, None)
        self._histories.pop(name, None)
        self._looks.pop(name, None)
