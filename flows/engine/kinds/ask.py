"""`ask`: asks a human for a value."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.timeouts import time_out
from fluxagents.flows.humans.answer_form import AnswerForm, AnswerKind
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.node_base import ValueType
from fluxagents.flows.language.nodes import AnswerNode, AskNode, ConsultNode


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
        answer=build_form(context.flow, node) if context.state.describes_requests else None,
        deadline_ms=context.deadline_ms(node.timeout_s),
    )
    return context.ask(request)


def parse_answer(flow: Flow, node: AnswerNode, answer: str) -> dict[str, JsonValue]:
    """The typed fact that a human's answer is.

    Raises:
        FluxError: `BAD_ARGUMENT` if the answer has not the declared type, or is none of the choices.
    """
    return {node.fact: build_form(flow, node).read(answer)}


def build_form(flow: Flow, node: AnswerNode) -> AnswerForm:
    """What a node takes for an answer, by the type and the unit of its fact."""
    spec = flow.facts.get(node.fact)
    kind = _KINDS[spec.type] if spec else "text"
    if isinstance(node, ConsultNode) and kind == "array":
        # The list is that of the answers, each of them a text.
        kind = "text"
    if node.choices and kind == "text":
        kind = "choice"
    return AnswerForm(
        kind="file" if node.file else kind,
        choices=node.choices,
        unit=spec.unit if spec else "",
        minimum=node.minimum,
        maximum=node.maximum,
        endings=node.file if isinstance(node.file, tuple) else (),
    )


_KINDS: Mapping[ValueType, AnswerKind] = {
    "string": "text",
    "number": "number",
    "integer": "integer",
    "boolean": "yes_no",
    "object": "object",
    "array": "array",
}
