"""What happens next, in the imperative. A decision is the part of it that a chat model may choose."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

HYPOTHESIS_CHARACTERS = 500


class CommandBase(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CallTool(CommandBase):
    """Run one tool on the run's model."""

    kind: Literal["call_tool"] = "call_tool"
    tool: str
    args: dict[str, JsonValue] = Field(default_factory=dict)
    hypothesis: str = Field(default="", max_length=HYPOTHESIS_CHARACTERS)
    """What is supposed, and which result would refute it; empty where none is asked for."""


class ComputeEffect(CommandBase):
    """Compute what a call would do, before a human is asked about it; changes nothing."""

    kind: Literal["compute_effect"] = "compute_effect"
    call: CallTool


class AskedItem(CommandBase):
    """One thing that a question asks."""

    id: str = Field(min_length=1, max_length=40)
    quantity: str = Field(min_length=1, max_length=200)
    """What is wanted, such as `growth rate`."""
    object: str = Field(default="", max_length=200)
    """Of what, such as a gene."""
    condition: str = Field(default="", max_length=300)
    """Under which condition; empty for those of the run."""
    comparison: str = Field(default="", max_length=200)
    """With what it is to be compared."""

    @property
    def text(self) -> str:
        """The item in a line."""
        words = (
            self.quantity,
            self.object and f"of {self.object}",
            self.condition and f"under {self.condition}",
            self.comparison and f"compared with {self.comparison}",
        )
        return " ".join(word for word in words if word)


class ItemAnswer(CommandBase):
    """What became of an item: a finding answers it, or it is open."""

    id: str = Field(min_length=1, max_length=40)
    finding: str = Field(default="", max_length=40)
    """Of this run; empty while the item is open."""
    open: str = Field(default="", max_length=500)
    """Why it is open, and what would answer it."""


class AskHuman(CommandBase):
    """Put a question to a human and wait for the answer."""

    kind: Literal["ask_human"] = "ask_human"
    question: str = Field(min_length=1, max_length=2_000)


class Consult(CommandBase):
    """Ask experts, each for themselves, and wait for what their opinions come to."""

    kind: Literal["consult"] = "consult"
    question: str = Field(min_length=1, max_length=2_000)
    choices: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(
        default=(), max_length=12
    )
    """Answers to choose from; free text without any."""


class Finish(CommandBase):
    """Leave the node with an answer."""

    kind: Literal["finish"] = "finish"
    answer: str = Field(max_length=8_000)


Decision = Annotated[CallTool | AskHuman | Consult | Finish, Field(discriminator="kind")]
"""What a chat model may answer, and nothing else."""


class Decide(CommandBase):
    """Let the chat model choose among the tools of a node."""

    kind: Literal["decide"] = "decide"
    node: str
    prompt: str
    tools: tuple[str, ...]
    steps_left: int
    hypotheses: bool = False
    """Whether each call of a tool states the hypothesis that it tests."""
    experts: bool = False
    """Whether experts may be consulted."""


class Explain(CommandBase):
    """Answer what a human asks back about a request, from what the run found."""

    kind: Literal["explain"] = "explain"
    request_id: str


class NotifyHuman(CommandBase):
    """Tell the humans who may answer that a request waits for them."""

    kind: Literal["notify_human"] = "notify_human"
    request_id: str


class JoinShards(CommandBase):
    """Put the parts of a tool call together; waits in the store until all its runs are terminal."""

    kind: Literal["join_parts"] = "join_parts"
    call: CallTool
    runs: tuple[str, ...]
    until_ms: int
    """Until when at the latest, as Unix time in ms."""


class BeginRuns(CommandBase):
    """Begin the runs of a `map` or `subflow` node."""

    kind: Literal["begin_runs"] = "begin_runs"
    node: str


class JoinRuns(CommandBase):
    """Put together what the runs of a node found; waits in the store until all are terminal."""

    kind: Literal["join_runs"] = "join_runs"
    node: str
    runs: tuple[str, ...]
    until_ms: int
    """Until when at the latest, as Unix time in ms."""


class Expire(CommandBase):
    """Look again at a run that waits or is paused: its time is over."""

    kind: Literal["expire"] = "expire"
    at_ms: int
    """When, as Unix time in ms; the command waits in the store until then."""


Command = Annotated[
    CallTool | ComputeEffect | JoinShards | Decide | Explain | NotifyHuman | BeginRuns | JoinRuns | Expire,
    Field(discriminator="kind"),
]
"""What a step carries out. Pure nodes are walked through and never become a command."""


def call_digest(tool: str, args: Mapping[str, JsonValue], model: str | None) -> str:
    """The sha256 of what a human is shown: the tool, its exact arguments and the model they apply to."""
    shown = json.dumps([tool, dict(args), model], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(shown.encode()).hexdigest()
