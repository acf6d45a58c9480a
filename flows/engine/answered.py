"""Whether a run that ends has answered what it was asked, and what of it is open."""

from __future__ import annotations

from fluxagents.flows.events import Answered
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import DecideNode
from fluxagents.flows.state import RunState

_ERROR_EDGE = "error"
"""How nodes name the edge that a failure takes."""

Judgement = tuple[Answered | None, tuple[str, ...]]
"""Whether all is answered, and what is open, a line each."""


def judge_run(flow: Flow, state: RunState) -> Judgement:
    """Whether a run that comes to a good end has answered.

    A run with a list of what is asked has answered as much of it as checked findings do. Where a chat model
    chose tools for a question and gave no list, nothing is answered. All other runs have answered unless an
    error led them to their end. None for a log of an early version, which has no lists.
    """
    if not state.keeps_list:
        return None, ()
    if state.asked is not None:
        return _judge_items(state)
    if ends_by_error(flow, state):
        reason = state.errors[-1].message if state.errors else "an error led to this end"
        return "no", (f"an error ended it early: {reason}",)
    if _has_chosen_tools(flow, state) and state.inputs.get("question"):
        return "no", ("the chat model never listed what the question asks",)
    return "yes", ()


def _judge_items(state: RunState) -> Judgement:
    asked = state.asked or ()
    answers = {answer.id: answer for answer in state.item_answers}
    answered = [item for item in asked if item.id in answers and answers[item.id].finding]
    open_items = tuple(
        f"{item.text}: {answers[item.id].open if item.id in answers else 'no finding was named for it'}"
        for item in asked
        if item not in answered
    )
    if not answered:
        return "no", open_items or ("the chat model gave no list of what the question asks",)
    return ("partly" if open_items else "yes"), open_items


def ends_by_error(flow: Flow, state: RunState) -> bool:
    """Whether an error led to the node: the last try failed, or no other way leads here."""
    return state.streak is not None or state.node not in _find_main_way(flow)


def _find_main_way(flow: Flow) -> set[str]:
    """The nodes that a run may come to without any failure."""
    seen: set[str] = set()
    todo = [flow.start]
    while todo:
        name = todo.pop()
        if name not in seen and name in flow.nodes:
            seen.add(name)
            todo += [target for label, target in flow.nodes[name].edges if label != _ERROR_EDGE]
    return seen


def _has_chosen_tools(flow: Flow, state: RunState) -> bool:
    """Whether the run was at a node where the chat model chooses among tools."""
    visited = (flow.nodes[name] for name in state.visits if name in flow.nodes)
    return any(isinstance(node, DecideNode) and node.tools for node in visited)
