"""Which Celery task, on which queue, carries out a command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from fluxagents.flows.catalog import ToolFacts
from fluxagents.flows.commands import CallTool, Command, Decide, Expire, JoinParts, NotifyHuman
from fluxagents.flows.controller import FlowController
from fluxagents.flows.errors import FluxError
from fluxagents.flows.events import Event, Lane, RunFailed, RunStarted, ToolSplit
from fluxagents.flows.parts import part_flow, part_starts
from fluxagents.flows.ports import Commit, Dispatch
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState

DECIDE = "step.decide"
NOTIFY = "human.notify"
EXPIRE = "run.expire"
RECONCILE = "control.reconcile"
START = "run.start"
TOOL_PREFIX = "tool."

LANES = frozenset({"decide", "tools"})
"""Queues with a lane of their own for bulk runs."""


def dispatch_of(command: Command, lane: Lane, tools: Mapping[str, ToolFacts]) -> Dispatch:
    """The message that carries out a command."""
    if isinstance(command, Decide):
        return Dispatch(task=DECIDE, queue=_lane("decide", lane), label={"node": command.node})
    if isinstance(command, CallTool):
        queue = tools[command.tool].queue if command.tool in tools else "tools"
        return Dispatch(
            task=f"{TOOL_PREFIX}{command.tool}", queue=_lane(queue, lane), label={"tool": command.tool}
        )
    if isinstance(command, JoinParts):
        begin = dispatch_of(command.call, lane, tools)
        return replace(begin, label={**begin.label, "join": str(len(command.runs))}, after=command.runs)
    if isinstance(command, NotifyHuman):
        return Dispatch(task=NOTIFY, queue="human", label={"request": command.request_id})
    if isinstance(command, Expire):
        return Dispatch(task=EXPIRE, queue="control", not_before_ms=command.at_ms)
    assert_never(command)


def _lane(queue: str, lane: Lane) -> str:
    return f"{queue}.bulk" if lane == "bulk" and queue in LANES else queue


def settled(
    controller: FlowController, state: RunState, happened: Sequence[Event], *, seq: int, at_ms: int
) -> Commit:
    """The commit of one step: what happened, the walk to the next command, and its dispatch.

    A flow that cannot be walked on, because an expression fails for instance, fails the run.
    """
    try:
        after, events, command = controller.advance(state, seq=seq, at_ms=at_ms, after=happened)
    except FluxError as error:
        failed = RunFailed(seq=seq, at_ms=at_ms, node=state.node, error=error.info(state.node))
        for event in (*happened, failed):
            state = reduce(state, event)
        return Commit(events=(*happened, failed), state=state, dispatch=None)
    if command is None:
        return Commit(events=events, state=after, dispatch=None)
    dispatch = dispatch_of(command, after.lane, controller.tools)
    not_before_ms = max(dispatch.not_before_ms, after.not_before_ms)
    return Commit(
        events=events,
        state=after,
        dispatch=replace(dispatch, not_before_ms=not_before_ms),
        children=tuple(_parts(controller, state, happened)),
    )


def begun(controller: FlowController, started: RunStarted) -> Commit:
    """The first commit of a new run."""
    state = reduce(None, started)
    rest = settled(controller, state, [], seq=0, at_ms=started.at_ms)
    return replace(rest, events=(started, *rest.events))


def _parts(controller: FlowController, state: RunState, happened: Sequence[Event]) -> Iterator[Commit]:
    for event in happened:
        if isinstance(event, ToolSplit):
            flow = part_flow(event.call.tool, event.call.args)
            part_controller = FlowController(flow, tools=controller.tools)
            yield from (begun(part_controller, started) for started in part_starts(state, event))
