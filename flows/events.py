"""Facts in a run's log, in the past tense. An event is written once and never changes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from fluxagents.flows.commands import AskedItem, CallTool, Decision, ItemAnswer
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.humans.effect import Effect
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.opinions import Opinion
from fluxagents.flows.humans.thread import REMARK_CHARACTERS
from fluxagents.flows.humans.votes import Delegation, Vote

SCHEMA_VERSION = 5
"""Raised when an event or the state changes its shape."""

ANSWERS_SINCE = 4
"""Logs that begin with this version or a later one say what was asked and whether it was answered."""

DESCRIBED_SINCE = 5
"""Runs that begin with this version or a later one compute the effect of a call before a human is asked, and
say what answers a question takes."""

Answered = Literal["yes", "partly", "no"]
"""Whether all that was asked is answered."""

Lane = Literal["interactive", "bulk"]
"""Runs that a human waits for, and all others; the two never share a queue."""


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FlowRef(Frozen):
    """The exact version of a flow that a run keeps to its end."""

    name: str
    version: int
    digest: str


class Shard(Frozen):
    """One of the equal parts that a tool's work was split into."""

    index: int = Field(ge=0)
    of: int = Field(ge=1)


class PromptUse(Frozen):
    """Which prompt was sent, to which chat model, and what it cost."""

    name: str
    version: str
    digest: str
    chat_model: str
    tokens_in: int = 0
    tokens_out: int = 0
    duration_ms: int = 0
    max_tokens: int = 0
    """The budget of the request; 0 when it was not recorded."""
    request: str = ""
    """The sha256 of what was sent, messages and functions; empty when nothing was."""
    sections: dict[str, int] = Field(default_factory=dict)
    """Tokens counted by section of the prompt, and `functions` for the schemas of what may be called."""
    settings: dict[str, float] | None = None
    """What the request set of the chat model; none when the log, of an early version, does not say."""
    tokens_cached: int = 0
    """Those of `tokens_in` that the provider read from its own cache, which it may charge less for."""
    cached: bool = False
    """The answer is that of an earlier, equal request: nothing was sent."""
    instead_of: str = ""
    """The chat model that was asked first and was out; empty when `chat_model` is the first one."""


SUMMARY_CHARACTERS = 2_000
"""Longest summary of findings, about 500 tokens."""

CompactionStrategy = Literal["passed_error", "duplicate", "summary", "reference", "extract", "budget"]
"""Over; said twice; told by a summary; lists left to the artifact; the most telling sentences; no room."""


class Compaction(Frozen):
    """What was shortened or left out of a prompt."""

    id: str
    """Of the finding, or what else it is: `error 0123456789ab`, `note 2`, `conclusion`."""
    strategy: CompactionStrategy
    tokens: int = Field(ge=0)
    """How many tokens it saved."""


class Trigger(Frozen):
    """What started a run that nobody started by hand."""

    kind: Literal["schedule", "event", "email", "slack"]
    name: str
    """Of the schedule or the trigger; of a message the person who sent it."""
    delivery: str
    """Of its tick, its event or its message: each has one run."""
    source: str = ""
    """What happened, in a few words; empty for a tick."""
    chain: tuple[str, ...] = ()
    """The triggers that led to the event, the first one first, without this one."""
    reply_to: str = ""
    """Who is told how the run goes: a webhook, `email:ADDRESS` or `slack:CHANNEL`; empty for nobody."""
    reply: dict[str, str] = Field(default_factory=dict)
    """Where at the receiver the reply belongs, as far as its kind takes that: `commit` of a repository."""


class EventBase(Frozen):
    """Every event knows the step that wrote it and when (Unix time in ms)."""

    seq: int = Field(ge=0)
    at_ms: int = Field(ge=0)


