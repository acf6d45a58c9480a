"""The state of a run: frozen, bounded, and nothing but the fold of its events."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, JsonValue, ValidationError

from fluxagents.flows.commands import AskedItem, AskHuman, CallTool, Consult, ItemAnswer
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.events import SCHEMA_VERSION, Answered, FlowRef, Frozen, Lane, Shard, Trigger
from fluxagents.flows.humans.effect import Effect
from fluxagents.flows.humans.human_request import HumanRequest

FINDINGS_KEPT = 24
ERRORS_KEPT = 8
NOTES_KEPT = 8
SIGNALS_KEPT = 16
"""Bounds of the state; what falls out of it stays in the run's events."""

Status = Literal["running", "waiting", "paused", "finished", "failed", "cancelled", "dead"]
STATUSES: tuple[Status, ...] = get_args(Status)
Outcome = Literal[
    "tool",
    "joined",
    "failed",
    "broken",
    "answer",
    "budget",
    "approved",
    "rejected",
    "told",
    "waited",
    "expired",
]
"""How the last command of a node came out, as stored: `failed`, a tool or a decision did; `broken`, the node
itself did; `told`, a human answered a question; `waited`, the wait ended by its event or by its time."""
ENDED: frozenset[Status] = frozenset({"finished", "failed", "cancelled"})
TERMINAL: frozenset[Status] = ENDED | {"dead"}
"""Ended, or in need of a human before anything can go on."""


CONSULTATION = "consultation"
"""What the finding of a consultation names where others name a tool."""


class Finding(Frozen):
    """A tool's result as the context shows it."""

    id: str
    tool: str
    args: dict[str, JsonValue]
    key_findings: dict[str, JsonValue]
    artifact: str | None = None
    model: str | None = None
    hypothesis: str = ""
    """What the call was to test."""
    stated_by: str = ""
    """The person who gave it in the tool's place; empty where the tool computed it."""
    source: str = ""
    """Where that person has it from."""


class Note(Frozen):
    """What a human said."""

    by: str
    about: str
    text: str


class Summary(Frozen):
    """Findings in fewer words, as a chat model told them."""

    ids: tuple[str, ...]
    """Of the findings that it stands for."""
    text: str


class Streak(Frozen):
    """Failures of one kind in a row."""

    kind: ErrorClass
    count: int


class SplitCall(Frozen):
    """The parts of a tool call, each a run of its own."""

    call: CallTool
    runs: tuple[str, ...]


class CallEffect(Frozen):
    """What a call would do, until it is asked for."""

    digest: str
    """Of the call."""
    effect: Effect


class ChildRunIds(Frozen):
    """The runs that a node began and waits for."""

    prefix: str
    count: int

    @property
    def runs(self) -> tuple[str, ...]:
        """Their ids, in the order of the node's items."""
        return child_ids(self.prefix, self.count)


def child_ids(prefix: str, count: int) -> tuple[str, ...]:
    """The ids of the runs that a step begins; the same step always names the same."""
    return tuple(f"{prefix}.run{index}" for index in range(count))


class Wait(Frozen):
    """What a run waits for that is no human."""

    until_ms: int
    event: str = ""


