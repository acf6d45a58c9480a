"""`end`: ends the run."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows import events as e
from fluxagents.flows.engine.answered import judge_run
from fluxagents.flows.engine.model_warnings import add_model_note
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.requests.human_results import add_human_note
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.nodes import EndNode


def on_end(context: NodeContext, node: EndNode) -> e.Event:
    """The end of the run, with its answer or its reason."""
    state = context.state
    if node.outcome == "finished":
        answer = (
            flag_ungrounded(state.answer, state.untraced) if state.answer else context.fill_text(node.message)
        )
        answer = add_human_note(add_model_note(answer, state.findings), state.findings)
        answered, unanswered = judge_run(context.flow, state)
        return e.RunFinished(
            seq=context.seq,
            at_ms=context.at_ms,
            node=state.node,
            answer=answer,
            answered=answered,
            unanswered=unanswered,
        )
    reason = state.notes[-1].text if state.notes else f"the flow ends at {state.node!r}"
    return context.end(FluxError(ErrorClass.INFEASIBLE, context.fill_text(node.message) or reason))


def flag_ungrounded(answer: str, numbers: Sequence[str]) -> str:
    """An answer that says itself which of its numbers cannot be relied on."""
    if not numbers:
        return answer
    listed = ", ".join(numbers)
    return f"{answer}\n\nNot traced to any result, input or human of this run, so do not rely on: {listed}."
