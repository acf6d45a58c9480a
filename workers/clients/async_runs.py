"""A run and a batch as asynchronous scripts hold them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import TYPE_CHECKING

from fluxagents.flows.events import Event
from fluxagents.flows.state import Finding, RunState, Status
from fluxagents.scheduler.batches.batches import Tally
from fluxagents.workers.clients.artifact import Artifact
from fluxagents.workers.clients.client_run import ClientRun
from fluxagents.workers.clients.progress_view import progress_view
from fluxagents.workers.clients.results import Results
from fluxagents.workers.clients.run_group import Batch, RunGroup
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
