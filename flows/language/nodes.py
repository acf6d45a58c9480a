"""The kinds of nodes that a flow is made of, as their author writes them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass

ValueType = Literal["string", "number", "integer", "boolean", "object", "array"]

MAP_ITEMS = 500
"""Most items that one `map` node takes: one commit begins their runs."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Retry(Strict):
    """How often a node is tried again; takes the place of the policy of the error's kind."""

    attempts: int = Field(default=3, ge=2, le=20)
    """Tries in all, the first one included."""
    pause_s: float = Field(default=1.0, ge=0, le=86_400)
    """Before the second try; each further pause is twice as long, and spread by up to half."""
    kinds: tuple[ErrorClass, ...] = ()
    """Kinds of errors that are tried again; all when empty."""


class NodeBase(Strict):
    purpose: str = ""


class Passing(NodeBase):
    """A node that does something and goes on."""

    next: str
    when: str | None = None
    """A condition; where it does not hold, the node is passed by."""
    on_error: str | None = None
    """Where a failure leads that no retry mends; without it the run fails, or a human is asked."""
    retry: Retry | None = None
    timeout_s: float | None = Field(default=None, gt=0)
    """The longest that one try may take, humans and waiting included."""
    max_visits: int | None = Field(default=None, ge=1)
    """How often a run may come here; each cycle of a flow needs a node that says it."""


class ToolNode(Passing):
    """Runs one tool with fixed or computed arguments; a string that starts with `=` is an expression."""

    kind: Literal["tool"]
    tool: str
    args: dict[str, JsonValue] = Field(default_factory=dict)
    facts: dict[str, str] = Field(default_factory=dict)
    """Fact name to the dotted path of its value in the tool's summary."""


class DecideNode(Passing):
    """Lets the chat model choose among tools until it finishes or its steps are used."""

    kind: Literal["decide"]
    prompt: str
    tools: tuple[str, ...] = ()
    max_steps: int = Field(default=8, ge=1, le=200)
    max_failures: int = Field(default=3, ge=1, le=10)
    """Failures of one kind in a row that call a human, or lead to `on_error`."""
    hypotheses: bool = False
    """Whether each call states a hypothesis and which of its results would refute it."""


class Case(Strict):
    when: str
    to: str


class BranchNode(NodeBase):
    """Goes to the first case whose condition holds."""

    kind: Literal["branch"]
    cases: tuple[Case, ...] = Field(min_length=1)
    otherwise: str
    on_error: str | None = None
    """Where a condition leads that cannot be evaluated."""


class Asking(Passing):
    """A node that waits for a human."""

    question: str = Field(min_length=1)
    """Text; `{expression}` in it is replaced by its value."""
    assignees: tuple[str, ...] = ("anyone",)
    on_timeout: str | None = None
    """Where it leads when nobody answered within `timeout_s`."""

    @model_validator(mode="after")
    def _has_time_for_a_timeout(self) -> Self:
        if self.on_timeout and self.timeout_s is None:
            raise ValueError("on_timeout needs timeout_s")
        return self


class ApproveNode(Asking):
    """Stops until a human agrees, or until time is up."""

    kind: Literal["approve"]
    on_reject: str


class AskNode(Asking):
    """Asks a human for a value, which becomes a fact."""

    kind: Literal["ask"]
    fact: str
    """The name of the fact; its type is declared with the flow's facts."""
    choices: tuple[str, ...] = ()
    """Answers that are allowed; any when empty."""


class WaitNode(Passing):
    """Waits in the store for a time, or for a named event; no worker and no message is held."""

    kind: Literal["wait"]
    for_s: float | str | None = None
    """Seconds, or an expression that gives them."""
    until: str | None = None
    """A time as ISO 8601 with its offset, or an expression that gives one."""
    event: str | None = Field(default=None, pattern=r"^[a-zA-Z][a-zA-Z0-9_.-]*$")
    """The name of an event that is sent to the run; one that came before is not lost."""
    facts: dict[str, str] = Field(default_factory=dict)
    """Fact name to the dotted path of its value in the event's data."""
    on_timeout: str | None = None
    """Where it leads when the event did not come within `timeout_s`."""

    @model_validator(mode="after")
    def _waits_for_one_thing(self) -> Self:
        if sum(value is not None for value in (self.for_s, self.until, self.event)) != 1:
            raise ValueError("a wait node has one of for_s, until and event")
        if self.event is None and (self.facts or self.on_timeout):
            raise ValueError("facts and on_timeout are for a wait node with an event")
        if self.on_timeout and self.timeout_s is None:
            raise ValueError("on_timeout needs timeout_s")
        return self


class Starting(Passing):
    """A node that begins runs of their own and waits in the store until all have come to rest."""

    model: str | None = None
    """An expression that gives the name or digest of the model to work on; the run's own when absent."""
    facts: dict[str, str] = Field(default_factory=dict)
    """Fact name to the name of a fact of the runs, or `answer`; for `map` a list in the items' order."""


class SubflowNode(Starting):
    """Runs another flow as a child of this run."""

    kind: Literal["subflow"]
    flow: str
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    digest: str = ""
    """The exact version, filled in when a run starts."""


class MapNode(Starting):
    """Does the same for each item of a list: one tool or one flow, in parallel on the workers."""

    kind: Literal["map"]
    over: str
    """An expression that gives a list of at most 500 items."""
    each: str = Field(default="item", pattern=r"^[a-z][a-z0-9_]*$")
    """What `args`, `inputs` and `model` call the present item."""
    tool: str | None = None
    args: dict[str, JsonValue] = Field(default_factory=dict)
    flow: str | None = None
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    digest: str = ""
    """The exact version of the flow, filled in when a run starts."""
    width: int = Field(default=16, ge=1, le=MAP_ITEMS)
    """How many items are worked on at once."""
    min_finished: float = Field(default=1.0, ge=0, le=1)
    """The share of items that must finish; with fewer the node fails."""

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if (self.tool is None) == (self.flow is None):
            raise ValueError("a map node has either a tool (with args) or a flow (with inputs)")
        if (self.args and self.tool is None) or (self.inputs and self.flow is None):
            raise ValueError("args go with a tool, inputs with a flow")
        return self


class EndNode(NodeBase):
    """Ends the run."""

    kind: Literal["end"]
    outcome: Literal["finished", "failed"] = "finished"
    message: str = ""
    """The answer or the reason when the run has none of its own; `{expression}` is replaced by its value."""


Node = Annotated[
    ToolNode | DecideNode | BranchNode | ApproveNode | AskNode | WaitNode | MapNode | SubflowNode | EndNode,
    Field(discriminator="kind"),
]

KINDS = ("tool", "decide", "branch", "approve", "ask", "wait", "map", "subflow", "end")