class RunStarted(EventBase):
    type: Literal["RunStarted"] = "RunStarted"
    schema_version: int = SCHEMA_VERSION
    run_id: str
    session: str
    flow: FlowRef
    start_node: str
    inputs: dict[str, JsonValue]
    model: str | None = None
    """The model to work on, by content."""
    model_name: str = ""
    """What its owner calls it."""
    lane: Lane = "interactive"
    parent: str = ""
    """The run that began this one."""
    part: Shard | None = None
    """Which part of a tool call of the parent this run computes."""
    stepwise: bool = False
    """The run pauses before every command."""
    first_id: str = ""
    """The id that the log was first written under, where the run has another now."""
    unverified: str = ""
    """Why nobody known vouches for the log, of a run that was imported: `not signed`; empty otherwise."""
    requester: str = ""
    """The person or service that wanted it; empty in logs of early versions, which do not say."""
    trigger: Trigger | None = None
    """What started it; none for a run that somebody started by hand."""
    trace: str = ""
    """The context of its trace, as in a header `traceparent`; empty for a run that is not traced."""


class NodeEntered(EventBase):
    type: Literal["NodeEntered"] = "NodeEntered"
    node: str


class BranchTaken(EventBase):
    type: Literal["BranchTaken"] = "BranchTaken"
    node: str
    to: str
    because: str
    """The condition that held, or `otherwise`."""
    seen: dict[str, JsonValue]
    """The values that the conditions looked at."""


class NodeSkipped(EventBase):
    """The condition of the node did not hold."""

    type: Literal["NodeSkipped"] = "NodeSkipped"
    node: str
    to: str
    because: str
    """The condition."""
    seen: dict[str, JsonValue]
    """The values that it looked at."""


class NodeFailed(EventBase):
    """The node itself failed: its time was over, it was visited too often, or what it computes cannot be."""

    type: Literal["NodeFailed"] = "NodeFailed"
    node: str
    error: ErrorInfo


class BudgetSpent(EventBase):
    """A `decide` node used all its steps and was left without an answer of its own."""

    type: Literal["BudgetSpent"] = "BudgetSpent"
    node: str
    steps: int


class DecisionMade(EventBase):
    type: Literal["DecisionMade"] = "DecisionMade"
    node: str
    decision: Decision
    prompt: PromptUse
    untraced: tuple[str, ...] = ()
    """Numbers of its answer that neither a result, nor an input, nor a human has."""
    asked: tuple[AskedItem, ...] | None = None
    """All that the question asks, where this decision lists it; empty if the chat model gave no list."""
    answers: tuple[ItemAnswer, ...] = ()
    """For items of the list the finding that was checked to answer it, or why it is open."""


class DecisionRefused(EventBase):
    """The chat model's answer was no valid decision."""

    type: Literal["DecisionRefused"] = "DecisionRefused"
    node: str
    error: ErrorInfo
    prompt: PromptUse


class DecisionDeferred(EventBase):
    """The limit of requests to the chat model is used up for now: nothing was sent, nothing failed."""

    type: Literal["DecisionDeferred"] = "DecisionDeferred"
    node: str
    chat_model: str
    not_before_ms: int


class ContextCompacted(EventBase):
    """What the prompt of the decision before it did not show in full; the run's other events have it."""

    type: Literal["ContextCompacted"] = "ContextCompacted"
    node: str
    compacted: tuple[Compaction, ...] = Field(min_length=1)
    tokens: int
    """Of the request as it was sent."""
    max_tokens: int
    """The budget of the request."""

    @property
    def tokens_saved(self) -> int:
        return sum(compaction.tokens for compaction in self.compacted)


class ContextSummarised(EventBase):
    """A chat model told findings that did not fit in fewer words; each number of it is one of theirs."""

    type: Literal["ContextSummarised"] = "ContextSummarised"
    node: str
    ids: tuple[str, ...] = Field(min_length=1)
    """Of the findings that it stands for from now on."""
    text: str = Field(min_length=1, max_length=SUMMARY_CHARACTERS)
    """With what the summary before it said."""
    prompt: PromptUse


