"""Whether a run has used more than its flow allows."""

from __future__ import annotations

import math

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import EndNode
from fluxagents.flows.state import RunState


def check_budget(flow: Flow, state: RunState, at_ms: int) -> FluxError | None:
    """What the run used too much of; None while it may go on. A run at its end may end.

    Args:
        flow: The flow, with its budget.
        state: The run.
        at_ms: Now, as Unix time in ms.
    """
    if isinstance(flow.nodes[state.node], EndNode):
        return None
    for what, spent, allowed in _list_use(flow, state, at_ms):
        if spent > allowed:
            return FluxError(
                ErrorClass.BUDGET,
                f"the run used {spent:.0f} {what}; flow {flow.flow!r} allows {allowed:g}",
                suggestions=("raise the flow's `budget`", "ask a narrower question"),
            )
    return None


def measure_use(flow: Flow, state: RunState, at_ms: int) -> float:
    """The share of its budget that a run has used, of what it has used most of."""
    return max(spent / allowed for _, spent, allowed in _list_use(flow, state, at_ms))


def _list_use(flow: Flow, state: RunState, at_ms: int) -> tuple[tuple[str, float, float], ...]:
    request = state.waiting_for
    uncounted_ms = at_ms - request.asked_ms if request and request.no_limit else 0
    seconds = (at_ms - state.started_ms - state.rested_ms - uncounted_ms) / 1_000
    return (
        ("steps", state.seq - 1 - state.deferrals, flow.budget.steps),
        ("tokens", state.tokens_in + state.tokens_out, flow.budget.tokens),
        ("seconds", seconds, flow.budget.wall_time_s),
    )


def ends_ms(flow: Flow, state: RunState) -> int:
    """The first ms at which the run has used more time than its flow allows (Unix time)."""
    return state.started_ms + state.rested_ms + math.floor(flow.budget.wall_time_s * 1_000) + 1
