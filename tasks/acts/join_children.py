"""The step that joins the runs of a `map` or `subflow` node."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.commands import Command, JoinRuns
from fluxagents.flows.engine import fan_in
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import FluxError
from fluxagents.flows.events import Event, NodeFailed, RunsJoined
from fluxagents.flows.language.node_base import ChildRunNode
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.state import RunState
from fluxagents.tasks.acts.child_runs import ChildRuns
from fluxagents.tasks.acts.provenance import versions
from fluxagents.tasks.fba.solving.lazy_libraries import pd
from fluxagents.tasks.ports.artifacts import ArtifactStore, Manifest, Provenance
from fluxagents.tasks.ports.models import ModelStore
from fluxagents.tasks.protocol import WrongTaskError
from fluxagents.tasks.tool import Tool


@dataclass(frozen=True, kw_only=True)
class ChildRunPorts:
    """What the steps that begin and join runs need."""

    clock: Clock
    children: ChildRuns
    tools: Mapping[str, Tool]
    models: ModelStore
    artifacts: ArtifactStore


def join_children(
    ports: ChildRunPorts, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Join the results of a node's runs; cancel those that have not ended by now."""
    if not isinstance(command, JoinRuns):
        raise WrongTaskError("run.join", command)
    node, _ = controller.plan_runs(state)
    reason = f"the time of node {state.node!r} of run {state.run_id} was over"
    late = ports.children.cancel_unfinished(command.runs, reason)
    if late:
        return [build_failure(ports, state, fan_in.late_runs_error(state, late, len(command.runs)))]
    runs = [ports.children.load(run_id) for run_id in command.runs]
    try:
        event = build_joined(ports, controller, state, node, runs)
    except FluxError as error:
        return [build_failure(ports, state, error)]
    failure = fan_in.find_shortfall(node, runs)
    return [event, build_failure(ports, state, failure)] if failure else [event]


def build_joined(
    ports: ChildRunPorts,
    controller: FlowController,
    state: RunState,
    node: ChildRunNode,
    runs: Sequence[RunState],
) -> RunsJoined:
    """The results of these runs, with a table that has one row per run.

    Raises:
        FluxError: `BAD_FLOW` if a fact has another type than declared.
    """
    event = fan_in.join_children(controller, state, node, runs, ports.clock.now_ms())
    return event.model_copy(update={"artifact": _store_artifact(ports.artifacts, state, node, runs)})


def build_failure(ports: ChildRunPorts, state: RunState, error: FluxError) -> NodeFailed:
    """The failure of the present node."""
    info = error.info(state.node)
    return NodeFailed(seq=state.seq, at_ms=ports.clock.now_ms(), node=state.node, error=info)


def _store_artifact(
    artifacts: ArtifactStore, state: RunState, node: ChildRunNode, runs: Sequence[RunState]
) -> str:
    tool, facts = node.work, fan_in.collect_facts(node, runs)
    table = artifacts.put_table(_table(runs, facts), tool=tool)
    provenance = Provenance(
        tool=tool, args={"node": state.node, "run": state.run_id}, versions=dict(versions())
    )
    result = fan_in.summarise_runs(runs, facts)
    manifest = Manifest(provenance=provenance, result=result, tables={"runs": table})
    return artifacts.put_json(manifest.model_dump(mode="json"), tool=tool).digest


def _table(runs: Sequence[RunState], facts: Mapping[str, list[JsonValue]]) -> pd.DataFrame:
    columns: dict[str, list[JsonValue]] = {
        "item": list(range(len(runs))),
        "run": [run.run_id for run in runs],
        "status": [run.status for run in runs],
        "model": [run.model_name for run in runs],
        "inputs": [json.dumps(run.inputs, sort_keys=True) for run in runs],
        "error": [run.error.message if run.error else None for run in runs],
        **{fact: [_cell(value) for value in values] for fact, values in facts.items()},
    }
    return pd.DataFrame(columns)


def _cell(value: JsonValue) -> JsonValue:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value
