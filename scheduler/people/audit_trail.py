"""The whole audit log: the newest entries in the store, the older ones sealed in the archive; one chain."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol

from fluxagents.flows.people.audit import AuditEntry
from fluxagents.flows.ports.audit_log import AuditLog

SEGMENT = 1_000
"""Entries that leave the store together."""


class AuditSegments(Protocol):
    """Entries that have left the store."""

    def put(self, entries: Sequence[AuditEntry]) -> None:
        """Keep entries that follow each other; kept again they are the same file."""
        ...

    def entries(self, *, after: int = 0) -> Iterator[AuditEntry]:
        """Those with a higher number than `after`, the oldest first.

        Raises:
            FluxError: `SCHEMA` if a file is damaged.
        """
        ...


class AuditTrail:
    """Reads both parts as one, and moves what is old from one to the other.

    Args:
        log: The entries in the store.
        segments: Those in the archive.
    """

    def __init__(self, log: AuditLog, segments: AuditSegments) -> None:
        self._log = log
        self._segments = segments

    def entries(self, *, after: int = 0) -> Iterator[AuditEntry]:
        """All entries with a higher number than `after`, the oldest first."""
        last, begins_anew = after, True
        while begins_anew:
            sealed, begins_anew = self._log.last_sealed(), False
            for entry in self._segments.entries(after=last):
                yield entry
                last = entry.number
            for entry in self._log.entries(after=last):
                # Those in between have left for the archive since it was read.
                begins_anew = entry.number > last + 1 and self._log.last_sealed() > sealed
                if begins_anew:
                    break
                yield entry
                last = entry.number

    def newest(self, limit: int) -> list[AuditEntry]:
        """At most so many of the last entries, the newest first."""
        newest = self._log.newest(limit)
        if len(newest) < limit and self._log.last_sealed():
            return list(deque(self.entries(), maxlen=limit))[::-1]
        return newest

    def lacks_archive(self) -> bool:
        """Whether entries have left the store for an archive that is not this one."""
        return self._log.last_sealed() > 0 and next(self._segments.entries(), None) is None

    def seal(self, kept: int) -> int:
        """Move the oldest entries to the archive, so that about so many stay in the store.

        Several may do so at once, and what was interrupted is done again.

        Returns:
            How many were moved.
        """
        moved = 0
        while (sealed := self._log.last_sealed()) + kept + SEGMENT <= self._log.head().number:
            entries = list(islice(self._log.entries(after=sealed), SEGMENT))
            if not entries:
                break
            self._segments.put(entries)
            if self._log.drop(after=sealed, last=entries[-1].number):
                moved += len(entries)
        return moved
