"""A page of runs: filters that the store's indexes answer, and filters that a look at each run answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydantic import Field

from fluxagents.flows.ports.run_store import RunPlace, RunQueries
from fluxagents.flows.state import RunState, Status
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import Parameters
from fluxagents.scheduler.http.times import Time, to_milliseconds

CHUNK = 200

MAX_SCANNED = 2_000
"""Runs that are looked at for one page; a page of what is rare may hold fewer than asked for, or none."""


class RunFilter(Parameters):
    """Which runs: all that is named must be so."""

    status: Status | None = None
    session: str = Field("", max_length=MAX_NAME)
    flow: str = Field("", max_length=MAX_NAME)
    """The name of a flow, any version of it."""
    model: str = Field("", max_length=MAX_NAME)
    """A model's name, or the digest of what the run works on."""
    since: Time | None = None
    """Started then or later; without a time zone it is UTC."""
    until: Time | None = None
    """Started before."""

    def takes(self, state: RunState) -> bool:
        """Whether a run is among them, as far as no index has said so."""
        return (
            self.flow in {"", state.flow.name}
            and self.model in {"", state.model_name, state.model}
            and (self.since is None or state.started_ms >= to_milliseconds(self.since))
            and (self.until is None or state.started_ms < to_milliseconds(self.until))
        )


def list_page(
    store: RunQueries,
    where: RunFilter,
    may_see: Callable[[RunState], bool],
    *,
    limit: int,
    after: RunPlace | None,
) -> tuple[list[RunState], RunPlace | None]:
    """Runs, the newest first, and where the next page begins; None after the last.

    Args:
        store: The truth about runs.
        where: Which runs.
        may_see: Whether a run may be shown.
        limit: Most runs of the page.
        after: The last run of the page before.
    """
    if after is None and where.until is not None:
        after = RunPlace(to_milliseconds(where.until), "")
    page: list[RunState] = []
    place = after
    for state in _scan(store, where, after, limit):
        place = RunPlace(state.started_ms, state.run_id)
        if where.since is not None and state.started_ms < to_milliseconds(where.since):
            return page, None
        if where.takes(state) and may_see(state):
            page.append(state)
        if len(page) == limit:
            return page, place
    # Scanning ended at its limit, or at the end of the list.
    return page, place if place is not None and _goes_on(store, where, place) else None


def _scan(store: RunQueries, where: RunFilter, after: RunPlace | None, limit: int) -> Iterator[RunState]:
    """Runs of the indexes, as many as may be needed at first, then more at a time."""
    scanned, chunk = 0, limit
    while scanned < MAX_SCANNED:
        states = store.runs(status=where.status, session=where.session or None, limit=chunk, after=after)
        yield from states
        if not states:
            return
        after = RunPlace(states[-1].started_ms, states[-1].run_id)
        scanned, chunk = scanned + chunk, CHUNK


def _goes_on(store: RunQueries, where: RunFilter, place: RunPlace) -> bool:
    return bool(store.runs(status=where.status, session=where.session or None, limit=1, after=place))
