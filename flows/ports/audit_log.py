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
        """The entries with a higher number than `after` that are kept here, the oldest first.

        Raises:
            FluxError: If what is stored is no entry.
        """
        ...

    def newest(self, limit: int) -> list[AuditEntry]:
        """At most so many of the last entries that are kept here, the newest first."""
        ...

    def head(self) -> AuditHead:
        """The last entry as it is kept beside the log."""
        ...

    def last_sealed(self) -> int:
        """The number of the last entry that has left for the archive; 0 if none has."""
        ...

    def drop(self, *, after: int, last: int) -> bool:
        """Let entries go that the archive has, atomically.

        Args:
            after: The number of the last one that had left before; if it is another, nothing is done.
            last: The number of the last one that leaves.

        Returns:
            Whether they were dropped.
        """
        ...
