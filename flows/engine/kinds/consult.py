"""`consult`: asks several experts, and makes one fact of their opinions."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.engine.kinds.ask import build_form
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.timeouts import time_out
from fluxagents.flows.humans.opinions import Panel
from fluxagents.flows.language.nodes import ConsultNode


def on_consult(context: NodeContext, node: ConsultNode) -> e.Event:
    """The consultation, or where its result leads."""
    if context.state.outcome == "told":
        return context.enter(node.next)
    if context.state.outcome == "expired":
        return time_out(context, node)
    spec = context.flow.facts.get(node.fact)
    keeps_all = spec is not None and spec.type == "array"
    request = context.request(
        "question",
        context.fill_text(node.question),
        policy=node.whose_answer,
        rules=node,
        choices=node.choices,
        answer=build_form(context.flow, node),
        panel=Panel(wanted=node.wanted, at_least=node.at_least, keeps_all=keeps_all),
        deadline_ms=context.deadline_ms(node.timeout_s),
    )
    return context.ask(request)
