"""The audit log in this process's memory."""

from __future__ import annotations

from collections.abc import Iterator
from threading import RLock

from fluxagents.flows.people.audit import AuditEntry, AuditHead, AuditRecord, chain_entry
from fluxagents.flows.ports.clock import Clock


class MemoryAuditLog:
    """Entries in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = RLock()
        self._entries: list[AuditEntry] = []
        self._head = AuditHead()
        self._sealed = 0

    def append(self, record: AuditRecord) -> AuditHead:
        with self._lock:
            entry = chain_entry(self._head, record, self._clock.now_ms())
            self._entries.append(entry)
            self._head = AuditHead(number=entry.number, digest=entry.digest)
            return self._head

    def entries(self, *, after: int = 0) -> Iterator[AuditEntry]:
        with self._lock:
            return iter(self._entries[max(after - self._sealed, 0) :])

    def newest(self, limit: int) -> list[AuditEntry]:
        with self._lock:
            return list(reversed(self._entries))[:limit]

    def head(self) -> AuditHead:
        with self._lock:
            return self._head

    def last_sealed(self) -> int:
        return self._sealed

    def drop(self, *, after: int, last: int) -> bool:
        with self._lock:
            if after != self._sealed:
                return False
            del self._entries[: last - after]
            self._sealed = last
            return True
