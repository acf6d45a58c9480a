"""Everything that a step acts through, put together once per process by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.memory.remedy_book import MemoryRemedyBook
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.notifier import Notifier
from fluxagents.flows.ports.publisher import Publisher
from fluxagents.flows.ports.remedy_book import RemedyBook
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.biochem import Biochem, NothingImported
from fluxagents.tasks.ports.decisions import DecisionMaker
from fluxagents.tasks.ports.models import ModelStore
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.registry import tool_facts
from fluxagents.tasks.tool import Tool


@dataclass(frozen=True, kw_only=True)
class Effects:
    """The ports of one worker process."""

    store: RunStore
    publisher: Publisher
    clock: Clock
    notifier: Notifier
    models: ModelStore
    artifacts: ArtifactStore
    decider: Callable[[], DecisionMaker]
    """Built when it is first asked for: workers that only run tools need no chat model."""
    tools: Mapping[str, Tool]
    owner: Callable[[], str]
    """Who takes leases in this process: `<node>|<process id>`."""
    queues: tuple[str, ...]
    """Queues that the reconciler looks after."""
    deliveries: int = 4
    """Deliveries of one step before it goes to the dead letters."""
    lease_ms: int = 720_000
    """Longer than any step may take."""
    grace_ms: int = 3_000
    """How long a dispatch may be missing before it counts as lost."""
    biochem: Biochem = field(default_factory=NothingImported)
    """Names of compounds and reactions for the tools that look them up."""
    media: MediaLibrary = field(default_factory=MediaLibrary)
    prompts: Callable[[], PromptManager] = PromptManager
    """For the tools that audit decisions."""
    remedies: RemedyBook = field(default_factory=MemoryRemedyBook)
    """What helped against which error."""
    flow_folders: tuple[Path, ...] = ()
    """Where the user's flows lie, for runs that are started by a message."""
    controllers: dict[str, FlowController] = field(default_factory=dict)
    """Flows that this process has met, by digest."""

    @property
    def sources(self) -> Sources:
        """What tools may read."""
        return Sources(
            models=self.models,
            artifacts=self.artifacts,
            runs=lambda: self.store,
            biochem=self.biochem,
            tools=self.tools,
            media=self.media,
            prompts=self.prompts,
        )

    def controller(self, digest: str) -> FlowController:
        """The controller of a stored flow.

        Raises:
            FluxError: If no such flow is stored.
        """
        if digest not in self.controllers:
            self.controllers[digest] = FlowController(self.store.flow(digest), tools=tool_facts(self.tools))
        return self.controllers[digest]
