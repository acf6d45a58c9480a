"""A trigger: which events start a run, of which flow, on which model, with which inputs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from fluxagents.flows.events import Frozen, Lane
from fluxagents.flows.people.actor import SYSTEM
from fluxagents.scheduler.webhooks.incoming import Scheme, StandardScheme

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"

RunEnd = Literal["finished", "failed", "cancelled", "dead"]

MAX_DEPTH = 8
"""Triggers that may lead to one another, at most."""
MAX_WAIT_S = 86_400.0
MAX_ADDRESS = 1_000
"""Characters."""
LEAST_EVERY_S = 2.0
MAX_BATCH = 200
"""Events that one run is started for."""


class RunSource(Frozen):
    """A run has ended."""

    kind: Literal["run"] = "run"
    flow: str = ""
    """Of this flow; of any when empty."""
    ends: tuple[RunEnd, ...] = ("finished",)

    def __str__(self) -> str:
        return f"run of {self.flow or 'any flow'} {' or '.join(self.ends)}"


class ModelSource(Frozen):
    """A tool has made a model."""

    kind: Literal["model"] = "model"
    tool: str = ""
    """This one; any when empty."""

    def __str__(self) -> str:
        return f"model made by {self.tool or 'any tool'}"


class ArtifactSource(Frozen):
    """A tool has stored a result."""

    kind: Literal["artifact"] = "artifact"
    tool: str = ""
    """This one; any when empty."""

    def __str__(self) -> str:
        return f"result of {self.tool or 'any tool'}"


class WebhookSource(Frozen):
    """Somebody has posted a signed message to the address of the trigger."""

    kind: Literal["webhook"] = "webhook"
    scheme: Scheme = Field(default_factory=StandardScheme)
    """How they sign."""

    def __str__(self) -> str:
        return f"webhook signed as {self.scheme.kind}"


class FileSource(Frozen):
    """A file has appeared in a folder, or has changed."""

    kind: Literal["file"] = "file"
    address: str = Field(min_length=1, max_length=MAX_ADDRESS)
    """A folder of the workers, or a prefix of a bucket such as `s3://bucket/models`."""
    pattern: str = Field(default="*", pattern=r"^[^/].*$", max_length=MAX_ADDRESS)
    """Of names: `*.xml`; `**/*.xml` for folders below too."""
    every_s: float = Field(default=60.0, ge=LEAST_EVERY_S, le=MAX_WAIT_S)
    """How often one looks."""
    settle_s: float = Field(default=10.0, ge=0.0, le=MAX_WAIT_S)
    """So long a file must have been the same: one that is being written changes."""
    backlog: bool = False
    """Files that were there at the first look count as well."""

    def __str__(self) -> str:
        return f"file {self.pattern} in {self.address}"


Source = Annotated[
    RunSource | ModelSource | ArtifactSource | WebhookSource | FileSource, Field(discriminator="kind")
]


class EventTrigger(Frozen):
    """What is started, and by which events."""

    name: str = Field(pattern=NAME)
    source: Source
    when: str = ""
    """A condition in the language of flows, over the names of the event; always when empty."""
    flow: str
    """A name, looked up whenever it fires, or the digest of a stored flow."""
    flow_name: str = ""
    """What a flow that is named by its digest is called."""
    model: str = ""
    """A model's name or digest; that of the event when empty."""
    model_from: str = ""
    """Instead of `model`: an expression that gives its name or digest; with `via` a file: `path@commit`."""
    via: str = ""
    """The repository, among the webhooks, that files are fetched from; empty for none."""
    fetch: dict[str, str] = Field(default_factory=dict)
    """Inputs that are models, fetched from there: name -> expression that gives `path@commit`."""
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    expressions: dict[str, str] = Field(default_factory=dict)
    """Inputs that are computed from the event: name -> expression."""
    lane: Lane = "bulk"
    wait_s: float = Field(default=0.0, ge=0.0, le=MAX_WAIT_S)
    """How long events are gathered before a run starts for all of them."""
    is_debounced: bool = False
    """The wait begins anew with each event, so that the run starts when it has been quiet for so long."""
    key: str = ""
    """An expression: events with equal values belong together; all do when empty."""
    max_open: int = Field(default=0, ge=0)
    """Runs that may be open for one key at once, further ones wait; 0 for any number."""
    reply_to: str = ""
    """The webhook that is told how its runs go; empty for none."""
    reply: dict[str, str] = Field(default_factory=dict)
    """Where at that webhook it belongs: name -> expression."""
    owner: str = SYSTEM
    """Who added it; its runs are theirs."""
    created_ms: int

    @property
    def waits_for_network(self) -> bool:
        """Whether its runs start by what has to be fetched."""
        return bool(self.via) or isinstance(self.source, FileSource)

    @property
    def session(self) -> str:
        """The session that its runs share; also its name in the ledger."""
        return name_session(self.name)


def name_session(trigger: str) -> str:
    """The session that the runs of the trigger of this name share."""
    return f"trigger:{trigger}"
