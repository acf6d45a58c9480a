"""The memory of what helped against which error, as the core needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.flows.remedies import ErrorCase, ErrorRecord


class RemedyBook(Protocol):
    """Remembers over all runs what helped against which error."""

    def record_outcome(self, run_id: str, cases: Sequence[ErrorCase], at_ms: int) -> bool:
        """Count the cases of a run that has ended; False if that was done before."""
        ...

    def record(self, fingerprint: str) -> ErrorRecord | None:
        """What is known of an error."""
        ...

    def records(self) -> list[ErrorRecord]:
        """All errors that are remembered, those that occurred most often first."""
        ...
