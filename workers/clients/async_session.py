"""Sessions as asynchronous scripts hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from fluxagents.flows.people.roles import Grant, Role
from fluxagents.flows.ports.session import (
    PersonQuota,
    SessionBudget,
    SessionEntry,
    SessionRecord,
    SessionStatus,
)
from fluxagents.flows.state import RunState
from fluxagents.flows.statistics.run_clusters import TOLERANCE, Cluster
from fluxagents.scheduler.sessions.session_archive import ArchivedSession
from fluxagents.scheduler.sessions.sessions import PAGE, Sessions
from fluxagents.workers.clients.async_runs import AsyncRunGroup
from fluxagents.workers.clients.session import Session
from fluxagents.workers.clients.threads import Threads


class AsyncSession(AsyncRunGroup):
    """As `Session`: the runs of a session, also those that others started."""

    def __init__(self, session: Session, threads: Threads) -> None:
        super().__init__(session, threads)
        self._session = session
        self.name = session.name

    @property
    async def entry(self) -> SessionEntry:
        """What is known of it, and what its runs have used."""
        return await self._threads.call(lambda: self._session.entry)

    async def pause(self, by: str | None = None) -> list[str]:
        """Pause all runs with those that they began; returns the ids of those that were paused."""
        return await self._threads.call(self._session.pause, by)

    async def resume(self, by: str | None = None) -> list[str]:
        """Let all paused runs go on with those that they began; returns their ids."""
        return await self._threads.call(self._session.resume, by)

    async def fork(self, new: str, *, model: str = "", **inputs: Any) -> list[str]:
        """Make the session `new` from this one; see `Sessions.fork`."""
        return await self._threads.call(self._session.fork, new, model=model, **inputs)

    async def clusters(self) -> list[Cluster]:
        """Which of its runs ask the same, where their answers disagree, and which values stand out."""
        return await self._threads.call(self._session.clusters)


class AsyncSessions:
    """As `Sessions`; every method is awaited."""

    def __init__(self, sessions: Sessions, threads: Threads) -> None:
        self._sessions = sessions
        self._threads = threads

    async def create(
        self,
        name: str,
        *,
        label: str = "",
        description: str = "",
        budget: SessionBudget | None = None,
        weight: float = 1.0,
        forked_from: str = "",
        by: str | None = None,
    ) -> SessionRecord:
        """Make a session. One that is only a name of runs becomes one with all that belongs to it."""
        return await self._threads.call(
            self._sessions.create,
            name,
            label=label,
            description=description,
            budget=budget,
            weight=weight,
            forked_from=forked_from,
            by=by,
        )

    async def describe(
        self, name: str, *, label: str | None = None, description: str | None = None, by: str | None = None
    ) -> SessionRecord:
        """Change the label or the description of a session; None leaves one as it is."""
        return await self._threads.call(
            self._sessions.describe, name, label=label, description=description, by=by
        )

    async def limit(
        self,
        name: str,
        *,
        budget: SessionBudget | None = None,
        weight: float | None = None,
        by: str | None = None,
    ) -> SessionRecord:
        """Change what the runs of a session may use together, or its share; None leaves it as it is."""
        return await self._threads.call(self._sessions.limit, name, budget=budget, weight=weight, by=by)

    async def close(self, name: str, *, by: str | None = None) -> SessionRecord:
        """Let a session take no new runs; those that it has go on."""
        return await self._threads.call(self._sessions.close, name, by=by)

    async def open(self, name: str, *, by: str | None = None) -> SessionRecord:
        """Let a closed session take runs again."""
        return await self._threads.call(self._sessions.open, name, by=by)

    async def share(self, name: str, person: str, role: Role, *, by: str | None = None) -> Grant:
        """Give somebody a role in a session, beside those that they have."""
        return await self._threads.call(self._sessions.share, name, person, role, by=by)

    async def show(self, name: str) -> SessionEntry:
        """A session with what its runs have used."""
        return await self._threads.call(self._sessions.show, name)

    async def page(
        self, status: SessionStatus = "open", *, limit: int = PAGE, offset: int = 0
    ) -> Sequence[SessionEntry]:
        """A page of the sessions with a status, those that were active last first."""
        return await self._threads.call(self._sessions.page, status, limit=limit, offset=offset)

    async def counts(self) -> dict[SessionStatus, int]:
        """How many sessions have each status."""
        return await self._threads.call(self._sessions.counts)

    async def states(self, name: str) -> list[RunState]:
        """The states of its runs that are in the store, those that started first first."""
        return await self._threads.call(self._sessions.states, name)

    async def pause(self, name: str, *, by: str | None = None) -> list[str]:
        """Pause all runs of a session with the runs that they began; returns the ids of those."""
        return await self._threads.call(self._sessions.pause, name, by=by)

    async def resume(self, name: str, *, by: str | None = None) -> list[str]:
        """Let all paused runs of a session go on with the runs that they began; returns their ids."""
        return await self._threads.call(self._sessions.resume, name, by=by)

    async def cancel(self, name: str, *, reason: str = "no reason given", by: str | None = None) -> list[str]:
        """End all runs of a session that have not ended; a child ends with the run that began it."""
        return await self._threads.call(self._sessions.cancel, name, reason=reason, by=by)

    async def clusters(self, name: str, *, tolerance: float = TOLERANCE) -> list[Cluster]:
        """Which runs of a session ask the same, where their answers disagree, and which values stand out."""
        return await self._threads.call(self._sessions.clusters, name, tolerance=tolerance)

    async def fork(
        self, name: str, new: str, *, inputs: Mapping[str, JsonValue] | None = None, model: str = ""
    ) -> tuple[SessionRecord, list[str]]:
        """Make a session with the runs of another one, which stays as it is."""
        return await self._threads.call(self._sessions.fork, name, new, inputs=inputs, model=model)

    async def archive(self, name: str, *, by: str | None = None) -> ArchivedSession:
        """Move a session and its runs to the archive, where its runs can be looked at as before."""
        return await self._threads.call(self._sessions.archive, name, by=by)

    async def restore(self, name: str, *, by: str | None = None) -> ArchivedSession:
        """Bring an archived session and its runs back into the store; it takes runs again."""
        return await self._threads.call(self._sessions.restore, name, by=by)

    async def set_quota(self, person: str, quota: PersonQuota, *, by: str | None = None) -> PersonQuota:
        """Hold a person to a quota from now."""
        return await self._threads.call(self._sessions.set_quota, person, quota, by=by)

    async def quota(self, person: str) -> PersonQuota:
        """The quota of a person; one without limits if nobody set one."""
        return await self._threads.call(self._sessions.quota, person)

    async def quotas(self) -> dict[str, PersonQuota]:
        """All quotas that somebody set, by person."""
        return await self._threads.call(self._sessions.quotas)
