"""What a tool may read beside the model that it is given. Nothing here can be written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from fluxagents.flows.events import Event
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.state import RunState
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.biochem import Biochem
from fluxagents.tasks.ports.models import ModelStore

if TYPE_CHECKING:
    from fluxagents.tasks.tool import Tool


class RunHistory(Protocol):
    """Recorded runs; a run store is one."""

    def load(self, run_id: str) -> RunState:
        """The state of a run; raises `UNKNOWN_ID`."""
        ...

    def events(self, run_id: str) -> tuple[Event, ...]:
        """All events of a run in order; raises `UNKNOWN_ID`."""
        ...

    def flow(self, digest: str) -> Flow:
        """A flow that some run keeps; raises `UNKNOWN_ID`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The readable world of a tool."""

    models: ModelStore
    artifacts: ArtifactStore
    runs: Callable[[], RunHistory]
    """Asked for only by tools that read runs: most need no run store."""
    biochem: Biochem
    """Names of compounds and reactions that were imported."""
    tools: Mapping[str, Tool]
    """All tools, by name: an audit calls them again."""
    media: MediaLibrary = field(default_factory=MediaLibrary)
    prompts: Callable[[], PromptManager] = PromptManager
    """Also the versions that were registered at run time, where there is a store of them."""
