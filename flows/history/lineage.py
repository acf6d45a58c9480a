"""Where a run stood at each step, and the history of another run that goes its own way from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, takewhile
from typing import TypeVar

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.history.renaming import rename_run
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_facts, check_inputs
from fluxagents.flows.language.nodes import EndNode
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import RunState

T = TypeVar("T")
ARRIVALS = (e.RunStarted, e.NodeEntered, e.BranchTaken, e.NodeSkipped)


def up_to(events: Sequence[e.Event], seq: int) -> tuple[e.Event, ...]:
    """The events of a history up to a step, that step included."""
    return tuple(takewhile(lambda event: event.seq <= seq, events))


def state_at(events: Sequence[e.Event], seq: int) -> RunState:
    """The state that a run had after a step.

    Raises:
        FluxError: If there is no such step.
    """
    last = events[-1].seq
    if not 0 <= seq <= last:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, f"there is no step {seq}", suggestions=(f"the steps are 0 to {last}",)
        )
    return fold(up_to(events, seq))


def open_state_at(events: Sequence[e.Event], seq: int) -> RunState:
    """As `state_at`, for a step after which the run went on or could have.

    Raises:
        FluxError: If there is no such step, or the run had ended with it; names those that there are.
    """
    state = state_at(events, seq)
    if state.has_ended:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run {state.run_id!r} was {state.status} after step {seq}; nothing goes on from there",
            suggestions=(f"it can go on from {_ranges(open_steps(events))}",),
        )
    return state


def open_steps(events: Sequence[e.Event]) -> tuple[int, ...]:
    """The steps after which the run had not ended."""
    steps = []
    state: RunState | None = None
    for seq, step in groupby(events, key=lambda event: event.seq):
        for event in step:
            state = reduce(state, event)
        if state is not None and not state.has_ended:
            steps.append(seq)
    return tuple(steps)


def _ranges(steps: Sequence[int]) -> str:
    """Numbers in words: `steps 0 to 4 and step 7`."""
    ranges = []
    for _, run in groupby(enumerate(steps), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        many = len(numbers) > 1
        ranges.append(f"steps {numbers[0]} to {numbers[-1]}" if many else f"step {numbers[0]}")
    return " and ".join(ranges) or "no step"


def find_effective(events: Sequence[e.Event]) -> tuple[int, ...]:
    """The places in a log of the events that still count: those that no rollback went behind."""
    line: list[int] = []
    for index, event in enumerate(events):
        if isinstance(event, e.RunRolledBack):
            line = list(find_effective(events[: event.kept]))
        line.append(index)
    return tuple(line)


def arrival_at(events: Sequence[e.Event], flow: Flow, node: str) -> int:
    """How many of the first events of a log lead to the last time that the run came to a node.

    Args:
        events: The log.
        flow: The version of the flow that the run follows now.
        node: Where it came to, on the way that counts.

    Raises:
        FluxError: If it was never there, or the flow ends there.
    """
    arrivals: dict[str, int] = {}
    for index in find_effective(events):
        event = events[index]
        if isinstance(event, ARRIVALS):
            arrivals[_find_arrival(event)] = index + 1
    restarts = {name: kept for name, kept in arrivals.items() if not _ends(flow, name)}
    if node not in restarts:
        why = "ends there" if node in arrivals else "was never at it"
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"the run cannot begin again at node {node!r}: it {why}",
            suggestions=(*nearest(node, restarts), f"it was at {', '.join(restarts)}"),
        )
    return restarts[node]


def _find_arrival(event: e.Event) -> str:
    if isinstance(event, e.RunStarted):
        return event.start_node
    if isinstance(event, e.BranchTaken | e.NodeSkipped):
        return event.to
    assert isinstance(event, e.NodeEntered)
    return event.node


def _ends(flow: Flow, name: str) -> bool:
    return name not in flow.nodes or isinstance(flow.nodes[name], EndNode)


def fork_history(
    events: Sequence[e.Event],
    at: int,
    new_run_id: str,
    *,
    at_ms: int,
    by: str,
    inputs: Mapping[str, JsonValue] | None = None,
    facts: Mapping[str, JsonValue] | None = None,
    stepwise: bool = False,
) -> tuple[e.Event, ...]:
    """The history of a new run: what both share, and the event that parts them.

    Args:
        events: The log of the run that it is made from.
        at: The last step that both share.
        new_run_id: Of the new run.
        at_ms: Now, as Unix time in ms.
        by: Who wants it.
        inputs: Those that differ.
        facts: Those that differ.
        stepwise: Whether it pauses before every command.

    Raises:
        FluxError: If there is no such step, the run had ended with it, or it computes a part of a tool call.
    """
    state = open_state_at(events, at)
    if state.part is not None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run {state.run_id!r} computes a part of a tool call and cannot be forked",
            suggestions=(f"fork the run that it belongs to, {state.parent!r}",),
        )
    parting = e.RunForked(
        seq=at + 1,
        at_ms=at_ms,
        origin=state.run_id,
        origin_seq=at,
        inputs=dict(inputs or {}),
        facts=dict(facts or {}),
        stepwise=stepwise,
        by=by,
    )
    return (*(rename_run(event, state.run_id, new_run_id) for event in up_to(events, at)), parting)


def split_values(
    flow: Flow, state: RunState, values: Mapping[str, JsonValue]
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """Values that somebody sets, as inputs and as facts; both have the types that the flow declares.

    Raises:
        FluxError: If a name is neither, or a value is of another type.
    """
    known = {**flow.inputs, **dict.fromkeys(flow.fact_names)}
    for name in values:
        if name not in known:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"flow {flow.flow!r} has no input or fact {name!r}",
                suggestions=(*nearest(name, known), f"there are: {', '.join(known) or 'none'}"),
            )
    inputs = {name: value for name, value in values.items() if name in flow.inputs}
    checked = check_inputs(flow, {**state.inputs, **inputs}) if inputs else {}
    facts = {name: value for name, value in values.items() if name not in flow.inputs}
    return {name: checked[name] for name in inputs}, check_facts(flow, facts, where=state.node)
