"""Escalation from inside: the rules of a `decide` node that call a human before it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.engine.answered import judge_run
from fluxagents.flows.engine.budget import measure_use
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import DecideNode
from fluxagents.flows.state import Finding, RunState

TOLERANCE = 0.01
"""Relative difference from which two findings of one number disagree."""


def find_escalation(context: NodeContext, node: DecideNode) -> e.QuestionAsked | None:
    """The request of the first rule that holds and has not called anybody at this visit; None without one."""
    state = context.state
    rules = [rule for rule in node.escalate if rule.when not in state.escalated]
    if not rules or state.outcome not in {"tool", "failed", "answer", "budget"}:
        return None
    signals = read_signals(context.flow, state, context.at_ms)
    for rule in rules:
        if context.evaluate(rule.when, **signals):
            seen = ", ".join(f"{name} = {value}" for name, value in signals.items() if name in rule.when)
            reason = rule.question or f"{rule.when}. What should be done?"
            question = f"{reason} ({seen})" if seen else reason
            return context.ask(context.request("escalation", question, rules=rule, raised_by=rule.when))
    return None


def read_signals(flow: Flow, state: RunState, at_ms: int) -> dict[str, JsonValue]:
    """What rules may speak of beside inputs and facts; see `SIGNALS` of the flow language.

    Args:
        flow: Of the run.
        state: The run.
        at_ms: Now (Unix time in ms).
    """
    has_answer = state.outcome == "answer"
    answered, unanswered = judge_run(flow, state) if has_answer else (None, ())
    asked = len(state.asked or ())
    return {
        "failures": state.streak.count if state.streak else 0,
        "untraced": len(state.untraced) if has_answer else 0,
        "confidence": 1 - min(len(unanswered) / asked, 1) if answered and asked else 1.0,
        "budget_used": measure_use(flow, state, at_ms),
        "conflicts": count_conflicts(state.findings),
    }


def count_conflicts(findings: Sequence[Finding]) -> int:
    """How many pairs of findings name the same number for the same model and arguments, and differ."""
    return sum(_disagree(one, other) for one, other in combinations(findings, 2))


def _disagree(one: Finding, other: Finding) -> bool:
    if one.model != other.model or _conditions(one) != _conditions(other):
        return False
    shared = one.key_findings.keys() & other.key_findings.keys()
    return any(_differ(one.key_findings[name], other.key_findings[name]) for name in shared)


def _conditions(finding: Finding) -> dict[str, JsonValue]:
    """The arguments, without those that only say how it is computed."""
    return {name: value for name, value in finding.args.items() if name not in {"method", "solver"}}


def _differ(one: JsonValue, other: JsonValue) -> bool:
    for value in (one, other):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
    assert isinstance(one, int | float)
    assert isinstance(other, int | float)
    return abs(one - other) > TOLERANCE * max(abs(one), abs(other))
