"""The steps of `map` and `subflow` nodes: begin their runs, and put together what those found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from fluxagents.flows.commands import BeginRuns, Command, JoinRuns
from fluxagents.flows.engine.children import ChildPlan
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.fan_in import (
    collect_facts,
    find_shortfall,
    join_children,
    late_runs_error,
    summarise_runs,
)
from fluxagents.flows.engine.tool_flows import build_item_flow
from fluxagents.flows.errors import FluxError
from fluxagents.flows.events import Event, NodeFailed, RunBegun, RunsBegun, RunsJoined
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.flows.language.nodes import MapNode, SubflowNode, ToolNode
from fluxagents.flows.state import RunState, child_ids
from fluxagents.tasks.acts.provenance import versions
from fluxagents.tasks.effects import Effects
from fluxagents.tasks.external_events import cancel_late
from fluxagents.tasks.ports.artifacts import Manifest, Provenance
from fluxagents.tasks.protocol import WrongTaskError

if TYPE_CHECKING:
    import pandas as pd


def begin(effects: Effects, controller: FlowController, state: RunState, command: Command) -> Sequence[Event]:
    """Look up the models and the flow of a node's runs; they begin with the commit of what this returns."""
    if not isinstance(command, BeginRuns):
        raise WrongTaskError("run.begin", command)
    try:
        node, plans = controller.plan_runs(state)
        if not plans:
            return [_joined(effects, controller, state, node, [])]
        return [_begun(effects, state, node, plans)]
    except FluxError as error:
        return [_failed(effects, state, error)]


def _begun(
    effects: Effects, state: RunState, node: MapNode | SubflowNode, plans: Sequence[ChildPlan]
) -> RunsBegun:
    flow = _flow_of(effects, node, plans)
    ids = child_ids(f"{state.run_id}.{state.seq}", len(plans))
    runs = [_run(effects, state, flow, node, start) for start in zip(ids, plans, strict=True)]
    effects.store.save_flow(flow)
    return RunsBegun(
        seq=state.seq,
        at_ms=effects.clock.now_ms(),
        node=state.node,
        flow=flow.ref,
        start_node=flow.start,
        runs=tuple(runs),
        width=node.width if isinstance(node, MapNode) else 1,
    )


def _flow_of(effects: Effects, node: MapNode | SubflowNode, plans: Sequence[ChildPlan]) -> Flow:
    if isinstance(node, MapNode) and node.tool is not None:
        return build_item_flow(node, sorted({name for plan in plans for name in plan.inputs}))
    return effects.store.flow(node.digest)


def _run(
    effects: Effects,
    state: RunState,
    flow: Flow,
    node: MapNode | SubflowNode,
    start: tuple[str, ChildPlan],
) -> RunBegun:
    """How one run begins; where not all of a node need to finish, one that cannot work fails at its start."""
    run_id, plan = start
    begins = RunBegun(run_id=run_id, inputs=plan.inputs, model=state.model, model_name=state.model_name)
    try:
        begins = begins.model_copy(update={"inputs": _inputs(effects, flow, node, plan)})
        if plan.model is None:
            return begins
        ref = effects.models.resolve(plan.model, files=False)
    except FluxError as error:
        if node.min_share == 1:
            raise
        return begins.model_copy(update={"error": error.info(state.node)})
    return begins.model_copy(update={"model": ref.digest, "model_name": ref.name})


def _inputs(
    effects: Effects, flow: Flow, node: MapNode | SubflowNode, plan: ChildPlan
) -> dict[str, JsonValue]:
    if not isinstance(node, MapNode) or node.tool is None:
        return check_inputs(flow, plan.inputs)
    effects.tools[node.tool].parse(plan.inputs)
    work = flow.nodes[flow.start]
    assert isinstance(work, ToolNode)
    return {**dict.fromkeys(work.args), **plan.inputs}


def join(effects: Effects, controller: FlowController, state: RunState, command: Command) -> Sequence[Event]:
    """Put together what the runs of a node found; those that are not done by now are cancelled."""
    if not isinstance(command, JoinRuns):
        raise WrongTaskError("run.join", command)
    node, _ = controller.plan_runs(state)
    late = cancel_late(
        effects, command.runs, f"the time of node {state.node!r} of run {state.run_id} was over"
    )
    if late:
        return [_failed(effects, state, late_runs_error(state, late, len(command.runs)))]
    runs = [effects.store.load(run_id) for run_id in command.runs]
    try:
        done = _joined(effects, controller, state, node, runs)
    except FluxError as error:
        return [_failed(effects, state, error)]
    broken = find_shortfall(node, runs)
    return [done, _failed(effects, state, broken)] if broken else [done]


def _joined(
    effects: Effects,
    controller: FlowController,
    state: RunState,
    node: MapNode | SubflowNode,
    runs: Sequence[RunState],
) -> RunsJoined:
    found = join_children(controller, state, node, runs, effects.clock.now_ms())
    return found.model_copy(update={"artifact": _artifact(effects, state, node, runs)})


def _artifact(
    effects: Effects,
    state: RunState,
    node: MapNode | SubflowNode,
    runs: Sequence[RunState],
) -> str:
    """A table with one row for each run, bound to where it came from."""
    what, found = node.work, collect_facts(node, runs)
    table = effects.artifacts.put_table(_table(runs, found), tool=what)
    provenance = Provenance(
        tool=what, args={"node": state.node, "run": state.run_id}, versions=dict(versions())
    )
    manifest = Manifest(provenance=provenance, result=summarise_runs(runs, found), tables={"runs": table})
    return effects.artifacts.put_json(manifest.model_dump(mode="json"), tool=what).digest


def _table(runs: Sequence[RunState], found: Mapping[str, list[JsonValue]]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - half a second that only this step needs

    columns: dict[str, list[JsonValue]] = {
        "item": list(range(len(runs))),
        "run": [run.run_id for run in runs],
        "status": [run.status for run in runs],
        "model": [run.model_name for run in runs],
        "inputs": [json.dumps(run.inputs, sort_keys=True) for run in runs],
        "error": [run.error.message if run.error else None for run in runs],
        **{fact: [_cell(value) for value in values] for fact, values in found.items()},
    }
    return pd.DataFrame(columns)


def _cell(value: JsonValue) -> JsonValue:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value


def _failed(effects: Effects, state: RunState, error: FluxError) -> NodeFailed:
    return NodeFailed(
        seq=state.seq, at_ms=effects.clock.now_ms(), node=state.node, error=error.info(state.node)
    )
