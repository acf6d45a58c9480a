"""Recorded runs, wherever they lie: the run store first, the archive for those that have left it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fluxagents.flows.definition import Flow
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, ToolSucceeded
from fluxagents.flows.ports import RunStore
from fluxagents.flows.state import RunState
from fluxagents.workers.archive import Archive

T = TypeVar("T")


class KeptRuns:
    """Both at once; see `fluxagents.tasks.sources.RunHistory`."""

    def __init__(self, store: RunStore, archive: Archive) -> None:
        self._store = store
        self._archive = archive

    def load(self, run_id: str) -> RunState:
        """The state of a run; raises `UNKNOWN_ID`."""
        return self._first(lambda kept: kept.load(run_id))

    def events(self, run_id: str) -> tuple[Event, ...]:
        """All events of a run in order; raises `UNKNOWN_ID`."""
        return self._first(lambda kept: kept.events(run_id))

    def flow(self, digest: str) -> Flow:
        """A flow that some run keeps; raises `UNKNOWN_ID`."""
        return self._store.flow(digest)

    def _first(self, read: Callable[[RunStore | Archive], T]) -> T:
        try:
            return read(self._store)
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            return read(self._archive)


def artifact_of_step(run_id: str, events: tuple[Event, ...], step: int | None) -> str:
    """The artifact that a step of a run recorded.

    Args:
        run_id: Of the run.
        events: Of the run.
        step: Of the tool's result; may be absent if the run has only one.

    Raises:
        FluxError: `UNKNOWN_ID`, naming the steps that have an artifact.
    """
    made = [event for event in events if isinstance(event, ToolSucceeded) and event.artifact]
    chosen = [event for event in made if step in {None, event.seq}]
    if len(chosen) == 1 and chosen[0].artifact:
        return chosen[0].artifact
    which = (
        "more than one step" if step is None and made else f"no step {'' if step is None else step}".strip()
    )
    known = ", ".join(f"{event.seq} ({event.call.tool})" for event in made) or "none"
    raise FluxError(
        ErrorClass.UNKNOWN_ID,
        f"run {run_id} has {which} with an artifact",
        suggestions=(f"steps with an artifact: {known}",),
    )