class SummaryRefused(EventBase):
    """There is no summary: the chat model failed, or stated a number that no finding has."""

    type: Literal["SummaryRefused"] = "SummaryRefused"
    node: str
    ids: tuple[str, ...] = Field(min_length=1)
    error: ErrorInfo
    prompt: PromptUse


class ToolSucceeded(EventBase):
    type: Literal["ToolSucceeded"] = "ToolSucceeded"
    node: str
    call: CallTool
    key_findings: dict[str, JsonValue]
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    artifact: str | None = None
    model: str | None = None
    """The model that the tool worked on, by content."""
    new_model: str | None = None
    """The model that the tool made, by content."""
    duration_ms: int = 0


class ToolSplit(EventBase):
    """The tool's work is large: parts of it became runs of their own, and are joined when all are done."""

    type: Literal["ToolSplit"] = "ToolSplit"
    node: str
    call: CallTool
    runs: tuple[str, ...] = Field(min_length=2)


class RunBegun(Frozen):
    """One of the runs that a node begins."""

    run_id: str
    inputs: dict[str, JsonValue]
    model: str | None
    model_name: str = ""
    error: ErrorInfo | None = None
    """Why it cannot work: it has failed when it begins."""


class RunsBegun(EventBase):
    """A `map` or `subflow` node began runs of their own, in the order of its items."""

    type: Literal["RunsBegun"] = "RunsBegun"
    node: str
    flow: FlowRef
    start_node: str
    runs: tuple[RunBegun, ...] = Field(min_length=1)
    width: int = Field(ge=1)
    """How many of them may work at once."""


class RunsJoined(EventBase):
    """All runs of the node are terminal, and what they found was put together."""

    type: Literal["RunsJoined"] = "RunsJoined"
    node: str
    what: str
    """The tool or the flow that they ran."""
    finished: int = Field(ge=0)
    failed: int = Field(ge=0)
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    key_findings: dict[str, JsonValue]
    artifact: str | None = None
    new_model: str | None = None
    """The model that the run of a `subflow` ended with, if it made one."""


class ToolFailed(EventBase):
    type: Literal["ToolFailed"] = "ToolFailed"
    node: str
    call: CallTool
    error: ErrorInfo
    duration_ms: int = 0


class EffectComputed(EventBase):
    """What a call would do, before a human is asked; or why that is not known."""

    type: Literal["EffectComputed"] = "EffectComputed"
    node: str
    call: CallTool
    effect: Effect
    model: str | None = None
    """The model that the call would change, by content."""
    duration_ms: int = 0


class RetryScheduled(EventBase):
    """The step that failed is tried again, not before the time given."""

    type: Literal["RetryScheduled"] = "RetryScheduled"
    node: str
    call: CallTool | None = None
    """The tool call that failed; none for a decision."""
    failures: int
    not_before_ms: int


class ApprovalRequested(EventBase):
    type: Literal["ApprovalRequested"] = "ApprovalRequested"
    request: HumanRequest


class ApprovalGranted(EventBase):
    type: Literal["ApprovalGranted"] = "ApprovalGranted"
    request_id: str
    by: str
    call: CallTool | None = None
    """The call as approved; differs from the one asked for when it was edited."""
    edited: bool = False


class ApprovalRejected(EventBase):
    type: Literal["ApprovalRejected"] = "ApprovalRejected"
    request_id: str
    by: str
    reason: str


class QuestionAsked(EventBase):
    type: Literal["QuestionAsked"] = "QuestionAsked"
    request: HumanRequest


class QuestionAnswered(EventBase):
    type: Literal["QuestionAnswered"] = "QuestionAnswered"
    request_id: str
    by: str
    answer: str
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    """The answer as the typed fact that an `ask` node wants."""


class OpinionGiven(EventBase):
    """An expert answered a consultation; others may follow."""

    type: Literal["OpinionGiven"] = "OpinionGiven"
    request_id: str
    opinion: Opinion


