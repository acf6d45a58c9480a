"""Where standing approvals are kept, and how often each was used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.flows.humans.standing import StandingApproval


class StandingBook(Protocol):
    """Keeps standing approvals. Every method is atomic and one round trip."""

    def add(self, approval: StandingApproval) -> None:
        """Keep a new one."""
        ...

    def find(self, approval_id: str) -> StandingApproval | None:
        """The one of this id, as it counts now; None if there is none."""
        ...

    def list(self, session: str = "") -> Sequence[StandingApproval]:
        """All, or those of a session, the newest first."""
        ...

    def uses(self, approval_ids: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """For each the requests that it was used for."""
        ...

    def use(self, approval_id: str, request: str, at_ms: int) -> bool:
        """Count a use for a request, unless it is revoked, over or used up; whether it counts.

        The same request again counts no second time, and is told what it was told first.
        """
        ...

    def revoke(self, approval_id: str, at_ms: int) -> bool:
        """Let it count no more; False if there is none, or it counted no more before."""
        ...
