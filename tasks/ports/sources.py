"""What a tool may read beside the model that it is given. Nothing here can be written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from fluxagents.flows.events import Event
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.state import RunState
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.biochem import Biochem
from fluxagents.tasks.ports.media import MediaCatalog
from fluxagents.tasks.ports.models import ModelStore
from fluxagents.tasks.ports.results import Args, Result

if TYPE_CHECKING:
    from cobra import Model

    from fluxagents.prompts.versions.manager import PromptManager


def open_shipped_prompts() -> PromptManager:
    """The prompts of the package; Jinja2 is not imported before somebody renders one."""
    manager: PromptManager = import_module("fluxagents.prompts.versions.manager").PromptManager()
    return manager


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


class RepeatableTool(Protocol):
    """A tool as an audit sees it: something that computes a recorded result again."""

    @property
    def result(self) -> type[Result]:
        """What the tool gives."""
        ...

    @property
    def needs_model(self) -> bool:
        """Whether `carry_out` is given a model."""
        ...

    @property
    def needs_approval(self) -> bool:
        """Whether a human must agree before the tool runs."""
        ...

    def parse(self, args: Mapping[str, Any]) -> Args:
        """The arguments, checked; raises `BAD_ARGUMENT`."""
        ...

    def carry_out(self, model: Model | None, args: Args, sources: Sources) -> Result:
        """Compute the result."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The readable world of a tool."""

    models: ModelStore
    artifacts: ArtifactStore
    runs: Callable[[], RunHistory]
    """Called only by tools that read runs: most need no run store."""
    biochem: Biochem
    """Names of compounds and reactions that were imported."""
    tools: Mapping[str, RepeatableTool]
    """All tools, by name: an audit calls them again."""
    media: MediaCatalog
    prompts: Callable[[], PromptManager] = open_shipped_prompts
    """Also the versions that were registered at run time, where there is a store of them."""
