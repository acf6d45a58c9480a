"""`reduce(state, event)`: one small branch per event type, and the fold over a history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce as fold_left
from typing import Any

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.reduction import (
    consultation_events,
    control_events,
    decision_events,
    node_events,
    request_events,
    tool_events,
    waiting_events,
)
from fluxagents.flows.reduction.state_updates import Changes, impossible
from fluxagents.flows.state import RunState


def reduce(state: RunState | None, event: e.Event) -> RunState:
    """The state after an event.

    Raises:
        FluxError: If the event cannot follow the state: it is out of order, or belongs to a run that
            has not started or has ended.
    """
    if isinstance(event, e.RunStarted):
        if state is not None:
            raise impossible(event, f"run {state.run_id} has started already")
        return _start(event)
    if state is None:
        raise impossible(event, "no run has started")
    if event.seq not in (state.seq, state.seq - 1):
        raise impossible(event, f"it belongs to step {event.seq}, the run is at step {state.seq}")
    if state.has_ended and not isinstance(event, e.RunRolledBack):
        raise impossible(event, f"run {state.run_id} is {state.status}")
    changes = _BRANCHES[type(event)](state, event)
    position: Changes = {"seq": event.seq + 1, "updated_ms": event.at_ms, "not_before_ms": 0}
    return state.model_copy(update=position | changes)


def fold(events: Iterable[e.Event]) -> RunState:
    """The state that a history leads to.

    Raises:
        FluxError: If the history is empty or an event cannot follow the one before.
    """
    state: RunState | None = fold_left(reduce, events, None)
    if state is None:
        raise FluxError(ErrorClass.SCHEMA, "the history has no events")
    return state


def _start(event: e.RunStarted) -> RunState:
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
        first_id=event.first_id,
        unverified=event.unverified,
        requester=event.requester,
        trigger=event.trigger,
        trace=event.trace,
        keeps_list=event.schema_version >= e.ANSWERS_SINCE,
        describes_requests=event.schema_version >= e.DESCRIBED_SINCE,
    )


_BRANCHES: dict[type[e.Event], Callable[[RunState, Any], Changes]] = {
    e.NodeEntered: node_events.on_entry,
    e.NodeSkipped: node_events.on_branch,
    e.NodeFailed: node_events.on_failure,
    e.BranchTaken: node_events.on_branch,
    e.BudgetSpent: node_events.on_budget_spent,
    e.DecisionMade: decision_events.on_decision,
    e.DecisionRefused: decision_events.on_refusal,
    e.DecisionDeferred: decision_events.on_deferral,
    e.ContextCompacted: decision_events.on_compaction,
    e.ContextSummarised: decision_events.on_summary,
    e.SummaryRefused: decision_events.on_summary_refusal,
    e.ToolSucceeded: tool_events.on_success,
    e.ToolSplit: tool_events.on_split,
    e.ToolFailed: tool_events.on_failure,
    e.EffectComputed: tool_events.on_effect,
    e.RunsBegun: tool_events.on_children,
    e.RunsJoined: tool_events.on_fan_in,
    e.RetryScheduled: tool_events.on_retry,
    e.ApprovalRequested: waiting_events.on_request,
    e.ApprovalGranted: waiting_events.on_approval,
    e.ApprovalRejected: waiting_events.on_rejection,
    e.QuestionAsked: waiting_events.on_request,
    e.QuestionAnswered: waiting_events.on_answer,
    e.OpinionGiven: consultation_events.on_opinion,
    e.ConsultationClosed: consultation_events.on_consultation,
    e.RequestAssigned: waiting_events.on_assignment,
    e.VoteCast: waiting_events.on_vote,
    e.VoteDelegated: waiting_events.on_delegation,
    e.RequestEdited: waiting_events.on_request_edit,
    e.LadderStepReached: waiting_events.on_ladder_step,
    e.ExplanationAsked: request_events.on_question_back,
    e.ExplanationGiven: request_events.on_explanation,
    e.CallTakenOver: tool_events.on_take_over,
    e.RequestExpired: waiting_events.on_request_expiry,
    e.WaitStarted: waiting_events.on_wait_start,
    e.WaitEnded: waiting_events.on_wait_end,
    e.EventReceived: waiting_events.on_event,
    e.HumanNotified: waiting_events.on_notification,
    e.RunPaused: control_events.on_pause,
    e.RunResumed: control_events.on_resume,
    e.RunCancelled: control_events.on_cancel,
    e.RunFinished: control_events.on_finish,
    e.RunFailed: control_events.on_failure,
    e.RunDeadLettered: control_events.on_dead_letter,
    e.RunRetried: control_events.on_retry,
    e.CallEdited: control_events.on_call_edit,
    e.RunForked: control_events.on_fork,
    e.RunRolledBack: control_events.on_rollback,
    e.FlowChanged: control_events.on_flow_change,
    e.RunImported: control_events.on_import,
}
