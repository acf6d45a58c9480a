"""`reduce(state, event)`: one small branch per event type, and the fold over a history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce as fold_left
from typing import Any

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.reduction import answering, deciding, steering, walking, working
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
        return _started(event)
    if state is None:
        raise impossible(event, "no run has started")
    if event.seq not in (state.seq, state.seq - 1):
        raise impossible(event, f"it belongs to step {event.seq}, the run is at step {state.seq}")
    if state.ended and not isinstance(event, e.RunRolledBack):
        raise impossible(event, f"run {state.run_id} is {state.status}")
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
        first_id=event.first_id,
    )


_BRANCHES: dict[type[e.Event], Callable[[RunState, Any], Changes]] = {
    e.NodeEntered: walking.entered,
    e.NodeSkipped: walking.branched,
    e.NodeFailed: walking.broken,
    e.BranchTaken: walking.branched,
    e.BudgetSpent: walking.spent,
    e.DecisionMade: deciding.decided,
    e.DecisionRefused: deciding.refused,
    e.DecisionDeferred: deciding.deferred,
    e.ContextCompacted: deciding.compacted,
    e.ContextSummarised: deciding.summarised,
    e.SummaryRefused: deciding.unsummarised,
    e.ToolSucceeded: working.succeeded,
    e.ToolSplit: working.split,
    e.ToolFailed: working.failed_tool,
    e.RunsBegun: working.begun,
    e.RunsJoined: working.joined,
    e.RetryScheduled: working.retrying,
    e.ApprovalRequested: answering.requested,
    e.ApprovalGranted: answering.granted,
    e.ApprovalRejected: answering.rejected,
    e.QuestionAsked: answering.requested,
    e.QuestionAnswered: answering.told,
    e.RequestExpired: answering.expired,
    e.WaitStarted: answering.waiting,
    e.WaitEnded: answering.waited,
    e.EventReceived: answering.signalled,
    e.HumanNotified: answering.notified,
    e.RunPaused: steering.paused,
    e.RunResumed: steering.resumed,
    e.RunCancelled: steering.cancelled,
    e.RunFinished: steering.finished,
    e.RunFailed: steering.failed,
    e.RunDeadLettered: steering.dead,
    e.RunRetried: steering.retried,
    e.CallEdited: steering.edited,
    e.RunForked: steering.forked,
    e.RunRolledBack: steering.rolled_back,
    e.FlowChanged: steering.migrated,
    e.RunImported: steering.imported,
}
