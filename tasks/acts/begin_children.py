"""The step that begins the runs of a `map` or `subflow` node."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from fluxagents.flows.commands import BeginRuns, Command
from fluxagents.flows.engine.children import ChildPlan
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.tool_flows import build_item_flow
from fluxagents.flows.errors import FluxError
from fluxagents.flows.events import Event, RunBegun, RunsBegun
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.flows.language.node_base import ChildRunNode
from fluxagents.flows.language.nodes import MapNode, ToolNode
from fluxagents.flows.state import RunState, child_ids
from fluxagents.tasks.acts.join_children import ChildRunPorts, build_failure, build_joined
from fluxagents.tasks.ports.outage import StoreOutageError
from fluxagents.tasks.protocol import WrongTaskError


def begin_children(
    ports: ChildRunPorts, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Look up the models and the flow of a node's runs; they begin when the returned event is committed."""
    if not isinstance(command, BeginRuns):
        raise WrongTaskError("run.begin", command)
    try:
        node, plans = controller.plan_runs(state)
        if not plans:
            return [build_joined(ports, controller, state, node, [])]
        return [_build_begun(ports, state, node, plans)]
    except StoreOutageError:
        raise
    except FluxError as error:
        return [build_failure(ports, state, error)]


def _build_begun(
    ports: ChildRunPorts, state: RunState, node: ChildRunNode, plans: Sequence[ChildPlan]
) -> RunsBegun:
    flow = _child_flow(ports, node, plans)
    ids = child_ids(f"{state.run_id}.{state.seq}", len(plans))
    starts = zip(ids, plans, strict=True)
    runs = [_build_run(ports, state, node, plan, run_id=run_id, flow=flow) for run_id, plan in starts]
    ports.children.save_flow(flow)
    return RunsBegun(
        seq=state.seq,
        at_ms=ports.clock.now_ms(),
        node=state.node,
        flow=flow.ref,
        start_node=flow.start,
        runs=tuple(runs),
        width=node.width if isinstance(node, MapNode) else 1,
    )


def _child_flow(ports: ChildRunPorts, node: ChildRunNode, plans: Sequence[ChildPlan]) -> Flow:
    if isinstance(node, MapNode) and node.tool is not None:
        return build_item_flow(node, sorted({name for plan in plans for name in plan.inputs}))
    return ports.children.flow(node.digest)


def _build_run(
    ports: ChildRunPorts,
    state: RunState,
    node: ChildRunNode,
    plan: ChildPlan,
    *,
    run_id: str,
    flow: Flow,
) -> RunBegun:
    """How one run begins. Where only some runs need to finish, a run that cannot work fails at its start."""
    run = RunBegun(run_id=run_id, inputs=plan.inputs, model=state.model, model_name=state.model_name)
    try:
        run = run.model_copy(update={"inputs": _check_inputs(ports, flow, node, plan)})
        if plan.model is None:
            return run
        ref = ports.models.resolve(plan.model, files=False)
    except FluxError as error:
        if node.min_share == 1 or isinstance(error, StoreOutageError):
            raise
        return run.model_copy(update={"error": error.info(state.node)})
    return run.model_copy(update={"model": ref.digest, "model_name": ref.name})


def _check_inputs(
    ports: ChildRunPorts, flow: Flow, node: ChildRunNode, plan: ChildPlan
) -> dict[str, JsonValue]:
    if not isinstance(node, MapNode) or node.tool is None:
        return check_inputs(flow, plan.inputs)
    ports.tools[node.tool].parse(plan.inputs)
    work = flow.nodes[flow.start]
    assert isinstance(work, ToolNode)
    return {**dict.fromkeys(work.args), **plan.inputs}
