"""`approve`: stops until a human agrees."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.language.nodes import ApproveNode


def on_approve(context: NodeContext, node: ApproveNode) -> e.Event:
    """The request for an approval, or where its answer leads."""
    outcome = context.state.outcome
    if outcome == "approved":
        return context.enter(node.next)
    if outcome == "rejected":
        return context.enter(node.on_reject)
    if outcome == "expired":
        return context.enter(node.late_target or node.on_reject)
    request = context.request(
        "approval",
        context.fill_text(node.question),
        policy=node.whose_answer,
        rules=node,
        deadline_ms=context.deadline_ms(node.timeout_s),
    )
    return context.ask_approval(request)
