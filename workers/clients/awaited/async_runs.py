"""Runs, batches and sessions as asynchronous scripts hold them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from fluxagents.flows.events import Event
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.flows.ports.session import (
    PersonQuota,
    SessionBudget,
    SessionEntry,
    SessionRecord,
    SessionStatus,
)
from fluxagents.flows.state import Finding, RunState, Status
from fluxagents.flows.statistics.run_clusters import TOLERANCE, Cluster
from fluxagents.scheduler.batches.batches import Tally
from fluxagents.scheduler.sessions.session_archive import ArchivedSession
from fluxagents.scheduler.sessions.sessions import PAGE, Sessions
from fluxagents.workers.clients.artifact import Artifact
from fluxagents.workers.clients.client_run import ClientRun
from fluxagents.workers.clients.http.http_sessions import HttpSessions
from fluxagents.workers.clients.progress.progress_view import progress_view
from fluxagents.workers.clients.results import Results
from fluxagents.workers.clients.run_group import Batch, RunGroup, Session
from fluxagents.workers.clients.threads import Threads
from fluxagents.workers.reports.notebook_view import NotebookView

if TYPE_CHECKING:
    import pandas as pd


class AsyncRun(NotebookView):
    """As `ClientRun`; every method and every property but `id` is awaited: `await run.status`."""

    def __init__(self, run: ClientRun, threads: Threads) -> None:
        self._run = run
        self._threads = threads
        self.id = run.id

    def __repr__(self) -> str:
        return repr(self._run)

    def _repr_html_(self) -> str:
        return self._run._repr_html_()

    def _repr_text_(self) -> str:
        return self._run._repr_text_()

    @property
    async def state(self) -> RunState:
        """All that is known of the run now."""
        return await self._threads.call(lambda: self._run.state)

    @property
    async def status(self) -> Status:
        """Whether it runs, waits, is paused, or how it ended."""
        return (await self.state).status

    @property
    async def answer(self) -> str | None:
        """The answer, once the run has finished."""
        return (await self.state).answer

    @property
    async def findings(self) -> tuple[Finding, ...]:
        """What the tools found, each with the artifact that holds the full data."""
        return (await self.state).findings

    async def events(self) -> tuple[Event, ...]:
        """The run's log, from its start."""
        return await self._threads.call(self._run.events)

    async def wait(self, timeout: float | None = None) -> Status:
        """Wait until the run ends or needs somebody; raises `TimeoutError` after so many seconds."""
        looks = self._threads.look_until_complete(self._run.results.runs, [self.id], timeout_s=timeout)
        async for look in looks:
            for state in look.completed:
                return state.status
        raise AssertionError("looking ends when the run has completed")

    async def watch(self, *, poll_s: float = 0.2) -> AsyncIterator[Event]:
        """Events as they happen, from the run's start until it rests."""
        seen = 0
        while True:
            resting = (await self.state).needs_somebody
            log = await self.events()
            for event in log[seen:]:
                yield event
            seen = len(log)
            if resting:
                return
            await asyncio.sleep(poll_s)

    async def table(self) -> pd.DataFrame:
        """One row per value that a tool found, with its unit; the full data are in `artifacts`."""
        return await self._threads.call(self._run.table)

    async def artifacts(self) -> tuple[Artifact, ...]:
        """The full data of every result, in the order in which tools were called."""
        return await self._threads.call(self._run.artifacts)

    async def artifact(self, tool: str) -> Artifact:
        """The full data of the last result of a tool; raises `FluxError` if this run has none of it."""
        return await self._threads.call(self._run.artifact, tool)

    async def pause(self, by: str | None = None) -> RunState:
        """Pause the run: at once when no worker is at it, else after the step that runs now."""
        return await self._threads.call(self._run.pause, by)

    async def resume(self, by: str | None = None) -> RunState:
        """Let the paused run go on."""
        return await self._threads.call(self._run.resume, by)

    async def cancel(self, reason: str = "no reason given", by: str | None = None) -> RunState:
        """End the run now."""
        return await self._threads.call(self._run.cancel, reason, by)


class AsyncRunGroup(NotebookView):
    """As `RunGroup`; every method and property is awaited."""

    def __init__(self, group: RunGroup, threads: Threads) -> None:
        self._group = group
        self._threads = threads

    def __repr__(self) -> str:
        return repr(self._group)

    def _repr_html_(self) -> str:
        return self._group._repr_html_()

    def _repr_text_(self) -> str:
        return self._group._repr_text_()

    async def states(self) -> list[RunState]:
        """The states of the runs, those that started first first."""
        return await self._threads.call(self._group.states)

    @property
    async def runs(self) -> tuple[AsyncRun, ...]:
        """The runs, those that started first first."""
        runs = await self._threads.call(lambda: self._group.runs)
        return tuple(AsyncRun(run, self._threads) for run in runs)

    @property
    async def tally(self) -> Tally:
        """How many of them are finished, failed, waiting and running."""
        return await self._threads.call(lambda: self._group.tally)

    async def wait(self, timeout: float | None = None, *, progress: bool = False) -> Tally:
        """Wait until each has ended or needs somebody; see `RunGroup.wait`."""
        run_ids = [state.run_id for state in await self.states()]
        return await gather_async(self._threads, self._group.results, run_ids, timeout, progress)

    async def cancel(self, reason: str = "no reason given", by: str | None = None) -> list[str]:
        """End those that have not ended; returns their ids."""
        return await self._threads.call(self._group.cancel, reason, by)

    async def table(self, *, long: bool = False) -> pd.DataFrame:
        """One row per run with growth (1/h) and answer; `long` gives a row per value that a tool found."""
        return await self._threads.call(self._group.table, long=long)


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

    def __init__(self, sessions: Sessions | HttpSessions, threads: Threads) -> None:
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

    async def hand_over(self, name: str, person: str, *, by: str | None = None) -> SessionRecord:
        """Make somebody else the owner of a session, with its budget as it is."""
        return await self._threads.call(self._sessions.hand_over, name, person, by=by)

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


class AsyncBatch(AsyncRunGroup, AsyncIterator[AsyncRun]):
    """As `Batch`: the runs of one call, which are started while it is iterated with `async for`."""

    def __init__(self, batch: Batch, threads: Threads) -> None:
        super().__init__(batch, threads)
        self._batch = batch

    async def __anext__(self) -> AsyncRun:
        run = await self._threads.call(next, self._batch, None)
        if run is None:
            raise StopAsyncIteration
        return AsyncRun(run, self._threads)


async def gather_async(
    threads: Threads, results: Results, runs: list[str], timeout_s: float | None, progress: bool
) -> Tally:
    """Wait until each of the runs has ended or needs somebody."""
    view = progress_view(len(runs)) if progress else nullcontext(lambda _: None)
    with view as show:
        async for look in threads.look_until_complete(results.runs, runs, timeout_s=timeout_s):
            show(look.tally)
    return look.tally
