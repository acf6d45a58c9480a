"""The remarks on runs, as the core needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.people.remarks import Remark, RemarkBody, RunRemark


class RemarkBook(Protocol):
    """Keeps remarks: they are appended and read, never changed. Every method is atomic."""

    def append(
        self,
        run_id: str,
        session: str,
        *,
        by: str,
        on: str,
        body: RemarkBody,
        after: int,
        record: AuditRecord,
    ) -> Remark | None:
        """Write a remark after the last one, with the act in the audit log, and tell whoever watches now.

        Args:
            run_id: The run.
            session: Of the run.
            by: Who says it.
            on: What it is about.
            body: What is said.
            after: How many remarks there were when it was decided.
            record: The act.

        Returns:
            The remark; None, and nothing written, if there are others by now.
        """
        ...

    def of(self, run_id: str) -> tuple[Remark, ...]:
        """All remarks on a run in order."""
        ...

    def of_many(self, run_ids: Sequence[str]) -> list[tuple[Remark, ...]]:
        """As `of` for each, in one round trip."""
        ...

    def count(self, run_id: str) -> int:
        """How many there are, as `append` counts them."""
        ...

    def put_back(self, run_id: str, remarks: Sequence[Remark]) -> bool:
        """Keep the remarks of a run from elsewhere, which put nothing into inboxes.

        False, and nothing done, if it has any here.
        """
        ...

    def mentions(self, names: Sequence[str], *, limit: int) -> list[RunRemark]:
        """The newest comments that mention one of these persons or groups, the newest first."""
        ...

    def list_watched(self, person: str) -> list[str]:
        """The runs that a person watches."""
        ...

    def mark_read(self, person: str, until_ms: int) -> None:
        """Keep up to when a person has read what their inbox tells; an earlier time changes nothing."""
        ...

    def read_until(self, person: str) -> int:
        """The time that `mark_read` kept last (Unix time in ms); 0 for never."""
        ...
