"""The audit log on Redis: one list, written by one script."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from redis import Redis

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.audit import FIRST, AuditEntry, AuditHead, AuditRecord
from fluxagents.workers.redis.scripts import register_script

PAGE = 500
"""Entries in one round trip."""


class RedisAuditLog:
    """Entries in Redis under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._key = f"{prefix}audit"
        self._append = register_script(redis, "audit", "append_act")
        self._drop = register_script(redis, "drop_acts")

    def append(self, record: AuditRecord) -> AuditHead:
        number, digest = self._append(keys=[self._prefix], args=record_arguments(record))
        return AuditHead(number=int(number), digest=digest.decode())

    def append_in(self, pipe: Any, record: AuditRecord) -> None:
        """As `append`, in the round trip of a pipeline."""
        self._append(keys=[self._prefix], args=record_arguments(record), client=pipe)

    def entries(self, *, after: int = 0) -> Iterator[AuditEntry]:
        while True:
            sealed, lines = self._read_page(after)
            yield from map(_read_entry, lines)
            after = max(after, sealed) + len(lines)
            if len(lines) < PAGE:
                return

    def _read_page(self, after: int) -> tuple[int, list[bytes]]:
        """How many have left for the archive, and the page of those that are here."""
        while True:
            sealed = self.last_sealed()
            first = max(after - sealed, 0)
            lines: list[bytes] = self._redis.lrange(self._key, first, first + PAGE - 1)  # type: ignore[assignment]
            # Places are counted from the first entry that is here; it may leave between the two.
            if self.last_sealed() == sealed:
                return sealed, lines

    def newest(self, limit: int) -> list[AuditEntry]:
        lines: list[bytes] = self._redis.lrange(self._key, -limit, -1)  # type: ignore[assignment]
        return [_read_entry(line) for line in reversed(lines)]

    def head(self) -> AuditHead:
        head: list[bytes | None] = self._redis.hmget(  # type: ignore[assignment]
            f"{self._prefix}audit-head", ["number", "digest"]
        )
        number, digest = head
        return AuditHead(number=int(number or 0), digest=digest.decode() if digest else FIRST)

    def last_sealed(self) -> int:
        number: bytes | None = self._redis.hget(f"{self._prefix}audit-head", "sealed")  # type: ignore[assignment]
        return int(number or 0)

    def drop(self, *, after: int, last: int) -> bool:
        return bool(self._drop(keys=[self._prefix], args=[after, last]))


def record_arguments(record: AuditRecord) -> tuple[str, str]:
    """A record as the scripts take it: its JSON, and the sha256 of that."""
    text = record.canonical_json()
    return text, hashlib.sha256(text.encode()).hexdigest()


def _read_entry(line: bytes) -> AuditEntry:
    try:
        return AuditEntry.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        raise FluxError(
            ErrorClass.SCHEMA,
            f"the audit log has a line that is no entry: {first['msg']}: {line[:80]!r}",
            suggestions=("somebody has written into Redis beside fluxagents; restore the log from a backup",),
        ) from error
