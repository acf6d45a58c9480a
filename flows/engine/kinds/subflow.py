"""`subflow`: runs another flow as a child."""

from __future__ import annotations

from fluxagents.flows.engine.children import ChildPlan, evaluate_model
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.language.nodes import SubflowNode


def plan_subflow(context: NodeContext, node: SubflowNode) -> list[ChildPlan]:
    """The one run of the node."""
    return [ChildPlan(context.fill_arguments(node.inputs), evaluate_model(context, node.model))]
