"""`reduce(state, event)`: one small branch per event type, and the fold over a history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce as fold_left
from typing import Any, TypeVar

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Finish, call_digest
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.state import (
    ERRORS_KEPT,
    FINDINGS_KEPT,
    NOTES_KEPT,
    SIGNALS_KEPT,
    Begun,
    Finding,
    Joining,
    Note,
    RunState,
    Streak,
    Summary,
    Wait,
)

Changes = dict[str, Any]
T = TypeVar("T")


def reduce(state: RunState | None, event: e.Event) -> RunState:
    """The state after an event.

    Raises:
        FluxError: If the event cannot follow the state: it is out of order, or belongs to a run that
            has not started or has ended.
    """
    if isinstance(event, e.RunStarted):
        if state is not None:
            raise _impossible(event, f"run {state.run_id} has started already")
        return _started(event)
    if state is None:
        raise _impossible(event, "no run has started")
    if event.seq not in (state.seq, state.seq - 1):
        raise _impossible(event, f"it belongs to step {event.seq}, the run is at step {state.seq}")
    if state.ended and not isinstance(event, e.RunRolledBack):
        raise _impossible(event, f"run {state.run_id} is {state.status}")
    changes = _BRANCHES[type(event)](state, event)
    settled: Changes = {"seq": event.seq + 1, "updated_ms": event.at_ms, "not_before_ms": 0}
    return state.model_copy(update=settled | changes)


def fold(events: Iterable[e.Event]) -> RunState:
    """The state that a history leads to.

    Raises:
        FluxError: If the history is empty or an event cannot follow the one before.
    """
    state: RunState | None = fold_left(reduce, events, None)
    if state is None:
        raise FluxError(ErrorClass.SCHEMA, "the history has no events")
    return state


def _impossible(event: e.Event, why: str) -> FluxError:
    return FluxError(ErrorClass.SCHEMA, f"event {event.type!r} at step {event.seq} cannot follow: {why}")


def _started(event: e.RunStarted) -> RunState:
    return RunState(
        run_id=event.run_id,
        session=event.session,
        flow=event.flow,
        inputs=event.inputs,
        lane=event.lane,
        started_ms=event.at_ms,
        updated_ms=event.at_ms,
        seq=event.seq + 1,
        status="running",
        node=event.start_node,
        model=event.model,
        model_name=event.model_name,
        parent=event.parent,
        part=event.part,
        attempt_ms=event.at_ms,
        visits={event.start_node: 1},
        stepwise=event.stepwise,
    )


def _arrived(state: RunState, node: str, at_ms: int) -> Changes:
    return {
        **_AFRESH,
        "node": node,
        "attempt_ms": at_ms,
        "visits": {**state.visits, node: state.visits.get(node, 0) + 1},
    }


_AFRESH: Changes = {
    "outcome": None,
    "steps_at_node": 0,
    "failures_at_node": 0,
    "pending": None,
    "joining": None,
    "begun": None,
    "wait": None,
    "failed_call": None,
    "approved": None,
}
"""A node that nothing has been done at."""


def _entered(state: RunState, event: e.NodeEntered) -> Changes:
    return _arrived(state, event.node, event.at_ms)


def _branched(state: RunState, event: e.BranchTaken | e.NodeSkipped) -> Changes:
    return _arrived(state, event.to, event.at_ms)


def _broken(state: RunState, event: e.NodeFailed) -> Changes:
    return {
        **_failure(state, event.error),
        "outcome": "broken",
        "status": "running" if state.status == "waiting" else state.status,
        "waiting_for": None,
        "pending": None,
        "joining": None,
        "begun": None,
        "wait": None,
        "failed_call": None,
        "cleared": False,
    }


def _spent(state: RunState, event: e.BudgetSpent) -> Changes:
    note = Note(by="budget", about=event.node, text=f"all {event.steps} steps were used")
    return {"outcome": "budget", "notes": _last((*state.notes, note), NOTES_KEPT)}


def _usage(state: RunState, prompt: e.PromptUse) -> Changes:
    return {
        **_asked(state, prompt),
        "decisions": state.decisions + 1,
        "steps_at_node": state.steps_at_node + 1,
        "cleared": False,
    }


def _asked(state: RunState, prompt: e.PromptUse) -> Changes:
    return {
        "tokens_in": state.tokens_in + prompt.tokens_in,
        "tokens_out": state.tokens_out + prompt.tokens_out,
        "prompts": {**state.prompts, prompt.name: prompt.digest},
    }


def _decided(state: RunState, event: e.DecisionMade) -> Changes:
    changes = _usage(state, event.prompt)
    if isinstance(event.decision, Finish):
        answered = {"outcome": "answer", "streak": None, "failures_at_node": 0}
        return {**changes, **answered, "answer": event.decision.answer, "untraced": event.untraced}
    return {**changes, "outcome": None, "pending": event.decision, "approved": None}


def _refused(state: RunState, event: e.DecisionRefused) -> Changes:
    return {**_usage(state, event.prompt), **_failure(state, event.error), "failed_call": None}


def _deferred(state: RunState, event: e.DecisionDeferred) -> Changes:
    return {"deferrals": state.deferrals + 1, "not_before_ms": event.not_before_ms}


def _compacted(_: RunState, __: e.ContextCompacted) -> Changes:
    return {}


def _summarised(state: RunState, event: e.ContextSummarised) -> Changes:
    before = state.summary.ids if state.summary else ()
    kept = {finding.id for finding in state.findings}
    ids = tuple(id_ for id_ in dict.fromkeys((*before, *event.ids)) if id_ in kept)
    return {
        **_asked(state, event.prompt),
        "summary": Summary(ids=ids, text=event.text),
        "summaries_refused": 0,
    }


def _unsummarised(state: RunState, event: e.SummaryRefused) -> Changes:
    return {**_asked(state, event.prompt), "summaries_refused": state.summaries_refused + 1}


def _failure(state: RunState, error: ErrorInfo) -> Changes:
    count = state.streak.count + 1 if state.streak and state.streak.kind == error.kind else 1
    return {
        "errors": _last((*state.errors, error), ERRORS_KEPT),
        "streak": Streak(kind=error.kind, count=count),
        "failures_at_node": state.failures_at_node + 1,
        "outcome": "failed",
    }


def _succeeded(state: RunState, event: e.ToolSucceeded) -> Changes:
    finding = Finding(
        id=f"f{state.tool_calls + 1}",
        tool=event.call.tool,
        args=event.call.args,
        key_findings=event.key_findings,
        artifact=event.artifact,
        model=event.model,
        hypothesis=event.call.hypothesis,
    )
    return {
        "findings": _last((*state.findings, finding), FINDINGS_KEPT),
        "facts": {**state.facts, **event.facts},
        "tool_calls": state.tool_calls + 1,
        "model": event.new_model or event.model or state.model,
        "pending": None,
        "joining": None,
        "failed_call": None,
        "approved": None,
        "streak": None,
        "failures_at_node": 0,
        "outcome": "tool",
        "cleared": False,
    }


def _split(_: RunState, event: e.ToolSplit) -> Changes:
    return {"joining": Joining(call=event.call, runs=event.runs), "cleared": False}


def _begun(_: RunState, event: e.RunsBegun) -> Changes:
    prefix = event.runs[0].run_id.rpartition(".")[0]
    return {"begun": Begun(prefix=prefix, count=len(event.runs)), "cleared": False}


def _joined(state: RunState, event: e.RunsJoined) -> Changes:
    finding = Finding(
        id=f"f{state.tool_calls + 1}",
        tool=event.what,
        args={"node": event.node, "runs": event.finished + event.failed},
        key_findings=event.key_findings,
        artifact=event.artifact,
        model=event.new_model or state.model,
    )
    return {
        "findings": _last((*state.findings, finding), FINDINGS_KEPT),
        "facts": {**state.facts, **event.facts},
        "tool_calls": state.tool_calls + 1,
        "model": event.new_model or state.model,
        "begun": None,
        "streak": None,
        "failures_at_node": 0,
        "outcome": "joined",
        "cleared": False,
    }


def _failed_tool(state: RunState, event: e.ToolFailed) -> Changes:
    return {
        **_failure(state, event.error),
        "failed_call": event.call,
        "tool_calls": state.tool_calls + 1,
        "pending": None,
        "joining": None,
        "cleared": False,
        # What a human agreed to did not happen yet; a retry needs no second approval.
        "approved": state.approved if event.error.retryable else None,
    }


def _retrying(_: RunState, event: e.RetryScheduled) -> Changes:
    return {
        "outcome": None,
        "pending": event.call,
        "failed_call": None,
        "not_before_ms": event.not_before_ms,
        "attempt_ms": event.not_before_ms,
    }


def _requested(state: RunState, event: e.ApprovalRequested | e.QuestionAsked) -> Changes:
    pending = state.pending if isinstance(state.pending, CallTool) else None
    return {"status": "waiting", "waiting_for": event.request, "notified": False, "pending": pending}


def _answered(
    state: RunState, event: e.ApprovalGranted | e.ApprovalRejected | e.QuestionAnswered | e.RequestExpired
) -> Changes:
    if state.waiting_for is None or state.waiting_for.id != event.request_id:
        raise _impossible(event, f"run {state.run_id} does not wait for request {event.request_id!r}")
    paused = state.status == "paused"
    return {
        "status": "paused" if paused else "running",
        "paused_from": "running" if paused else None,
        "waiting_for": None,
        "notified": False,
        "streak": None,
    }


def _granted(state: RunState, event: e.ApprovalGranted) -> Changes:
    if event.call is None:
        return {**_answered(state, event), "outcome": "approved"}
    digest = call_digest(event.call.tool, event.call.args, state.model)
    return {**_answered(state, event), "pending": event.call, "approved": digest}


def _rejected(state: RunState, event: e.ApprovalRejected) -> Changes:
    about = state.pending.tool if isinstance(state.pending, CallTool) else state.node
    note = Note(by=event.by, about=about, text=f"rejected: {event.reason}")
    return {
        **_answered(state, event),
        "pending": None,
        "approved": None,
        "outcome": "rejected",
        "notes": _last((*state.notes, note), NOTES_KEPT),
    }


def _told(state: RunState, event: e.QuestionAnswered) -> Changes:
    about = state.waiting_for.question if state.waiting_for else state.node
    note = Note(by=event.by, about=about, text=event.answer)
    return {
        **_answered(state, event),
        "facts": {**state.facts, **event.facts},
        "notes": _last((*state.notes, note), NOTES_KEPT),
        "outcome": "told",
    }


def _expired(state: RunState, event: e.RequestExpired) -> Changes:
    about = state.waiting_for.question if state.waiting_for else state.node
    note = Note(by="deadline", about=about, text="nobody answered in time")
    return {
        **_answered(state, event),
        "pending": None,
        "approved": None,
        "outcome": "expired",
        "failures_at_node": state.failures_at_node + 1,
        "notes": _last((*state.notes, note), NOTES_KEPT),
    }


def _waiting(_: RunState, event: e.WaitStarted) -> Changes:
    return {"status": "waiting", "wait": Wait(until_ms=event.until_ms, event=event.event)}


def _waited(state: RunState, event: e.WaitEnded) -> Changes:
    late = event.by == "timeout"
    awaited = state.wait.event if state.wait else ""
    return {
        "status": "running",
        "wait": None,
        "facts": {**state.facts, **event.facts},
        "signals": {name: data for name, data in state.signals.items() if name != awaited},
        "failures_at_node": state.failures_at_node + 1 if late else 0,
        "outcome": "expired" if late else "waited",
    }


def _signalled(state: RunState, event: e.EventReceived) -> Changes:
    others = [(name, data) for name, data in state.signals.items() if name != event.name]
    return {"signals": dict([*others, (event.name, event.data)][-SIGNALS_KEPT:])}


def _notified(_: RunState, __: e.HumanNotified) -> Changes:
    return {"notified": True}


def _paused(state: RunState, _: e.RunPaused) -> Changes:
    return {"status": "paused", "paused_from": state.status}


def _resumed(state: RunState, _: e.RunResumed) -> Changes:
    return {"status": state.paused_from or "running", "paused_from": None, "cleared": True}


_AT_REST: Changes = {
    "paused_from": None,
    "waiting_for": None,
    "wait": None,
    "notified": False,
    "approved": None,
}
"""Nothing is waited for any more."""


def _cancelled(_: RunState, __: e.RunCancelled) -> Changes:
    return {"status": "cancelled", **_AT_REST}


def _finished(_: RunState, event: e.RunFinished) -> Changes:
    return {"status": "finished", "answer": event.answer, **_AT_REST}


def _failed(_: RunState, event: e.RunFailed) -> Changes:
    return {"status": "failed", "error": event.error, **_AT_REST}


def _dead(_: RunState, event: e.RunDeadLettered) -> Changes:
    return {"status": "dead", "error": event.error}


def _retried(_: RunState, __: e.RunRetried) -> Changes:
    return {"status": "running", "error": None, "streak": None}


def _edited(state: RunState, event: e.CallEdited) -> Changes:
    if state.status != "paused":
        raise _impossible(event, f"run {state.run_id} is {state.status}, not paused")
    return {"pending": event.call, "approved": None}


_UNASKED: Changes = {"waiting_for": None, "wait": None, "notified": False, "approved": None}
"""Whoever goes back asks again: no answer to what was asked before counts twice."""


def _forked(state: RunState, event: e.RunForked) -> Changes:
    return {
        **_UNASKED,
        "status": "running",
        "paused_from": None,
        "origin": event.origin,
        "inputs": {**state.inputs, **event.inputs},
        "facts": {**state.facts, **event.facts},
    }


def _rolled_back(state: RunState, event: e.RunRolledBack) -> Changes:
    then = RunState.model_validate(event.state)
    fields = {name: getattr(then, name) for name in RunState.model_fields}
    return {
        **fields,
        **_UNASKED,
        # What was spent stays spent.
        "tokens_in": state.tokens_in,
        "tokens_out": state.tokens_out,
        "status": "running",
        "paused_from": None,
        "attempt_ms": event.at_ms,
        "seq": event.seq + 1,
        "updated_ms": event.at_ms,
        "not_before_ms": 0,
    }


def _migrated(state: RunState, event: e.FlowChanged) -> Changes:
    asked = _UNASKED if state.status in {"waiting", "running"} else {}
    return {
        **_arrived(state, event.node, event.at_ms),
        **asked,
        "status": "running" if state.status == "waiting" else state.status,
        "flow": event.flow,
        "inputs": event.inputs,
    }


def _last(items: tuple[T, ...], most: int) -> tuple[T, ...]:
    return items[-most:]


_BRANCHES: dict[type[e.Event], Callable[[RunState, Any], Changes]] = {
    e.NodeEntered: _entered,
    e.NodeSkipped: _branched,
    e.NodeFailed: _broken,
    e.BranchTaken: _branched,
    e.BudgetSpent: _spent,
    e.DecisionMade: _decided,
    e.DecisionRefused: _refused,
    e.DecisionDeferred: _deferred,
    e.ContextCompacted: _compacted,
    e.ContextSummarised: _summarised,
    e.SummaryRefused: _unsummarised,
    e.ToolSucceeded: _succeeded,
    e.ToolSplit: _split,
    e.ToolFailed: _failed_tool,
    e.RunsBegun: _begun,
    e.RunsJoined: _joined,
    e.RetryScheduled: _retrying,
    e.ApprovalRequested: _requested,
    e.ApprovalGranted: _granted,
    e.ApprovalRejected: _rejected,
    e.QuestionAsked: _requested,
    e.QuestionAnswered: _told,
    e.RequestExpired: _expired,
    e.WaitStarted: _waiting,
    e.WaitEnded: _waited,
    e.EventReceived: _signalled,
    e.HumanNotified: _notified,
    e.RunPaused: _paused,
    e.RunResumed: _resumed,
    e.RunCancelled: _cancelled,
    e.RunFinished: _finished,
    e.RunFailed: _failed,
    e.RunDeadLettered: _dead,
    e.RunRetried: _retried,
    e.CallEdited: _edited,
    e.RunForked: _forked,
    e.RunRolledBack: _rolled_back,
    e.FlowChanged: _migrated,
}
