"""`decide`: lets the chat model choose among tools."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.commands import AskHuman, Command, Consult, Decide
from fluxagents.flows.engine.kinds.escalations import find_escalation
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.tool_calls import continue_call
from fluxagents.flows.errors import POLICIES, Remedy
from fluxagents.flows.humans.answer_form import AnswerForm
from fluxagents.flows.humans.opinions import Panel
from fluxagents.flows.language.node_base import ConsultRules
from fluxagents.flows.language.nodes import DecideNode
from fluxagents.flows.state import RunState


def on_decide(context: NodeContext, node: DecideNode) -> e.Event | Command:
    """What was decided, the next decision, or the way on."""
    state = context.state
    pending = (
        find_escalation(context, node) or _leave(context, node) or continue_call(context, node.timeout_s)
    )
    if pending is not None:
        return pending
    if isinstance(state.pending, AskHuman):
        return context.ask(context.request("question", state.pending.question))
    if isinstance(state.pending, Consult):
        return _ask_experts(context, state.pending, node.experts)
    if state.outcome == "failed" and not _may_decide_again(state, node):
        return _give_up(context, node)
    if state.steps_at_node >= node.max_steps:
        return e.BudgetSpent(seq=context.seq, at_ms=context.at_ms, node=state.node, steps=state.steps_at_node)
    return Decide(
        node=state.node,
        prompt=node.prompt,
        tools=node.tools,
        steps_left=node.max_steps - state.steps_at_node,
        hypotheses=node.hypotheses,
        experts=node.experts is not None,
    )


def _ask_experts(context: NodeContext, asked: Consult, rules: ConsultRules | None) -> e.Event:
    """The consultation that the chat model wants; a question to anybody where its flow has no experts now."""
    if rules is None:
        return context.ask(context.request("question", asked.question, choices=asked.choices))
    request = context.request(
        "question",
        asked.question,
        policy=rules.whose_answer,
        rules=rules,
        choices=asked.choices,
        answer=AnswerForm(kind="choice" if asked.choices else "text", choices=asked.choices),
        panel=Panel(wanted=rules.wanted, at_least=rules.at_least),
        deadline_ms=context.at_ms + round(rules.timeout_s * 1_000) if rules.timeout_s else 0,
    )
    return context.ask(request)


def _leave(context: NodeContext, node: DecideNode) -> e.Event | None:
    """The way on with an answer or without further steps, or where a ladder that nobody answered leads."""
    outcome = context.state.outcome
    if outcome in {"answer", "budget"}:
        return context.enter(node.next)
    return context.enter(node.late_target) if outcome == "expired" and node.late_target else None


def _may_decide_again(state: RunState, node: DecideNode) -> bool:
    assert state.streak is not None
    return POLICIES[state.streak.kind].remedy is Remedy.ASK_MODEL and state.streak.count < node.max_failures


def _give_up(context: NodeContext, node: DecideNode) -> e.Event:
    """What follows when the chat model is not asked again."""
    state = context.state
    assert state.streak is not None
    if node.on_error:
        return context.enter(node.on_error)
    kind, count = state.streak.kind, state.streak.count
    if POLICIES[kind].remedy is Remedy.FAIL:
        return context.end(state.errors[-1])
    times = "1 failure" if count == 1 else f"{count} failures in a row"
    question = f"{times} ({kind}): {state.errors[-1].message}. What should be done?"
    return context.ask(context.request("escalation", question))
