"""A session as a script holds it."""

from __future__ import annotations

from typing import Any

from fluxagents.flows.ports.session import SessionEntry
from fluxagents.flows.state import RunState
from fluxagents.flows.statistics.run_clusters import Cluster
from fluxagents.scheduler.runs.run_control import RunControl
from fluxagents.scheduler.sessions.sessions import Sessions
from fluxagents.workers.clients.results import Results
from fluxagents.workers.clients.run_group import RunGroup
from fluxagents.workers.reports.html.group_card import draw_group
from fluxagents.workers.reports.plain_cards import write_group


class Session(RunGroup):
    """The runs of a session, also those that others started; every look asks the store."""

    def __init__(self, control: RunControl, results: Results, sessions: Sessions, name: str) -> None:
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
