"""Runs that are read over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, RunStarted
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.state import RunState, Status
from fluxagents.workers.clients.http.api_calls import (
    call_events,
    call_flow,
    call_run,
    call_runs,
    call_starts,
    call_statuses,
    read_events,
    read_flow,
    read_state,
    read_states,
    read_statuses,
)
from fluxagents.workers.clients.http.connection import ApiConnection

CHUNK = 100
"""Runs whose statuses are asked for at once: their ids fit into an address."""


class HttpRuns:
    """The truth about runs, as far as one may see it.

    Args:
        api: Where they are asked for.
    """

    def __init__(self, api: ApiConnection) -> None:
        self._api = api

    def load(self, run_id: str) -> RunState:
        """The state of a run."""
        return read_state(self._api.send(call_run(run_id)))

    def events(self, run_id: str) -> tuple[Event, ...]:
        """All events of a run in order."""
        log: list[Event] = []
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = read_events(self._api.send(call_events(run_id, cursor)))
            log += page
        return tuple(log)

    def statuses(self, run_ids: Sequence[str]) -> list[Status]:
        """The status of each of these runs, in their order, without their states."""
        return [
            status
            for first in range(0, len(run_ids), CHUNK)
            for status in read_statuses(self._api.send(call_statuses(run_ids[first : first + CHUNK])))
        ]

    def starts_of(self, run_ids: Sequence[str]) -> list[RunStarted]:
        """The first event of each of these runs, in their order."""
        return [self._start_of(run_id) for run_id in run_ids]

    def of_session(self, session: str) -> Iterator[RunState]:
        """The states of the runs of a session, the newest first."""
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = read_states(self._api.send(call_runs(session, cursor)))
            yield from page

    def flow(self, name: str) -> Flow:
        """The flow of a name, or of a digest that runs have."""
        return read_flow(self._api.send(call_flow(name)))

    def _start_of(self, run_id: str) -> RunStarted:
        (start, *_), _ = read_events(self._api.send(call_starts(run_id)))
        if not isinstance(start, RunStarted):
            raise FluxError(ErrorClass.SCHEMA, f"the log of run {run_id} begins with {start.type}")
        return start
