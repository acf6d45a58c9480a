"""How a consultation ends: with the result of its opinions, or as not answered."""

from __future__ import annotations

from typing import Literal

from fluxagents.flows import events as e
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.humans.answer_form import AnswerForm
from fluxagents.flows.humans.consensus import build_consensus, describe_consensus
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.facts import extract_facts
from fluxagents.flows.language.nodes import ConsultNode

Reason = Literal["complete", "time", "nobody is left"]


def end_request(
    context: NodeContext, request: HumanRequest, *, then: str = "", because: Reason = "time"
) -> e.ConsultationClosed | e.RequestExpired:
    """The end of a request whose time is over: what the opinions come to, if there are enough of them."""
    if request.has_enough:
        return close_consultation(context, request, because)
    return e.RequestExpired(seq=context.seq, at_ms=context.at_ms, request_id=request.id, then=then)


def close_consultation(context: NodeContext, request: HumanRequest, because: Reason) -> e.ConsultationClosed:
    """What the opinions on a request come to, with the facts that its node takes from it."""
    assert request.panel is not None
    consensus = build_consensus(
        request.answer or AnswerForm(), request.opinions, keeps_all=request.panel.keeps_all
    )
    document = describe_consensus(consensus, request.opinions)
    node, facts = context.node, {}
    if isinstance(node, ConsultNode):
        paths = {node.fact: "value", **node.facts}
        facts = extract_facts(context.flow, context.state.node, paths, document, what="the consultation")
    return e.ConsultationClosed(
        seq=context.seq,
        at_ms=context.at_ms,
        node=context.state.node,
        request_id=request.id,
        by=", ".join(sorted(opinion.by for opinion in request.opinions)),
        because=because,
        summary=str(consensus),
        key_findings=document,
        facts=facts,
    )