class ConsultationClosed(EventBase):
    """The opinions of a consultation were joined into one result."""

    type: Literal["ConsultationClosed"] = "ConsultationClosed"
    node: str
    request_id: str
    by: str
    """Who gave them."""
    because: Literal["complete", "time", "nobody is left"]
    """As many as were wanted came; its time was over; all who were asked have answered."""
    summary: str
    """The result in a line."""
    key_findings: dict[str, JsonValue]
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class RequestAssigned(EventBase):
    """Somebody said who is to answer a request from now on."""

    type: Literal["RequestAssigned"] = "RequestAssigned"
    request_id: str
    assignees: tuple[str, ...] = Field(min_length=1)
    by: str
    reason: str = ""


class VoteCast(EventBase):
    """Somebody said something to a request; the policy says what it comes to."""

    type: Literal["VoteCast"] = "VoteCast"
    request_id: str
    vote: Vote


class VoteDelegated(EventBase):
    """Somebody lets another person vote in their place."""

    type: Literal["VoteDelegated"] = "VoteDelegated"
    request_id: str
    delegation: Delegation


class RequestEdited(EventBase):
    """Somebody changed the arguments of the call that is asked for: what was said before counts no more."""

    type: Literal["RequestEdited"] = "RequestEdited"
    request_id: str
    by: str
    channel: str = ""
    question: str
    call: CallTool
    digest: str
    """Of what is shown now."""


class ExplanationAsked(EventBase):
    """Somebody asks back before they vote."""

    type: Literal["ExplanationAsked"] = "ExplanationAsked"
    request_id: str
    by: str
    channel: str = ""
    question: str = Field(min_length=1, max_length=REMARK_CHARACTERS)


class ExplanationGiven(EventBase):
    """The agent answers from the findings of the run and the effect of the call; or says why it cannot."""

    type: Literal["ExplanationGiven"] = "ExplanationGiven"
    request_id: str
    answer: str = Field(min_length=1, max_length=REMARK_CHARACTERS)
    ungrounded: tuple[str, ...] = ()
    """Numbers of the answer that neither a result, nor an input, nor a human of the run has."""
    prompt: PromptUse


class CallTakenOver(EventBase):
    """A human gave the result in the tool's place: the call is not made."""

    type: Literal["CallTakenOver"] = "CallTakenOver"
    node: str
    request_id: str
    by: str
    channel: str = ""
    call: CallTool
    value: dict[str, JsonValue]
    """What the tool would have found."""
    source: str = Field(min_length=1)
    """Where the person has it from."""
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class LadderStepReached(EventBase):
    """Nobody has answered, and a step of the ladder is due."""

    type: Literal["LadderStepReached"] = "LadderStepReached"
    request_id: str
    level: int = Field(ge=1)
    """The step, from 1."""
    because: str = ""
    """Why it came before its time; empty where its time came."""


class RequestExpired(EventBase):
    """Nobody answered in time."""

    type: Literal["RequestExpired"] = "RequestExpired"
    request_id: str
    then: str = ""
    """What the ladder says is done: `deny`, `fail` or a node; empty where only the time was over."""


class WaitStarted(EventBase):
    """The run waits in the store for a time or for a named event."""

    type: Literal["WaitStarted"] = "WaitStarted"
    node: str
    until_ms: int
    """Unix time in ms; for an event the time when it is no longer waited for, 0 for never."""
    event: str = ""
    """The name of the event; empty for a time."""


class WaitEnded(EventBase):
    type: Literal["WaitEnded"] = "WaitEnded"
    node: str
    by: Literal["time", "event", "timeout"]
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class EventReceived(EventBase):
    """Somebody sent the run a named event."""

    type: Literal["EventReceived"] = "EventReceived"
    name: str
    data: dict[str, JsonValue]
    by: str


class HumanNotified(EventBase):
    type: Literal["HumanNotified"] = "HumanNotified"
    request_id: str
    channels: tuple[str, ...]
    prompt: str = ""
    """The sha256 of the version of the prompt that the text was rendered from."""
    next_ms: int = 0
    """When the next step of the ladder is due (Unix time in ms); 0 for none."""


