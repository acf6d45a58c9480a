"""Summaries of findings that no longer fit: written by a chat model, checked against the findings."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from langchain_core.messages import AIMessage

from fluxagents.flows.commands import Decide, Finish
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import SUMMARY_CHARACTERS
from fluxagents.flows.state import RunState
from fluxagents.tasks.chat.answer import read_decision
from fluxagents.tasks.chat.grounding import find_ungrounded
from fluxagents.tasks.tool import Tool

PROMPT = "summary"

MAX_REFUSED = 2
"""After this many refusals in a row a run goes on without summaries."""


def prepare_summary(state: RunState, node: str, ids: Collection[str]) -> tuple[RunState, Decide]:
    """The run as the chat model that summarises these findings sees it, and the decision to ask for."""
    findings = tuple(finding for finding in state.findings if finding.id in ids)
    seen = state.model_copy(update={"findings": findings, "errors": (), "notes": (), "streak": None})
    return seen, Decide(node=node, prompt=PROMPT, tools=(), steps_left=1)


def read_summary(answer: AIMessage, state: RunState, command: Decide, tools: Mapping[str, Tool]) -> str:
    """The summary in an answer.

    Args:
        answer: Of the chat model.
        state: From `prepare_summary`.
        command: From `prepare_summary`.
        tools: All tools.

    Raises:
        FluxError: `INVALID_ANSWER` for no text, a long one, or one with a number that no finding has.
    """
    decision = read_decision(answer, command, tools)
    if not isinstance(decision, Finish):
        raise FluxError(ErrorClass.INVALID_ANSWER, "the chat model asked instead of summarising")
    text = decision.answer.strip()
    if len(text) > SUMMARY_CHARACTERS:
        message = f"a summary of {len(text)} characters"
        raise FluxError(
            ErrorClass.INVALID_ANSWER, message, suggestions=(f"at most {SUMMARY_CHARACTERS} are kept",)
        )
    ungrounded = find_ungrounded(text, state)
    if ungrounded:
        message = f"the summary states what none of its findings has: {', '.join(ungrounded)}"
        raise FluxError(ErrorClass.INVALID_ANSWER, message)
    return text
