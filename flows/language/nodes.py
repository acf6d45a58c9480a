"""The kinds of nodes that a flow is made of, as their author writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, JsonValue, model_validator

from fluxagents.flows.language.node_base import (
    CallingNode,
    ChildRunNode,
    ConsultRules,
    Edge,
    Expression,
    HumanNode,
    NodeBase,
    PanelSize,
    RequestRules,
    StrictModel,
    WaitingNode,
    optional_edge,
)
from fluxagents.flows.language.templates import find_in_text, find_in_value

MAP_ITEMS = 500
"""Most items that one `map` node takes: one commit begins their runs."""


class ToolNode(CallingNode):
    """Runs one tool with fixed or computed arguments; a string that starts with `=` is an expression."""

    kind: Literal["tool"]
    tool: str
    args: dict[str, JsonValue] = Field(default_factory=dict)
    facts: dict[str, str] = Field(default_factory=dict)
    """Fact name to the dotted path of its value in the tool's summary."""

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return *super().expressions, *_in_value("args", self.args)

    @property
    def fact_names(self) -> tuple[str, ...]:
        return tuple(self.facts)

    @property
    def tool_names(self) -> tuple[str, ...]:
        return (self.tool,)


SIGNALS = ("failures", "untraced", "confidence", "budget_used", "conflicts")
"""What rules of escalation may speak of: failures of one kind in a row; numbers of the answer that nothing
traces; the share of what was asked that checked findings answer; the share of the run's budget that is used;
pairs of findings that disagree."""


class EscalationRule(RequestRules):
    """When a human is asked, once at each visit of the node, and who decides."""

    when: str
    """A condition over inputs, facts and `SIGNALS`: `untraced > 0`."""
    question: str = ""
    """What is asked; the condition itself when empty."""


class DecideNode(CallingNode):
    """Lets the chat model choose among tools until it finishes or its steps are used."""

    kind: Literal["decide"]
    prompt: str
    tools: tuple[str, ...] = ()
    max_steps: int = Field(default=8, ge=1, le=200)
    max_failures: int = Field(default=3, ge=1, le=10)
    """Failures of one kind in a row that call a human, or lead to `on_error`."""
    hypotheses: bool = False
    """Whether each call states a hypothesis and which of its results would refute it."""
    escalate: tuple[EscalationRule, ...] = Field(default=(), max_length=8)
    """When a human is asked before it goes on."""
    experts: ConsultRules | None = None
    """Whom the chat model may consult; nobody when absent."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        return self.tools

    @property
    def expressions(self) -> tuple[Expression, ...]:
        rules = (Expression("escalate", rule.when, SIGNALS) for rule in self.escalate)
        return *super().expressions, *rules


class BranchCase(StrictModel):
    when: str
    to: str


class BranchNode(NodeBase):
    """Goes to the first case whose condition holds."""

    kind: Literal["branch"]
    cases: tuple[BranchCase, ...] = Field(min_length=1)
    otherwise: str
    on_error: str | None = None
    """Where a condition leads that cannot be evaluated."""

    @property
    def edges(self) -> tuple[Edge, ...]:
        cases = ((case.when, case.to) for case in self.cases)
        return *cases, ("otherwise", self.otherwise), *optional_edge("error", self.on_error)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return tuple(Expression("cases", case.when) for case in self.cases)


class ApproveNode(HumanNode):
    """Stops until a human agrees, or until time is up."""

    kind: Literal["approve"]
    on_reject: str

    @property
    def edges(self) -> tuple[Edge, ...]:
        return ("approved", self.next), ("rejected", self.on_reject), *self.failure_edges


class AnswerNode(HumanNode):
    """A node that asks for a value, which becomes a fact."""

    fact: str
    """The name of the fact; its type is declared with the flow's facts."""
    choices: tuple[str, ...] = ()
    """Answers that are allowed; any when empty."""
    minimum: float | None = None
    """The least number that is taken."""
    maximum: float | None = None
    """The greatest number that is taken."""
    file: bool | tuple[str, ...] = False
    """Whether a file is asked for; or the ends of the names that are taken, such as `.tsv`. The fact is the
    digest of its artifact."""

    @property
    def fact_names(self) -> tuple[str, ...]:
        return (self.fact,)

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> Self:
        has_range = self.minimum is not None or self.maximum is not None
        if sum((bool(self.choices), bool(self.file), has_range)) > 1:
            raise ValueError("an answer is one of the choices, a file, or a number with a range: keep one")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is above maximum {self.maximum:g}")
        return self


