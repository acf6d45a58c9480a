"""Which Celery task, on which queue, carries out a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from fluxagents.flows.commands import (
    BeginRuns,
    CallTool,
    Command,
    ComputeEffect,
    Decide,
    Expire,
    Explain,
    JoinRuns,
    JoinShards,
    NotifyHuman,
)
from fluxagents.flows.engine.children import start_children
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.invariants import check_state
from fluxagents.flows.engine.lanes import choose_lane, leave_first_lane
from fluxagents.flows.engine.shards import start_shards
from fluxagents.flows.engine.tool_flows import build_shard_flow
from fluxagents.flows.errors import ErrorInfo, FluxError
from fluxagents.flows.events import Event, RunFailed, RunsBegun, RunStarted, ToolSplit
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.ports.dispatch import Dispatch
from fluxagents.flows.ports.run_store import FlowVersions
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.trace_context import find_trace

DECIDE = "step.decide"
EFFECT = "effect.compute"
EXPLAIN = "human.explain"
NOTIFY = "human.notify"
EXPIRE = "run.expire"
BEGIN = "run.begin"
JOIN = "run.join"
RECONCILE = "control.reconcile"
START = "run.start"
TOOL = "tool"
TOOL_PREFIX = f"{TOOL}."

TRACE = "trace"
"""The label of a dispatch that names the trace of its run."""

Controllers = Callable[[str], FlowController]
"""Finds the controller of a stored flow by digest; raises `FluxError` if no such flow is stored."""


def cache_controllers(flows: FlowVersions, tools: Mapping[str, ToolFacts]) -> Controllers:
    """The controllers of stored flows, each built once."""
    return cache(lambda digest: FlowController(flows.flow(digest), tools=tools))


def step_kind(task: str) -> str:
    """The kind of step that a Celery task carries out: its name, or `tool` for the task of any tool."""
    return TOOL if task.startswith(TOOL_PREFIX) else task


def build_dispatch(command: Command, state: RunState, tools: Mapping[str, ToolFacts]) -> Dispatch:
    """The message that carries out a command of a run in this state."""
    if isinstance(command, Decide):
        queue = choose_lane("decide", state, command)
        return Dispatch(task=DECIDE, queue=queue, label={"node": command.node})
    if isinstance(command, CallTool | ComputeEffect | JoinShards):
        return _build_for_tool(command, state, tools)
    if isinstance(command, Explain | NotifyHuman):
        # A human waits for an explanation: not behind the decisions of a batch.
        task = EXPLAIN if isinstance(command, Explain) else NOTIFY
        return Dispatch(task=task, queue="human", label={"request": command.request_id})
    if isinstance(command, Expire):
        return Dispatch(task=EXPIRE, queue="control", not_before_ms=command.at_ms)
    return _build_for_children(command)


def _build_for_tool(
    command: CallTool | ComputeEffect | JoinShards, state: RunState, tools: Mapping[str, ToolFacts]
) -> Dispatch:
    tool = command.tool if isinstance(command, CallTool) else command.call.tool
    queue = choose_lane(tools[tool].queue if tool in tools else "tools", state, command)
    call = Dispatch(task=f"{TOOL_PREFIX}{tool}", queue=queue, label={"tool": tool})
    if isinstance(command, ComputeEffect):
        return replace(call, task=EFFECT)
    if isinstance(command, CallTool):
        return call
    label = {**call.label, "join": str(len(command.runs))}
    return replace(call, label=label, after=command.runs, not_before_ms=command.until_ms)


def _build_for_children(command: BeginRuns | JoinRuns) -> Dispatch:
    if isinstance(command, BeginRuns):
        return Dispatch(task=BEGIN, queue="control", label={"node": command.node})
    label = {"node": command.node, "join": str(len(command.runs))}
    return Dispatch(
        task=JOIN, queue="control", label=label, after=command.runs, not_before_ms=command.until_ms
    )


def build_commit(
    controller: FlowController,
    state: RunState,
    events: Sequence[Event],
    *,
    seq: int,
    at_ms: int,
    controllers: Controllers | None = None,
) -> Commit:
    """Build the commit of one step: its events, those of the walk to the next command, and its dispatch.

    A run whose flow cannot be walked fails.

    Args:
        controller: Of the run's flow.
        state: Before the step.
        events: What the step did.
        seq: The step.
        at_ms: When, as Unix time in ms.
        controllers: Of the runs that the step begins; only needed where it may begin some.
    """
    try:
        after, all_events, command = controller.advance(state, seq=seq, at_ms=at_ms, after=events)
    except FluxError as error:
        failed = RunFailed(seq=seq, at_ms=at_ms, node=state.node, error=error.info(state.node))
        for event in (*events, failed):
            state = reduce(state, event)
        return Commit(events=(*events, failed), state=state, dispatch=None)
    check_state(after, controller.flow)
    if command is None:
        return Commit(events=all_events, state=after, dispatch=None)
    dispatch = build_dispatch(command, after, controller.tools)
    not_before_ms = max(dispatch.not_before_ms, after.not_before_ms)
    limit_s = controller.time_limit_s(after) if isinstance(command, CallTool) else None
    label = {**dispatch.label, TRACE: find_trace(after.trace)} if after.trace else dispatch.label
    return Commit(
        events=all_events,
        state=after,
        dispatch=replace(dispatch, label=label, not_before_ms=not_before_ms, time_limit_s=limit_s or 0),
        children=tuple(_build_children(controller, state, events, controllers)),
    )


def first_commit(
    controller: FlowController, started: RunStarted, *, error: ErrorInfo | None = None
) -> Commit:
    """Build the first commit of a new run; with an error it is also the last."""
    state = reduce(None, started)
    failure = [RunFailed(seq=0, at_ms=started.at_ms, node=state.node, error=error)] if error else []
    commit = build_commit(controller, state, failure, seq=0, at_ms=started.at_ms)
    return replace(commit, events=(started, *commit.events))


def _build_children(
    controller: FlowController,
    state: RunState,
    events: Sequence[Event],
    controllers: Controllers | None,
) -> Iterator[Commit]:
    for event in events:
        if isinstance(event, RunsBegun):
            assert controllers is not None
            child = controllers(event.flow.digest)
            starts = zip(start_children(state, event), event.runs, strict=True)
            commits = [first_commit(child, started, error=run.error) for started, run in starts]
            if state.tool_calls:
                commits = [_follow(commit) for commit in commits]
            yield from _limit_width(commits, event.width)
        if isinstance(event, ToolSplit):
            flow = build_shard_flow(event.call.tool, event.call.args)
            part_controller = FlowController(flow, tools=controller.tools)
            yield from (first_commit(part_controller, started) for started in start_shards(state, event))


def _limit_width(commits: Sequence[Commit], width: int) -> Iterator[Commit]:
    """Let at most `width` of these runs work at once: each waits for the end of the run `width` before it."""
    run_ids: list[str] = []
    for commit in commits:
        if commit.dispatch is None:
            yield commit
            continue
        index = len(run_ids)
        run_ids.append(commit.state.run_id)
        if index < width or commit.dispatch.not_before_ms:
            yield commit
        else:
            yield _follow(commit, run_ids[index - width])


def _follow(commit: Commit, *after: str) -> Commit:
    """The first commit of a run that goes on with the work of others, after the end of these runs."""
    if commit.dispatch is None:
        return commit
    queue = leave_first_lane(commit.dispatch.queue)
    return replace(commit, dispatch=replace(commit.dispatch, queue=queue, after=after))
