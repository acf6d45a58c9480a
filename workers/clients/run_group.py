"""Runs that belong together: those of a session, and those that one call started."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import JsonValue

from fluxagents.flows.ports.session import SessionEntry, SessionRecord
from fluxagents.flows.state import RunState
from fluxagents.flows.statistics.run_clusters import Cluster
from fluxagents.scheduler.batches.batches import Tally
from fluxagents.scheduler.runs.run import RunActs
from fluxagents.workers.clients.client_run import ClientRun
from fluxagents.workers.clients.completion import look_until_complete
from fluxagents.workers.clients.frames import frame_findings, frame_runs
from fluxagents.workers.clients.progress.progress_view import progress_view
from fluxagents.workers.clients.results import Results
from fluxagents.workers.reports.html.group_card import draw_group
from fluxagents.workers.reports.notebook_view import NotebookView
from fluxagents.workers.reports.plain_cards import write_group

if TYPE_CHECKING:
    import pandas as pd


class GroupActs(RunActs, Protocol):
    """What a script does with the runs that it holds together."""

    def cancel_all(self, runs: Iterable[str], *, by: str | None, reason: str) -> list[str]:
        """End those that have not ended; their ids."""
        ...


class SessionActs(Protocol):
    """What a script does with a session that it holds; see `Sessions`."""

    def show(self, name: str) -> SessionEntry:
        """What is known of it."""
        ...

    def states(self, name: str) -> list[RunState]:
        """The states of its runs."""
        ...

    def pause(self, name: str, *, by: str | None) -> list[str]:
        """Pause all its runs."""
        ...

    def resume(self, name: str, *, by: str | None) -> list[str]:
        """Let them go on."""
        ...

    def fork(
        self, name: str, new: str, *, inputs: Mapping[str, JsonValue] | None, model: str
    ) -> tuple[SessionRecord, list[str]]:
        """Make another one from it."""
        ...

    def clusters(self, name: str) -> list[Cluster]:
        """Compare its runs."""
        ...


class RunGroup(NotebookView):
    """Some runs, looked at and controlled together."""

    def __init__(self, control: GroupActs, results: Results) -> None:
        self._control = control
        self.results = results

    @abstractmethod
    def states(self) -> list[RunState]:
        """The states of the runs, those that started first first."""

    @property
    def runs(self) -> tuple[ClientRun, ...]:
        """The runs, those that started first first."""
        return tuple(ClientRun(self._control, state.run_id, self.results) for state in self.states())

    @property
    def tally(self) -> Tally:
        """How many of them are finished, failed, waiting and running."""
        states = self.states()
        return Tally.of(states, total=len(states))

    def wait(self, timeout: float | None = None, *, progress: bool = False) -> Tally:
        """Wait until each has ended or needs somebody.

        Args:
            timeout: Seconds; None waits for as long as it takes.
            progress: Show a bar in a terminal or a notebook, and lines elsewhere.

        Raises:
            TimeoutError: If some still run then.
        """
        return gather_runs(self.results, [state.run_id for state in self.states()], timeout, progress)

    def cancel(self, reason: str = "no reason given", by: str | None = None) -> list[str]:
        """End those that have not ended; returns their ids. A child ends with the run that began it."""
        states = sorted(self.states(), key=lambda state: bool(state.parent))
        return self._control.cancel_all((state.run_id for state in states), by=by, reason=reason)

    def table(self, *, long: bool = False) -> pd.DataFrame:
        """One row per run with growth (1/h) and answer; `long` gives a row per value that a tool found."""
        if long:
            return frame_findings(self.results.runs, self.states())
        return frame_runs(self.states())


class Session(RunGroup):
    """The runs of a session, also those that others started; every look asks the store."""

    def __init__(self, control: GroupActs, results: Results, sessions: SessionActs, name: str) -> None:
        super().__init__(control, results)
        self._sessions = sessions
        self.name = name

    def __repr__(self) -> str:
        return f"Session({self.name!r})"

    def _repr_html_(self) -> str:
        return draw_group(f"session {self.name}", self.states())

    def _repr_text_(self) -> str:
        return write_group(f"session {self.name}", self.states())

    @property
    def entry(self) -> SessionEntry:
        """What is known of it, and what its runs have used; raises `FluxError` if there is none."""
        return self._sessions.show(self.name)

    def states(self) -> list[RunState]:
        """The states of the runs, those that started first first."""
        return self._sessions.states(self.name)

    def pause(self, by: str | None = None) -> list[str]:
        """Pause all runs with those that they began; returns the ids of those that were paused."""
        return self._sessions.pause(self.name, by=by)

    def resume(self, by: str | None = None) -> list[str]:
        """Let all paused runs go on with those that they began; returns their ids."""
        return self._sessions.resume(self.name, by=by)

    def fork(self, new: str, *, model: str = "", **inputs: Any) -> list[str]:
        """Make the session `new` from this one: its runs at their ends, or begun anew with changes.

        Returns:
            The ids of the new runs; see `Sessions.fork`.
        """
        _, runs = self._sessions.fork(self.name, new, inputs=inputs, model=model)
        return runs

    def clusters(self) -> list[Cluster]:
        """Which of its runs ask the same, where their answers disagree, and which values stand out."""
        return self._sessions.clusters(self.name)


class Batch(RunGroup, Iterator[ClientRun]):
    """The runs of one call of `batch`, which are started while it is iterated.

    What asks for all of them (`runs`, `states`, `wait`, `table`) starts first those that are left; `cancel`
    ends those that were started and starts no more.
    """

    def __init__(self, control: GroupActs, results: Results, started: Iterable[str]) -> None:
        super().__init__(control, results)
        self._starting = iter(started)
        self._started: list[str] = []

    def __repr__(self) -> str:
        return f"Batch({len(self._started)} runs started)"

    def _repr_html_(self) -> str:
        # To look at a batch starts nothing.
        return draw_group("batch", self._load())

    def _repr_text_(self) -> str:
        return write_group("batch", self._load())

    def __next__(self) -> ClientRun:
        self._started.append(next(self._starting))
        return ClientRun(self._control, self._started[-1], self.results)

    def states(self) -> list[RunState]:
        """The states of the runs, in the order of their specs."""
        self._started.extend(self._starting)
        return self._load()

    def _load(self) -> list[RunState]:
        return [self.results.runs.load(run_id) for run_id in self._started]

    def cancel(self, reason: str = "no reason given", by: str | None = None) -> list[str]:
        """End those that were started and have not ended; returns their ids."""
        self._starting = iter(())
        return self._control.cancel_all(self._started, by=by, reason=reason)


def gather_runs(results: Results, runs: list[str], timeout_s: float | None, progress: bool) -> Tally:
    """Wait until each of the runs has ended or needs somebody."""
    view = progress_view(len(runs)) if progress else nullcontext(lambda _: None)
    with view as show:
        for look in look_until_complete(results.runs, runs, timeout_s=timeout_s):
            show(look.tally)
            time.sleep(look.pause_s)
    return look.tally
