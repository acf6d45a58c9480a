"""What kinds of nodes have in common; the kinds themselves are in `nodes`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass
from fluxagents.flows.humans.ladders import Calendar, Ladder, Urgency, check_ladder
from fluxagents.flows.humans.opinions import MAX_OPINIONS
from fluxagents.flows.humans.policies import AnyOf, Policy
from fluxagents.flows.humans.seats import ANYONE
from fluxagents.flows.language.templates import find_in_text

ValueType = Literal["string", "number", "integer", "boolean", "object", "array"]

Edge = tuple[str, str]
"""The reason why a node leads somewhere, and the node that it leads to."""


class Expression(NamedTuple):
    """An expression of a node."""

    field: str
    text: str
    names: tuple[str, ...] = ()
    """What it may speak of beside inputs and facts."""


def optional_edge(reason: str, target: str | None) -> tuple[Edge, ...]:
    """The edge to a node that need not be named."""
    return ((reason, target),) if target else ()


class StrictModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Retry(StrictModel):
    """How often a node is tried again; takes the place of the policy of the error's kind."""

    attempts: int = Field(default=3, ge=2, le=20)
    """Tries in all, the first one included."""
    pause_s: float = Field(default=1.0, ge=0, le=86_400)
    """Before the second try; each further pause is twice as long, and spread by up to half."""
    kinds: tuple[ErrorClass, ...] = ()
    """Kinds of errors that are tried again; all when empty."""


class RequestRules(StrictModel):
    """How a request to humans is decided, and what happens while nobody answers."""

    policy: Policy | None = None
    """Whose agreement it needs: `ana`, `[ana, ben]`, `{quorum: 2 of [group:curators], four_eyes: true}`."""
    ladder: Ladder = ()
    """Reminders, further people, and what is done at last."""
    calendar: Calendar | None = None
    """Which hours count for the ladder; all when absent."""
    urgency: Urgency = "normal"
    no_limit: bool = False
    """It waits for as long as it takes; the time does not count for the run's budget."""
    always_ask: bool = False
    """No standing approval stands for a vote on it."""

    @property
    def last_branch(self) -> str:
        """The node where the flow goes on at the end of the ladder; empty where something else is done."""
        return self.ladder[-1].branch if self.ladder else ""

    @model_validator(mode="after")
    def _has_a_ladder_in_order(self) -> Self:
        check_ladder(self.ladder)
        if self.calendar is not None and not self.ladder:
            raise ValueError("a calendar says which hours count for a `ladder`; add one")
        if self.no_limit and any(step.then for step in self.ladder):
            raise ValueError("`no_limit` waits for as long as it takes, and `then` ends it; keep one of them")
        return self


class NodeBase(StrictModel):
    purpose: str = ""

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Where it may lead."""
        return ()

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that it evaluates."""
        return ()

    @property
    def fact_names(self) -> tuple[str, ...]:
        """The facts that it finds."""
        return ()

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The tools that it may call."""
        return ()


class ActivityNode(NodeBase):
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

    @property
    def edges(self) -> tuple[Edge, ...]:
        return ("", self.next), *optional_edge("error", self.on_error)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return (Expression("when", self.when),) if self.when is not None else ()


class WaitingNode(ActivityNode):
    """A node that waits in the store, for a human, an event or a time."""

    on_timeout: str | None = None
    """Where it leads when nothing came within `timeout_s`."""

    @property
    def edges(self) -> tuple[Edge, ...]:
        return ("", self.next), *self.failure_edges

    @property
    def late_target(self) -> str | None:
        """Where it leads when its time is over."""
        return self.on_timeout

    @property
    def failure_edges(self) -> tuple[Edge, ...]:
        """Where it leads when nothing came, or something failed."""
        return *optional_edge("too late", self.late_target), *optional_edge("error", self.on_error)


class CallingNode(ActivityNode):
    """A node that calls tools, some of which need an approval."""

    approval: RequestRules | None = None
    """How it is decided; without it as the flow's `approvals` say of the tool, or as the tool does."""

    @property
    def late_target(self) -> str | None:
        """Where it leads when nobody answered a request for an approval."""
        return (self.approval.last_branch or None) if self.approval else None

    @property
    def edges(self) -> tuple[Edge, ...]:
        return *super().edges, *optional_edge("too late", self.late_target)


class HumanNode(WaitingNode, RequestRules):
    """A node that waits for a human."""

    question: str = Field(min_length=1)
    """Text; `{expression}` in it is replaced by its value."""
    assignees: tuple[str, ...] = (ANYONE,)
    """People and groups of whom one is enough: the short form of a policy."""

    @property
    def whose_answer(self) -> Policy:
        """Whose answer counts."""
        return self.policy or Policy(rule=AnyOf(any_of=self.assignees))

    @property
    def late_target(self) -> str | None:
        return self.last_branch or self.on_timeout

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return *super().expressions, *(Expression("question", text) for text in find_in_text(self.question))

    @model_validator(mode="after")
    def _has_time_for_a_timeout(self) -> Self:
        if self.on_timeout and self.timeout_s is None:
            raise ValueError("on_timeout needs timeout_s")
        if self.policy is not None and self.assignees != (ANYONE,):
            raise ValueError("`assignees` is the short form of `policy`; keep one of them")
        if self.timeout_s is not None and (self.no_limit or any(step.then for step in self.ladder)):
            raise ValueError("`timeout_s` ends it as well; keep it, or `then` of the ladder, or `no_limit`")
        return self


class PanelSize(StrictModel):
    """How many opinions a consultation takes."""

    wanted: int = Field(ge=1, le=MAX_OPINIONS)
    """So many end it."""
    at_least: int = Field(default=1, ge=1)
    """With fewer when its time is over, or when nobody else could answer, it counts as not answered."""

    @model_validator(mode="after")
    def _needs_no_more_than_it_wants(self) -> Self:
        if self.at_least > self.wanted:
            raise ValueError(f"`at_least: {self.at_least}` is more than `wanted: {self.wanted}`")
        return self


class ConsultRules(RequestRules, PanelSize):
    """Whom a chat model may consult, and how many opinions that takes."""

    assignees: tuple[str, ...] = Field(default=(ANYONE,), min_length=1)
    """People, groups and skills: the short form of a policy."""
    timeout_s: float | None = Field(default=None, gt=0)
    """The longest that it waits; the time of the run when absent."""

    @property
    def whose_answer(self) -> Policy:
        """Whose answer counts."""
        return self.policy or Policy(rule=AnyOf(any_of=self.assignees))


class ChildRunNode(ActivityNode):
    """A node that begins runs of their own and waits in the store until all are terminal."""

    flow: str | None = None
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    digest: str = ""
    """The exact version of the flow, filled in when a run starts."""
    model: str | None = None
    """An expression that gives the name or digest of the model to work on; the run's own when absent."""
    facts: dict[str, str] = Field(default_factory=dict)
    """Fact name to the name of a fact of the runs, or `answer`; for `map` a list in the items' order."""

    @property
    def work(self) -> str:
        """The tool or the flow that it runs."""
        return self.flow or ""

    @property
    def fact_names(self) -> tuple[str, ...]:
        return tuple(self.facts)

    @property
    def fact_sources(self) -> Mapping[str, str]:
        """Fact name -> the fact of the runs that it is made of."""
        return self.facts

    @property
    def has_items(self) -> bool:
        """Whether it has a run for each item of a list; otherwise its one run continues this one."""
        return False

    @property
    def min_share(self) -> float:
        """The share of its runs that must finish."""
        return 1.0
