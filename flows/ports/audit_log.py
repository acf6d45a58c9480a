"""The audit log: entries are appended and read, never changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from fluxagents.flows.people.audit import AuditEntry, AuditHead, AuditRecord


class AuditLog(Protocol):
    """Keeps what was done. A run store writes the acts on runs here too, each with what it did."""

    def append(self, record: AuditRecord) -> AuditHead:
        """Write an entry after the last one, atomically; returns the new head."""
        ...

    def entries(self, *, after: int = 0) -> Iterator[AuditEntry]:
        """The entries with a higher number than `after`, the oldest first, a page per round trip.

        Raises:
            FluxError: If what is stored is no entry.
        """
        ...

    def newest(self, limit: int) -> list[AuditEntry]:
        """At most so many of the last entries, the newest first."""
        ...

    def head(self) -> AuditHead:
        """The last entry as it is kept beside the log."""
        ...
