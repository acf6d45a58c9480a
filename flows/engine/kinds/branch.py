"""`branch`: goes to the first case whose condition holds."""

from __future__ import annotations

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.language.expressions import evaluate
from fluxagents.flows.language.nodes import BranchNode


def on_branch(context: NodeContext, node: BranchNode) -> e.BranchTaken:
    """The way that is taken, with the values that decided it."""
    names = context.names()
    seen: dict[str, JsonValue] = {}
    to, because = node.otherwise, "otherwise"
    for case in node.cases:
        seen |= context.values_in(case.when)
        if evaluate(case.when, names):
            to, because = case.to, case.when
            break
    return e.BranchTaken(
        seq=context.seq, at_ms=context.at_ms, node=context.state.node, to=to, because=because, seen=seen
    )
