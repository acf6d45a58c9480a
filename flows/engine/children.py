"""The runs that `map` and `subflow` nodes begin: which there are, and how each begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.engine.node_context import Moment
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import FlowRef, RunsBegun, RunStarted
from fluxagents.flows.language.definition import Budget, Flow
from fluxagents.flows.language.nodes import MAP_ITEMS, EndNode, MapNode, SubflowNode, ToolNode
from fluxagents.flows.state import RunState


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """One run to begin."""

    inputs: dict[str, JsonValue]
    model: str | None
    """What the flow calls the model; None for the parent's."""


def child_plans(now: Moment, node: MapNode | SubflowNode) -> list[ChildPlan]:
    """The runs of a node, in the order of its items.

    Raises:
        FluxError: `BAD_FLOW` if `over` gives no list or too long a one, or an expression fails.
    """
    if isinstance(node, SubflowNode):
        return [ChildPlan(now.arguments(node.inputs), _model(now, node.model))]
    items = now.value(node.over)
    if not isinstance(items, list):
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"node {now.state.node!r} maps over {node.over!r}, which is {items!r:.80} and no list",
        )
    if len(items) > MAP_ITEMS:
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"node {now.state.node!r} maps over {len(items)} items; at most {MAP_ITEMS}",
            suggestions=("start a batch: `fluxagents batch --help`",),
        )
    given = node.args if node.tool else node.inputs
    return [
        ChildPlan(now.arguments(given, **{node.each: item}), _model(now, node.model, **{node.each: item}))
        for item in items
    ]


def _model(now: Moment, expression: str | None, **more: JsonValue) -> str | None:
    if expression is None:
        return None
    model = now.value(expression, **more)
    if not isinstance(model, str):
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"node {now.state.node!r}: model {expression!r} is {model!r:.80}, expected a name or a digest",
        )
    return model


def tool_flow(node: MapNode, names: Iterable[str]) -> Flow:
    """The flow of one item of a node that maps a tool: calls it with the run's inputs as they are.

    Args:
        node: The node.
        names: The arguments that are given.
    """
    assert node.tool is not None
    work = ToolNode(
        kind="tool",
        tool=node.tool,
        args={name: f"={name}" for name in sorted(names)},
        facts=node.facts,
        retry=node.retry,
        next="done",
    )
    return Flow(
        flow=f"each_{node.tool}",
        version=1,
        purpose=f"One item of a map of {node.tool}.",
        budget=Budget(steps=50),
        start="work",
        nodes={"work": work, "done": EndNode(kind="end", message="computed")},
    )


def child_starts(state: RunState, begun: RunsBegun) -> list[RunStarted]:
    """How the runs begin.

    Args:
        state: The run before it began them.
        begun: What was decided.
    """
    return [
        RunStarted(
            seq=0,
            at_ms=begun.at_ms,
            run_id=run.run_id,
            session=state.run_id,
            flow=begun.flow,
            start_node=begun.start_node,
            inputs=run.inputs,
            model=run.model,
            model_name=run.model_name,
            lane=state.lane,
            parent=state.run_id,
        )
        for run in begun.runs
    ]


def ref_of(flow: Flow) -> FlowRef:
    """How a run names the exact version of a flow."""
    return FlowRef(name=flow.flow, version=flow.version, digest=flow.digest)
