"""Entries of the audit log that have left Redis, beside the archive of runs.

`audit/<number of the first>-<of the last>.jsonl.gz`: an entry a line, as `fluxagents audit export` writes it.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.audit import AuditEntry
from fluxagents.workers.files.stored_bytes import StoredBytes

FOLDER = "audit"
SUFFIX = ".jsonl.gz"


class AuditSegmentFiles:
    """See `AuditSegments`.

    Args:
        url: A folder or URL (anything that fsspec opens).
        patience_s: How long to try again while it is full or away.
    """

    def __init__(self, url: str, *, patience_s: float = 0.0) -> None:
        self._bytes = StoredBytes(url, patience_s=patience_s)

    def put(self, entries: Sequence[AuditEntry]) -> None:
        """See `AuditSegments.put`."""
        text = "\n".join(entry.model_dump_json() for entry in entries)
        name = f"{entries[0].number:012}-{entries[-1].number:012}{SUFFIX}"
        # Without a time inside: the same entries give the same bytes.
        self._bytes.write(f"{FOLDER}/{name}", gzip.compress(text.encode(), mtime=0))

    def entries(self, *, after: int = 0) -> Iterator[AuditEntry]:
        """See `AuditSegments.entries`."""
        for name in sorted(self._bytes.names(FOLDER)):
            last = name.removesuffix(SUFFIX).rpartition("-")[2]
            if last.isdecimal() and int(last) > after:
                yield from (entry for entry in self._read(f"{FOLDER}/{name}") if entry.number > after)

    def _read(self, name: str) -> list[AuditEntry]:
        data = self._bytes.read(name)
        try:
            lines = gzip.decompress(data or b"").splitlines()
            return [AuditEntry.model_validate_json(line) for line in lines]
        except (OSError, EOFError, zlib.error, ValidationError) as error:
            raise FluxError(
                ErrorClass.SCHEMA,
                f"{name} is no part of an audit log: {str(error).splitlines()[0]}",
                suggestions=("restore it from a backup of the folder of artifacts",),
            ) from error
