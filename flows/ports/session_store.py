"""What the store keeps of sessions and of the quotas of persons; it also holds runs to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.flows.ports.session import (
    PersonQuota,
    SessionEntry,
    SessionRecord,
    SessionStatus,
    SessionUsage,
)


class SessionStore(Protocol):
    """Keeps sessions, also those that only runs name: such a one is open and has no limits."""

    def add(self, session: SessionRecord) -> bool:
        """Keep a session that somebody makes; False, and nothing done, if somebody made one of this name."""
        ...

    def save(self, session: SessionRecord) -> None:
        """Keep a session as it is now; what it limits holds from the next start and the next step on."""
        ...

    def replace(self, before: SessionRecord, after: SessionRecord) -> bool:
        """As `save`; False, and nothing done, if the session is not what it was before any more."""
        ...

    def get(self, name: str) -> SessionEntry | None:
        """A session; None if nobody made one of this name, and no run has it."""
        ...

    def page(self, status: SessionStatus, *, limit: int, offset: int = 0) -> Sequence[SessionEntry]:
        """A page of the sessions with this status, those that were active last first."""
        ...

    def counts(self) -> dict[SessionStatus, int]:
        """How many sessions have each status."""
        ...

    def set_usage(self, name: str, usage: SessionUsage) -> None:
        """Take over what a session had used, where it comes from an archive or a file."""
        ...

    def set_quota(self, person: str, quota: PersonQuota) -> None:
        """Hold a person to a quota from now."""
        ...

    def quota(self, person: str) -> PersonQuota:
        """The quota of a person; one without limits if nobody set one."""
        ...

    def quotas(self) -> dict[str, PersonQuota]:
        """All quotas that somebody set, by person."""
        ...