class AskNode(AnswerNode):
    """Asks a human for a value, which becomes a fact."""

    kind: Literal["ask"]


class ConsultNode(AnswerNode, PanelSize):
    """Asks several experts, and makes one fact of their opinions.

    The median of numbers, the answer that most gave of `choices` and of yes and no, all texts with their
    authors; a fact of type `array` lists every answer.
    """

    kind: Literal["consult"]
    facts: dict[str, str] = Field(default_factory=dict)
    """Fact name to what it takes of the result beside `value`: `count`, `minimum`, `maximum`, `spread`,
    `agreement`, `tally`, `opinions`."""

    @property
    def fact_names(self) -> tuple[str, ...]:
        return (self.fact, *self.facts)


class WaitNode(WaitingNode):
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

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return *super().expressions, *_in_value("for_s", self.for_s), *_in_value("until", self.until)

    @property
    def fact_names(self) -> tuple[str, ...]:
        return tuple(self.facts)

    @model_validator(mode="after")
    def _waits_for_one_thing(self) -> Self:
        if sum(value is not None for value in (self.for_s, self.until, self.event)) != 1:
            raise ValueError("a wait node has one of for_s, until and event")
        if self.event is None and (self.facts or self.on_timeout):
            raise ValueError("facts and on_timeout are for a wait node with an event")
        if self.on_timeout and self.timeout_s is None:
            raise ValueError("on_timeout needs timeout_s")
        return self


class SubflowNode(ChildRunNode):
    """Runs another flow as a child of this run."""

    kind: Literal["subflow"]
    flow: str

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return *super().expressions, *_in_value("inputs", self.inputs), *_of_model(self.model)


class MapNode(ChildRunNode):
    """Does the same for each item of a list: one tool or one flow, in parallel on the workers."""

    kind: Literal["map"]
    over: str
    """An expression that gives a list of at most 500 items."""
    each: str = Field(default="item", pattern=r"^[a-z][a-z0-9_]*$")
    """What `args`, `inputs` and `model` call the present item."""
    tool: str | None = None
    args: dict[str, JsonValue] = Field(default_factory=dict)
    width: int = Field(default=16, ge=1, le=MAP_ITEMS)
    """How many items are worked on at once."""
    min_finished: float = Field(default=1.0, ge=0, le=1)
    """The share of items that must finish; with fewer the node fails."""

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return (
            *super().expressions,
            Expression("over", self.over),
            *_in_value("args", self.args, self.each),
            *_in_value("inputs", self.inputs, self.each),
            *_of_model(self.model, self.each),
        )

    @property
    def tool_names(self) -> tuple[str, ...]:
        return (self.tool,) if self.tool else ()

    @property
    def work(self) -> str:
        return self.tool or super().work

    @property
    def fact_sources(self) -> Mapping[str, str]:
        return {name: name for name in self.facts} if self.tool else self.facts

    @property
    def has_items(self) -> bool:
        return True

    @property
    def min_share(self) -> float:
        return self.min_finished

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

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return tuple(Expression("message", text) for text in find_in_text(self.message))


def _in_value(field: str, value: JsonValue, *names: str) -> tuple[Expression, ...]:
    return tuple(Expression(field, text, names) for text in find_in_value(value))


def _of_model(expression: str | None, *names: str) -> tuple[Expression, ...]:
    return (Expression("model", expression, names),) if expression is not None else ()


Node = Annotated[
    ToolNode
    | DecideNode
    | BranchNode
    | ApproveNode
    | AskNode
    | ConsultNode
    | WaitNode
    | MapNode
    | SubflowNode
    | EndNode,
    Field(discriminator="kind"),
]

KINDS: Mapping[str, type[NodeBase]] = {
    get_args(schema.model_fields["kind"].annotation)[0]: schema for schema in get_args(get_args(Node)[0])
}
"""The schema of each kind, by name."""
