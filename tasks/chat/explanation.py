"""Answers to people who ask back about a request: written by a chat model, from findings and the effect."""

from __future__ import annotations

from collections.abc import Mapping

from langchain_core.messages import AIMessage

from fluxagents.flows.commands import Decide, Finish
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.thread import REMARK_CHARACTERS
from fluxagents.flows.state import NOTES_KEPT, Finding, Note, RunState
from fluxagents.tasks.chat.answer import read_decision
from fluxagents.tasks.tool import Tool

PROMPT = "explanation"

EFFECT = "effect"
"""The id of the finding that the effect of the call is, and what is named as its tool."""


def prepare_explanation(state: RunState, request: HumanRequest) -> tuple[RunState, Decide]:
    """The run as the chat model sees it that answers the open question of a request, and what to ask for.

    What was said in the thread before stands among the words of humans.
    """
    said = [Note(by=remark.by, about=request.question, text=remark.text) for remark in request.thread[:-1]]
    seen = state.model_copy(
        update={
            "inputs": {**state.inputs, "question": request.open_question, "call": request.question},
            "findings": (*state.findings, *_list_effect(state, request)),
            "notes": (*state.notes, *said)[-NOTES_KEPT:],
            "answer": None,
        }
    )
    return seen, Decide(node=state.node, prompt=PROMPT, tools=(), steps_left=1)


def read_explanation(answer: AIMessage, state: RunState, command: Decide, tools: Mapping[str, Tool]) -> str:
    """The text of an answer.

    Args:
        answer: Of the chat model.
        state: From `prepare_explanation`.
        command: From `prepare_explanation`.
        tools: All tools.

    Raises:
        FluxError: `INVALID_ANSWER` for no text.
    """
    del state
    decision = read_decision(answer, command, tools)
    if not isinstance(decision, Finish) or not decision.answer.strip():
        raise FluxError(ErrorClass.INVALID_ANSWER, "the chat model did not answer the question")
    return decision.answer.strip()[:REMARK_CHARACTERS]


def build_no_explanation(error: ErrorInfo) -> str:
    """What stands in the thread where there is no answer."""
    return f"There is no answer: {error.message}"[:REMARK_CHARACTERS]


def _list_effect(state: RunState, request: HumanRequest) -> tuple[Finding, ...]:
    if request.call is None or request.effect is None:
        return ()
    finding = Finding(
        id=EFFECT,
        tool=EFFECT,
        args={"tool": request.call.tool, "args": request.call.args},
        key_findings={"would_do": list(request.effect.lines)},
        artifact=request.effect.artifact or None,
        model=state.model,
        hypothesis=request.call.hypothesis,
    )
    return (finding,)
