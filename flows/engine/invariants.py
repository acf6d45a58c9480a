"""What holds for every state; one that breaks a rule is a fault of ours and is never written."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import EndNode
from fluxagents.flows.state import ERRORS_KEPT, FINDINGS_KEPT, NOTES_KEPT, SIGNALS_KEPT, RunState


def find_violations(state: RunState, flow: Flow, *, walking: bool = False) -> list[str]:
    """The rules that a state breaks, a sentence each; empty for a sound one.

    Args:
        state: As it is committed: after the walk to the next command.
        flow: Of the run.
        walking: The state is one on the way through pure nodes, which may stand at an end and not have ended.
    """
    position = [] if walking else [*_of_position(state, flow)]
    return [*position, *_of_waiting(state), *_of_doing(state), *_of_bounds(state)]


def check_state(state: RunState, flow: Flow) -> RunState:
    """The state, if it is sound.

    Raises:
        FluxError: `INTERNAL` if it breaks a rule, naming all that it breaks.
    """
    faults = find_violations(state, flow)
    if faults:
        raise FluxError(
            ErrorClass.INTERNAL,
            f"run {state.run_id!r} would be left at step {state.seq} in a state that cannot be: {faults[0]}",
            suggestions=faults[1:],
        )
    return state


def _of_position(state: RunState, flow: Flow) -> Iterator[str]:
    if state.node not in flow.nodes:
        yield f"it stands at {state.node!r}, which is no node of flow {flow.flow!r}"
        return
    if state.status == "finished" and not isinstance(flow.nodes[state.node], EndNode):
        yield f"it has finished at {state.node!r}, which is no end"
    if state.status == "running" and isinstance(flow.nodes[state.node], EndNode):
        yield f"it runs on at the end {state.node!r}"
    if state.visits.get(state.node, 0) < 1 and state.visits:
        yield f"it stands at {state.node!r} and never came there"


def _of_waiting(state: RunState) -> Iterator[str]:
    waits_for = [state.waiting_for is not None, state.wait is not None]
    resting = state.status == "waiting" or (state.status == "paused" and state.paused_from == "waiting")
    if resting and sum(waits_for) != 1:
        yield f"it is {state.status} and waits for {sum(waits_for)} things"
    if not resting and state.status != "dead" and any(waits_for):
        yield f"it is {state.status} and waits for somebody"
    if state.status == "paused" and state.paused_from not in {"running", "waiting"}:
        yield f"it was paused when it was {state.paused_from}"
    if state.status != "paused" and state.paused_from is not None:
        yield f"it is {state.status} and remembers a pause"
    if state.notified and state.waiting_for is None:
        yield "somebody was told of no request"
    if state.waiting_for is not None and not state.waiting_for.id.startswith(f"{state.run_id}."):
        yield f"it waits for request {state.waiting_for.id!r} of another run"


def _of_doing(state: RunState) -> Iterator[str]:
    if state.joining is not None and state.begun is not None:
        yield "it waits for parts of a call and for runs of a node at once"
    call = state.failed_call or state.pending
    if state.approved is not None and not isinstance(call, CallTool):
        yield "an approval is left that belongs to no call"
    if state.status == "failed" and state.error is None:
        yield "it has failed and says no reason"
    if state.status in {"finished", "cancelled", "running", "waiting"} and state.error is not None:
        yield f"it is {state.status} and has the error of its end"
    if state.status == "finished" and state.answer is None:
        yield "it has finished and says nothing"
    if (state.outcome in {"failed", "broken"}) and not state.errors:
        yield "something failed and no error is kept"


def _of_bounds(state: RunState) -> Iterator[str]:
    bounds = (
        ("findings", len(state.findings), FINDINGS_KEPT),
        ("errors", len(state.errors), ERRORS_KEPT),
        ("notes", len(state.notes), NOTES_KEPT),
        ("signals", len(state.signals), SIGNALS_KEPT),
    )
    for what, count, limit in bounds:
        if count > limit:
            yield f"it keeps {count} {what}; at most {limit}"
