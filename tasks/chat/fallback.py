"""A second chat model that answers when the first one is out."""

from __future__ import annotations

from dataclasses import replace

from fluxagents.flows.commands import Decide
from fluxagents.flows.engine.retries import may_retry
from fluxagents.flows.errors import ErrorClass, ErrorInfo
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.state import RunState
from fluxagents.tasks.ports.decisions import DecisionMaker, DecisionResult, ExplanationResult, SummaryResult

OUT = frozenset({ErrorClass.PROVIDER_OUTAGE, ErrorClass.PROVIDER_RATE_LIMIT, ErrorClass.TIMEOUT})
"""Errors that mean that a chat model is out; a refusal or a wrong key is no reason to ask another one."""

PATIENCE_MS = 60_000
"""A provider that asks for a longer pause than this is out at once."""


class WithFallback:
    """Asks the second chat model before the run gives up on the first one and asks a human.

    Args:
        first: Asked first at each decision, as often as the policy of its error says.
        second: Asked in the last of those attempts.
    """

    def __init__(self, first: DecisionMaker, second: DecisionMaker) -> None:
        self._first = first
        self._second = second

    def summarise(self, state: RunState, command: Decide) -> SummaryResult | None:
        """Asks the first one only; without a summary the run goes on."""
        return self._first.summarise(state, command)

    def explain(self, state: RunState, request: HumanRequest) -> ExplanationResult:
        """Asks the first one only; without an answer the thread says why."""
        return self._first.explain(state, request)

    def decide(self, state: RunState, command: Decide) -> DecisionResult:
        """The decision of the chat model that answered; its prompt's use names it.

        When both are out, the error is that of the first one and mentions the second.
        """
        first = self._first.decide(state, command)
        if first.error is None or not is_out(state, first.error):
            return first
        second = self._second.decide(state, command)
        if second.decision is None and not second.prompt.tokens_out:
            return replace(first, error=_both(first.error, second))
        return replace(
            second, prompt=second.prompt.model_copy(update={"instead_of": first.prompt.chat_model})
        )


def is_out(state: RunState, error: ErrorInfo) -> bool:
    """Whether a chat model that failed in this way is not tried again."""
    if error.kind not in OUT:
        return False
    before = state.streak.count if state.streak and state.streak.kind is error.kind else 0
    return error.retry_after_ms > PATIENCE_MS or not may_retry(error.kind, before + 1)


def _both(error: ErrorInfo, second: DecisionResult) -> ErrorInfo:
    assert second.error is not None
    return error.model_copy(
        update={
            "message": f"{error.message}; the fallback failed too: {second.error.message}",
            "suggestions": (*error.suggestions, *second.error.suggestions),
        }
    )
