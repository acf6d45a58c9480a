"""What a commit adds to the metrics: counted from its events, and so as exactly once as they are. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass
from fluxagents.flows.history.recorded_steps import duration_ms, error_of, request_of
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.ports.event_feed import drop_taken_over
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.trace_context import find_trace
from fluxagents.prompts.statistics.costs import Prices, cost, count_usage
from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.amounts import Amounts

MICROS = 1_000_000
DECIDES = (e.DecisionMade, e.DecisionRefused, e.DecisionDeferred)
CALLS = (e.ToolSucceeded, e.ToolFailed, e.ToolSplit, e.EffectComputed)
TELLS = (e.HumanNotified, e.ExplanationGiven)
ENDS = {
    e.RunFinished: "finished",
    e.RunFailed: "failed",
    e.RunCancelled: "cancelled",
    e.RunDeadLettered: "dead",
}
REQUEST_ENDS = {
    e.ApprovalGranted: ("approval", "granted"),
    e.ApprovalRejected: ("approval", "rejected"),
    e.QuestionAnswered: ("question", "answered"),
    e.CallTakenOver: ("approval", "taken over"),
    e.RequestExpired: ("any", "expired"),
}


def count_commit(commit: Commit, prices: Callable[[], Prices | None] = lambda: None) -> Amounts:
    """The counts of a step; what a fork or an import takes over from another log counts there.

    Args:
        commit: The step.
        prices: Of chat models, asked for where one was used.
    """
    amounts = Amounts(
        find_trace(commit.state.trace), max((event.at_ms for event in commit.events), default=0)
    )
    _, events = drop_taken_over(0, commit.events)
    for event in events:
        _count(event, commit.state, amounts)
        if (error := error_of(event)) is not None:
            amounts.add(m.ERRORS, error.kind, event.type)
        if isinstance(event, e.ChatEvent):
            _count_chat(event, prices, amounts)
        if (request := request_of(event)) is not None:
            amounts.add(m.REQUESTS_ASKED, request.kind, "asked")
    if commit.usage is not None:
        work_ms = sum(duration_ms(event) or 0 for event in events)
        amounts.observe(m.STEPS, _kind_of(events), ms=work_ms)
    return amounts


@singledispatch
def _count(event: e.Event, state: RunState, amounts: Amounts) -> None:
    """Count an event by its own; one that ends a run or a request counts as such."""
    if type(event) in ENDS:
        _count_end(event, state, amounts)
    elif type(event) in REQUEST_ENDS:
        amounts.add(m.REQUESTS_ASKED, *REQUEST_ENDS[type(event)])


@_count.register
def _(event: e.RunStarted, state: RunState, amounts: Amounts) -> None:
    if not event.parent:
        trigger = event.trigger.kind if event.trigger else "person"
        amounts.add(m.RUNS_STARTED, state.flow.name, event.lane, trigger)


@_count.register
def _(event: e.ToolSucceeded, state: RunState, amounts: Amounts) -> None:
    del state
    amounts.observe(m.TOOL_SECONDS, event.call.tool, "ok", ms=event.duration_ms)


@_count.register
def _(event: e.ToolFailed, state: RunState, amounts: Amounts) -> None:
    del state
    amounts.observe(m.TOOL_SECONDS, event.call.tool, "failed", ms=event.duration_ms)
    if event.error.kind is ErrorClass.TIMEOUT:
        amounts.add(m.SOLVER_TIMEOUTS, event.call.tool)


@_count.register
def _(event: e.RetryScheduled, state: RunState, amounts: Amounts) -> None:
    del state
    amounts.add(m.RETRIES, "tool" if event.call else "decision")


@_count.register
def _(event: e.DecisionDeferred, state: RunState, amounts: Amounts) -> None:
    del state
    amounts.add(m.CHAT_DEFERRED, event.chat_model)


@_count.register
def _(event: e.WaitStarted, state: RunState, amounts: Amounts) -> None:
    del state
    amounts.add(m.WAITS, "event" if event.event else "time")


@_count.register
def _(event: e.VoteCast, state: RunState, amounts: Amounts) -> None:
    del state
    amounts.add(m.VOTES, event.vote.channel or "unknown", event.vote.choice)


def _count_end(event: e.Event, state: RunState, amounts: Amounts) -> None:
    outcome = ENDS[type(event)]
    if state.parent:
        amounts.add(m.CHILD_RUNS_ENDED, outcome)
        return
    answered = event.answered or "unknown" if isinstance(event, e.RunFinished) else "no"
    amounts.add(m.RUNS_ENDED, state.flow.name, outcome, answered)
    amounts.observe(m.RUN_SECONDS, state.flow.name, ms=max(0, event.at_ms - state.started_ms))


def _count_chat(event: e.ChatEvent, prices: Callable[[], Prices | None], amounts: Amounts) -> None:
    use = event.prompt
    is_refused = isinstance(event, e.DecisionRefused | e.SummaryRefused)
    outcome = "refused" if is_refused else "cached" if use.cached else "answered"
    amounts.add(m.CHAT_REQUESTS, use.chat_model, outcome)
    labels = (use.chat_model, use.name, use.version)
    if (error := error_of(event)) is not None and error.kind is ErrorClass.INVALID_ANSWER:
        amounts.add(m.CHAT_INVALID, *labels)
    if use.cached:
        return
    amounts.observe(m.CHAT_SECONDS, use.chat_model, ms=use.duration_ms)
    used = count_usage(event)
    amounts.add(m.CHAT_TOKENS, *labels, "in", amount=used.tokens_in)
    amounts.add(m.CHAT_TOKENS, *labels, "out", amount=used.tokens_out)
    price = cost({use.chat_model: used}, prices()).amount
    amounts.add(m.CHAT_COST, *labels, amount=round((price or 0.0) * MICROS))


def _kind_of(events: Sequence[e.Event]) -> str:
    """What a worker did in the step, in a word."""
    for kinds, name in ((CALLS, "tool"), (DECIDES, "decide"), (TELLS, "human")):
        if any(isinstance(event, kinds) for event in events):
            return name
    return "other"
