"""Where the results of runs lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from fluxagents.flows.ports.run_store import RunStore
from fluxagents.scheduler.runs.run import RunReader
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.models import ModelStore
from fluxagents.workers.clients.artifact import Artifact
from fluxagents.workers.clients.completion import RunLooks


class LoggedRuns(RunReader, RunLooks, Protocol):
    """Reads runs, and looks at many of them."""


class Results(Protocol):
    """What it takes to read results, on the machine itself or over a network."""

    @property
    def runs(self) -> LoggedRuns:
        """Where runs are read."""
        ...

    def artifact(self, digest: str, run_id: str = "") -> Artifact:
        """The artifact that a digest, or a unique beginning of one, means.

        Args:
            digest: Of a result.
            run_id: The run that found it; who may see only some runs reads only their results.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoredResults:
    """Results in stores that this process opens."""

    runs: RunStore
    models: ModelStore
    artifacts: Callable[[], ArtifactStore]
    """Opened at first use: it brings pyarrow, which a script that only starts runs need not wait for."""

    def artifact(self, digest: str, run_id: str = "") -> Artifact:
        """See `Results.artifact`."""
        del run_id
        store = self.artifacts()
        return Artifact(store, self.models, store.find(digest))
