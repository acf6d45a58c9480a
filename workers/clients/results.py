"""Where the results of runs lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fluxagents.flows.ports.run_store import RunStore
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.models import ModelStore
from fluxagents.workers.clients.artifact import Artifact


@dataclass(frozen=True, slots=True)
class Results:
    """What it takes to read results."""

    runs: RunStore
    models: ModelStore
    artifacts: Callable[[], ArtifactStore]
    """Opened at first use: it brings pyarrow, which a script that only starts runs need not wait for."""

    def artifact(self, digest: str) -> Artifact:
        """The artifact that a digest, or a unique beginning of one, means."""
        store = self.artifacts()
        return Artifact(store, self.models, store.find(digest))
