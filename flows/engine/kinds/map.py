"""`map`: does the same for each item of a list."""

from __future__ import annotations

from fluxagents.flows.engine.children import ChildPlan, evaluate_model
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.nodes import MAP_ITEMS, MapNode


def plan_map(context: NodeContext, node: MapNode) -> list[ChildPlan]:
    """The runs of the node, in the order of its items.

    Raises:
        FluxError: `BAD_FLOW` if `over` gives no list or too long a one, or an expression fails.
    """
    items = context.evaluate(node.over)
    if not isinstance(items, list):
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"node {context.state.node!r} maps over {node.over!r}, which is {items!r:.80} and no list",
        )
    if len(items) > MAP_ITEMS:
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"node {context.state.node!r} maps over {len(items)} items; at most {MAP_ITEMS}",
            suggestions=("start a batch: `fluxagents batch --help`",),
        )
    arguments = node.args if node.tool else node.inputs
    return [
        ChildPlan(
            context.fill_arguments(arguments, **{node.each: item}),
            evaluate_model(context, node.model, **{node.each: item}),
        )
        for item in items
    ]
