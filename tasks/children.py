"""The steps of `map` and `subflow` nodes: begin their runs, and put together what those found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from fluxagents.flows.children import ChildPlan, ref_of, tool_flow
from fluxagents.flows.commands import BeginRuns, Command, JoinRuns
from fluxagents.flows.controller import FlowController
from fluxagents.flows.definition import Flow
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, NodeFailed, RunBegun, RunsBegun, RunsJoined
from fluxagents.flows.inputs import checked_inputs
from fluxagents.flows.nodes import MapNode, SubflowNode, ToolNode
from fluxagents.flows.state import RunState, child_ids
from fluxagents.tasks.artifacts import Manifest, Provenance
from fluxagents.tasks.effects import Effects
from fluxagents.tasks.fba.registry import validated
from fluxagents.tasks.outside import cancel_late
from fluxagents.tasks.protocol import WrongTaskError
from fluxagents.tasks.provenance import versions

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 8
"""Items and failures that a chat model is shown; the artifact has all."""


def begin(effects: Effects, controller: FlowController, state: RunState, command: Command) -> Sequence[Event]:
    """Look up the models and the flow of a node's runs; they begin with the commit of what this returns."""
    if not isinstance(command, BeginRuns):
        raise WrongTaskError("run.begin", command)
    try:
        node, plans = controller.plans(state)
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
        flow=ref_of(flow),
        start_node=flow.start,
        runs=tuple(runs),
        width=node.width if isinstance(node, MapNode) else 1,
    )


def _flow_of(effects: Effects, node: MapNode | SubflowNode, plans: Sequence[ChildPlan]) -> Flow:
    if isinstance(node, MapNode) and node.tool is not None:
        return tool_flow(node, sorted({name for plan in plans for name in plan.inputs}))
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
        if not isinstance(node, MapNode) or node.min_finished == 1:
            raise
        return begins.model_copy(update={"error": error.info(state.node)})
    return begins.model_copy(update={"model": ref.digest, "model_name": ref.name})


def _inputs(
    effects: Effects, flow: Flow, node: MapNode | SubflowNode, plan: ChildPlan
) -> dict[str, JsonValue]:
    if not isinstance(node, MapNode) or node.tool is None:
        return checked_inputs(flow, plan.inputs)
    validated(effects.tools[node.tool], plan.inputs)
    work = flow.nodes[flow.start]
    assert isinstance(work, ToolNode)
    return {**dict.fromkeys(work.args), **plan.inputs}


def join(effects: Effects, controller: FlowController, state: RunState, command: Command) -> Sequence[Event]:
    """Put together what the runs of a node found; those that are not done by now are cancelled."""
    if not isinstance(command, JoinRuns):
        raise WrongTaskError("run.join", command)
    node, _ = controller.plans(state)
    late = cancel_late(
        effects, command.runs, f"the time of node {state.node!r} of run {state.run_id} was over"
    )
    if late:
        message = f"{late} of {len(command.runs)} runs of node {state.node!r} did not end in time"
        return [_failed(effects, state, FluxError(ErrorClass.TIMEOUT, message))]
    runs = [effects.store.load(run_id) for run_id in command.runs]
    try:
        joined = _joined(effects, controller, state, node, runs)
    except FluxError as error:
        return [_failed(effects, state, error)]
    broken = _too_few(node, runs)
    return [joined, _failed(effects, state, broken)] if broken else [joined]


def _joined(
    effects: Effects,
    controller: FlowController,
    state: RunState,
    node: MapNode | SubflowNode,
    runs: Sequence[RunState],
) -> RunsJoined:
    what = (node.tool if isinstance(node, MapNode) else None) or node.flow or ""
    found = {fact: [_found(run, source) for run in runs] for fact, source in _sources(node).items()}
    facts: dict[str, JsonValue] = (
        dict(found) if isinstance(node, MapNode) else {fact: values[0] for fact, values in found.items()}
    )
    ended = runs[0] if isinstance(node, SubflowNode) else None
    return RunsJoined(
        seq=state.seq,
        at_ms=effects.clock.now_ms(),
        node=state.node,
        what=what,
        finished=sum(run.status == "finished" for run in runs),
        failed=sum(run.status != "finished" for run in runs),
        facts=controller.joined_facts(state, facts),
        key_findings=_key_findings(runs, found),
        artifact=_artifact(effects, state, what, runs, found),
        new_model=ended.model if ended and ended.model != state.model else None,
    )


def _sources(node: MapNode | SubflowNode) -> Mapping[str, str]:
    """Fact name -> the fact of the runs that it is made of."""
    return {name: name for name in node.facts} if isinstance(node, MapNode) and node.tool else node.facts


def _found(run: RunState, source: str) -> JsonValue:
    if run.status != "finished":
        return None
    return run.answer if source == "answer" else run.facts.get(source)


def _key_findings(runs: Sequence[RunState], found: Mapping[str, list[JsonValue]]) -> dict[str, JsonValue]:
    """Counts, the first failures, and each fact: all of few values, or the range of many numbers."""
    failures: list[JsonValue] = [_why(run)[:160] for run in runs if run.status != "finished"]
    shown: dict[str, JsonValue] = {
        "runs": len(runs),
        "finished": len(runs) - len(failures),
        "failed": len(failures),
    }
    if failures:
        shown["failures"] = failures[:SHOWN]
    if len(runs) == 1 and runs[0].answer:
        shown["answer"] = runs[0].answer[:800]
    for fact, values in found.items():
        numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(values) <= SHOWN:
            shown[fact] = values[0] if len(values) == 1 else values
        elif numbers:
            shown[fact] = {"least": min(numbers), "most": max(numbers), "known": len(numbers)}
    return shown


def _why(run: RunState) -> str:
    said = f": {run.error.message}" if run.error else ""
    return f"run {run.run_id} is {run.status}{said}"


def _artifact(
    effects: Effects,
    state: RunState,
    what: str,
    runs: Sequence[RunState],
    found: Mapping[str, list[JsonValue]],
) -> str:
    """A table with one row for each run, bound to where it came from."""
    table = effects.artifacts.put_table(_table(runs, found), tool=what)
    provenance = Provenance(
        tool=what, args={"node": state.node, "run": state.run_id}, versions=dict(versions())
    )
    manifest = Manifest(provenance=provenance, result=_key_findings(runs, found), tables={"runs": table})
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


def _too_few(node: MapNode | SubflowNode, runs: Sequence[RunState]) -> FluxError | None:
    """The failure of a node whose runs did not finish often enough; of the kind of the first of them."""
    finished = sum(run.status == "finished" for run in runs)
    share = node.min_finished if isinstance(node, MapNode) else 1.0
    if not runs or finished >= share * len(runs):
        return None
    first = next(run for run in runs if run.status != "finished")
    kind = first.error.kind if first.error else ErrorClass.PERMISSION
    return FluxError(kind, f"{finished} of {len(runs)} runs finished; {_why(first)}")


def _failed(effects: Effects, state: RunState, error: FluxError) -> NodeFailed:
    return NodeFailed(
        seq=state.seq, at_ms=effects.clock.now_ms(), node=state.node, error=error.info(state.node)
    )
