"""`ask`: asks a human for a value."""

from __future__ import annotations

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.timeouts import time_out
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import value_from_text
from fluxagents.flows.language.nodes import AskNode


def on_ask(context: NodeContext, node: AskNode) -> e.Event:
    """The question, or where its answer leads."""
    if context.state.outcome == "told":
        return context.enter(node.next)
    if context.state.outcome == "expired":
        return time_out(context, node)
    request = context.request(
        "question",
        context.fill_text(node.question),
        policy=node.whose_answer,
        rules=node,
        choices=node.choices,
        deadline_ms=context.deadline_ms(node.timeout_s),
    )
    return context.ask(request)


def parse_answer(flow: Flow, node: AskNode, answer: str) -> dict[str, JsonValue]:
    """The typed fact that a human's answer is.

    Raises:
        FluxError: `BAD_ARGUMENT` if the answer has not the declared type, or is none of the choices.
    """
    spec = flow.facts.get(node.fact)
    return {node.fact: value_from_text(answer, spec.type if spec else "string", choices=node.choices)}
