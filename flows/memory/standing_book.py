"""Standing approvals in this process's memory."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.humans.standing import StandingApproval


class MemoryStandingBook:
    """Standing approvals in memory."""

    def __init__(self) -> None:
        self._approvals: dict[str, StandingApproval] = {}
        self._uses: dict[str, dict[str, None]] = {}

    def add(self, approval: StandingApproval) -> None:
        self._approvals[approval.id] = approval
        self._uses[approval.id] = {}

    def find(self, approval_id: str) -> StandingApproval | None:
        return self._approvals.get(approval_id)

    def list(self, session: str = "") -> Sequence[StandingApproval]:
        found = [each for each in self._approvals.values() if session in {"", each.session}]
        return sorted(found, key=lambda each: (-each.created_ms, each.id))

    def uses(self, approval_ids: Sequence[str]) -> Sequence[tuple[str, ...]]:
        return [tuple(self._uses.get(each, ())) for each in approval_ids]

    def use(self, approval_id: str, request: str, at_ms: int) -> bool:
        approval = self._approvals.get(approval_id)
        if approval is None:
            return False
        uses = self._uses[approval_id]
        if request in uses:
            return True
        if approval.revoked_ms or at_ms >= approval.until_ms or len(uses) >= approval.max_uses:
            return False
        uses[request] = None
        return True

    def revoke(self, approval_id: str, at_ms: int) -> bool:
        approval = self._approvals.get(approval_id)
        if approval is None or approval.revoked_ms:
            return False
        self._approvals[approval_id] = approval.model_copy(update={"revoked_ms": at_ms})
        return True
