"""What a tool may read beside the model that it is given. Nothing here can be written to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from fluxagents.flows.events import Event
from fluxagents.flows.state import RunState
from fluxagents.tasks.artifacts import ArtifactStore
from fluxagents.tasks.models import ModelStore


class RunHistory(Protocol):
    """Recorded runs; a run store is one."""

    def load(self, run_id: str) -> RunState:
        """The state of a run; raises `UNKNOWN_ID`."""
        ...

    def events(self, run_id: str) -> tuple[Event, ...]:
        """All events of a run in order; raises `UNKNOWN_ID`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The readable world of a tool."""

    models: ModelStore
    artifacts: ArtifactStore
    runs: Callable[[], RunHistory]
    """Asked for only by tools that read runs: most need no run store."""