class RunState(Frozen):
    """Everything that the next step needs to know."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    session: str
    flow: FlowRef
    inputs: dict[str, JsonValue]
    parent: str = ""
    """The run that began this one; empty for a run of its own."""
    part: Shard | None = None
    lane: Lane
    started_ms: int
    updated_ms: int
    requester: str = ""
    """The person or service that wanted it; empty where an early version began it."""
    trigger: Trigger | None = None
    """What started it; none for a run that somebody started by hand."""
    trace: str = ""
    """The context of its trace; see `fluxagents.flows.texts.trace_context`."""
    seq: int
    """The step that comes next."""
    status: Status
    paused_from: Status | None = None
    node: str
    model: str | None
    """The model that tools work on now, by content."""
    model_name: str = ""
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    errors: tuple[ErrorInfo, ...] = ()
    notes: tuple[Note, ...] = ()
    summary: Summary | None = None
    summaries_refused: int = 0
    """In a row."""
    streak: Streak | None = None
    pending: Annotated[CallTool | AskHuman | Consult, Field(discriminator="kind")] | None = None
    """What was chosen and has not been carried out."""
    joining: SplitCall | None = None
    """What runs in parts now."""
    begun: ChildRunIds | None = None
    """The runs of the present node."""
    wait: Wait | None = None
    signals: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    """Named events that came and that no node has waited for yet, the newest of a name."""
    failed_call: CallTool | None = None
    """The tool call that failed last at this node; none when it was a decision."""
    approved: str | None = None
    """The digest of the call that a human agreed to."""
    effect: CallEffect | None = None
    """What the call would do that a human is asked about next."""
    waiting_for: HumanRequest | None = None
    escalated: tuple[str, ...] = ()
    """The rules that have called a human at this visit of the node."""
    notified: bool = False
    outcome: Outcome | None = None
    """What happened last at the present node."""
    not_before_ms: int = 0
    """When the next step may begin; 0 for at once."""
    attempt_ms: int = 0
    """When the present try at the node began (Unix time in ms)."""
    steps_at_node: int = 0
    failures_at_node: int = 0
    """Since something last succeeded there."""
    visits: dict[str, int] = Field(default_factory=dict)
    """How often the run came to each node."""
    stepwise: bool = False
    """Pauses before every command."""
    cleared: bool = False
    """Somebody let the next command go on."""
    origin: str = ""
    """The run that this one was forked from."""
    first_id: str = ""
    """The id that the log was first written under, where the run has another now; it spreads retries."""
    unverified: str = ""
    """Why nobody known here vouches for the part of its log that was imported; empty for a run of this
    installation or of one that it trusts."""
    rested_ms: int = 0
    """How long it had ended, or was on its way to another installation, before it went on.
    No budget counts it."""
    tool_calls: int = 0
    decisions: int = 0
    deferrals: int = 0
    """Steps that only found the limit of a chat model used up; the budget does not count them."""
    tokens_in: int = 0
    tokens_out: int = 0
    prompts: dict[str, str] = Field(default_factory=dict)
    """The version of each prompt that the run has used and keeps to its end: name -> sha256."""
    answer: str | None = None
    untraced: tuple[str, ...] = ()
    """Numbers of the answer that neither a result, nor an input, nor a human has."""
    keeps_list: bool = False
    """Whether its log says what was asked and answered; one that an early version began does not."""
    describes_requests: bool = False
    """Whether effects are computed before humans are asked, and questions say what answers they take; not in
    a run that an early version began."""
    asked: tuple[AskedItem, ...] | None = None
    """All that the question asks, by the chat model's first decision; None before it."""
    item_answers: tuple[ItemAnswer, ...] = ()
    """The findings that answer items of it, as checked, and the reasons for those that are open."""
    answered: Answered | None = None
    """Whether a finished run has answered all of it; None while that is not known."""
    unanswered: tuple[str, ...] = ()
    """What is open, a line each."""
    error: ErrorInfo | None = None

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    @property
    def status_text(self) -> str:
        """The status as people read it, with a mark if nobody known vouches for the run."""
        return f"{self.status} (unverified)" if self.unverified else self.status

    @property
    def children(self) -> tuple[str, ...]:
        """The runs that it has begun and waits for now."""
        return (*(self.joining.runs if self.joining else ()), *(self.begun.runs if self.begun else ()))

    @property
    def has_just_arrived(self) -> bool:
        """Whether nothing was done at the present node yet."""
        doing = (self.outcome, self.pending, self.joining, self.begun, self.wait)
        return not any(doing) and self.steps_at_node == 0 and self.failures_at_node == 0

    @property
    def needs_somebody(self) -> bool:
        """Whether nothing happens until somebody acts; a run that waits for a time goes on by itself."""
        if self.status == "waiting":
            return self.wait is None or bool(self.wait.event)
        return self.status in TERMINAL or self.status == "paused"


class _Versioned(BaseModel):
    schema_version: int


def upcast_state(document: dict[str, Any]) -> dict[str, Any]:
    """The state that an older version wrote, in the shape of today: a step for each version that changed one.

    What a version only added has a default and needs no step.
    """
    for version in range(int(document["schema_version"]), SCHEMA_VERSION):
        document = _UPCASTERS.get(version, _as_it_is)(document)
    return {**document, "schema_version": SCHEMA_VERSION}


def _as_it_is(document: dict[str, Any]) -> dict[str, Any]:
    return document


def _to_3(state: dict[str, Any]) -> dict[str, Any]:
    """The time of a node is counted from the last step that is known, and its visits from now."""
    visits = {state["node"]: 1} if "node" in state else {}
    return {**state, "attempt_ms": state.get("updated_ms", 0), "visits": visits}


_UPCASTERS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = MappingProxyType({2: _to_3})
"""From each version to the next."""


def state_from_json(text: str | bytes) -> RunState:
    """Read a stored or received state, also one that an older version wrote.

    Raises:
        FluxError: If the state was written by a newer version of this software or is no state.
    """
    try:
        version = _Versioned.model_validate_json(text).schema_version
        if version > SCHEMA_VERSION:
            raise FluxError(
                ErrorClass.SCHEMA,
                f"the state has schema version {version}; this worker reads up to {SCHEMA_VERSION}",
                suggestions=("upgrade the workers before the clients",),
            )
        if version < SCHEMA_VERSION:
            return RunState.model_validate(upcast_state(json.loads(text)))
        return RunState.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise FluxError(ErrorClass.SCHEMA, f"not a run state: {where}: {first['msg']}") from error


def state_digest(text: str | bytes) -> str:
    """The sha256 of a serialized state; a message whose state has another digest is forged or stale."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
