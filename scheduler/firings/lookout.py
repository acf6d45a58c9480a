"""Looks at what is due: the schedules and triggers whose time has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from fluxagents.flows.errors import FluxError
from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.firings.firing_ledger import FiringLedger

MAX_LOOKS = 200
"""Schedules and triggers that one look serves; the next look serves the others."""

log = structlog.get_logger("firings")


class Lookout:
    """Serves the names that the ledger says are due.

    Args:
        ledger: Knows what is due.
        clock: The time.
        servers: What serves a name, by its first word; it gets the rest: `nightly` of `schedule:nightly`.
    """

    def __init__(
        self, ledger: FiringLedger, clock: Clock, servers: Mapping[str, Callable[[str], object]]
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._servers = servers

    def look(self) -> int:
        """Serve what is due; one that fails stays due and keeps nobody else waiting.

        Returns:
            How many were served.
        """
        names = self._ledger.find_due(self._clock.now_ms(), limit=MAX_LOOKS)
        return sum(self._serve(name) for name in names)

    def _serve(self, name: str) -> bool:
        kind, _, rest = name.partition(":")
        serve = self._servers.get(kind)
        if serve is None:
            # A newer version wrote it, whose workers serve it.
            return False
        try:
            serve(rest)
        except FluxError as error:
            log.warning("could not start", name=name, error=str(error))
            return False
        return True