class RunPaused(EventBase):
    type: Literal["RunPaused"] = "RunPaused"
    by: str
    """Who paused it; `budget` where its session may use no more."""
    reason: str = ""


class RunResumed(EventBase):
    type: Literal["RunResumed"] = "RunResumed"
    by: str


class RunCancelled(EventBase):
    type: Literal["RunCancelled"] = "RunCancelled"
    by: str
    reason: str


class CallEdited(EventBase):
    """Somebody changed the tool call that a paused run makes next."""

    type: Literal["CallEdited"] = "CallEdited"
    call: CallTool
    by: str


class RunForked(EventBase):
    """This run is another one up to here, and goes its own way from now on."""

    type: Literal["RunForked"] = "RunForked"
    origin: str
    """The run that it was made from."""
    origin_seq: int
    """The last step that both share."""
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    """Inputs that differ from now on."""
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    """Facts that differ from now on."""
    stepwise: bool = False
    """It pauses before every command."""
    by: str


class RunRolledBack(EventBase):
    """The run stands again where it stood; what it did since stays in the log."""

    type: Literal["RunRolledBack"] = "RunRolledBack"
    to_seq: int
    """The step in which it stood there."""
    kept: int = Field(ge=1)
    """How many of the first events of its log led there; the others up to this one count no more."""
    state: dict[str, JsonValue]
    """The state of then."""
    by: str
    reason: str


class FlowChanged(EventBase):
    """The run goes on with another version of its flow."""

    type: Literal["FlowChanged"] = "FlowChanged"
    flow: FlowRef
    node: str
    """Where it stands in it."""
    inputs: dict[str, JsonValue]
    by: str


class RunImported(EventBase):
    """The run came here from another installation while it had not ended, and is paused."""

    type: Literal["RunImported"] = "RunImported"
    by: str


class RunFinished(EventBase):
    type: Literal["RunFinished"] = "RunFinished"
    node: str
    answer: str
    answered: Answered | None = None
    """None in logs of early versions, which do not say."""
    unanswered: tuple[str, ...] = ()
    """What of the question is open, a line each."""


class RunFailed(EventBase):
    type: Literal["RunFailed"] = "RunFailed"
    node: str
    error: ErrorInfo


class RunDeadLettered(EventBase):
    """The same step was delivered too often without ever being committed."""

    type: Literal["RunDeadLettered"] = "RunDeadLettered"
    error: ErrorInfo


class RunRetried(EventBase):
    type: Literal["RunRetried"] = "RunRetried"
    by: str


Event = Annotated[
    RunStarted
    | NodeEntered
    | NodeSkipped
    | NodeFailed
    | BranchTaken
    | BudgetSpent
    | DecisionMade
    | DecisionRefused
    | DecisionDeferred
    | ContextCompacted
    | ContextSummarised
    | SummaryRefused
    | ToolSucceeded
    | ToolSplit
    | ToolFailed
    | RunsBegun
    | RunsJoined
    | EffectComputed
    | RetryScheduled
    | ApprovalRequested
    | ApprovalGranted
    | ApprovalRejected
    | QuestionAsked
    | QuestionAnswered
    | OpinionGiven
    | ConsultationClosed
    | RequestAssigned
    | VoteCast
    | VoteDelegated
    | RequestEdited
    | ExplanationAsked
    | ExplanationGiven
    | CallTakenOver
    | LadderStepReached
    | RequestExpired
    | WaitStarted
    | WaitEnded
    | EventReceived
    | HumanNotified
    | RunPaused
    | RunResumed
    | RunCancelled
    | RunFinished
    | RunFailed
    | RunDeadLettered
    | RunRetried
    | CallEdited
    | RunForked
    | RunRolledBack
    | FlowChanged
    | RunImported,
    Field(discriminator="type"),
]

ChatEvent = DecisionMade | DecisionRefused | ContextSummarised | SummaryRefused | ExplanationGiven
"""What a request to a chat model leaves in the log."""

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads and writes one event as JSON."""
