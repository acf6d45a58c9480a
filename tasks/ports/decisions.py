"""The port to whoever decides, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fluxagents.flows.commands import AskedItem, Decide, Decision, ItemAnswer
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.events import ContextSummarised, PromptUse, SummaryRefused
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.state import RunState
from fluxagents.prompts.context.composer import ComposedPrompt


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """A chat model's decision, or why its answer is none; exactly one of the two is there."""

    prompt: PromptUse
    decision: Decision | None
    error: ErrorInfo | None
    request: ComposedPrompt | None = None
    """The prompt that was sent; None if it could not be composed."""
    asked: tuple[AskedItem, ...] | None = None
    """All that the question asks, if this decision lists it."""
    answers: tuple[ItemAnswer, ...] = ()
    """What became of the items of the list, as checked."""


@dataclass(frozen=True, slots=True)
class SummaryResult:
    """A summary of findings, or why there is none; exactly one of text and error is there."""

    ids: tuple[str, ...]
    prompt: PromptUse
    text: str | None
    error: ErrorInfo | None

    def event(self, *, seq: int, at_ms: int, node: str) -> ContextSummarised | SummaryRefused:
        """The result as an event of the run's log."""
        if self.text is not None:
            return ContextSummarised(
                seq=seq, at_ms=at_ms, node=node, ids=self.ids, text=self.text, prompt=self.prompt
            )
        assert self.error is not None
        return SummaryRefused(
            seq=seq, at_ms=at_ms, node=node, ids=self.ids, error=self.error, prompt=self.prompt
        )


@dataclass(frozen=True, slots=True)
class ExplanationResult:
    """What the agent answers to somebody who asks back; or why it cannot, as its text."""

    prompt: PromptUse
    text: str
    ungrounded: tuple[str, ...] = ()
    """Numbers of it that nothing of the run has."""


class DecisionMaker(Protocol):
    """Puts a question to a chat model."""

    def decide(self, state: RunState, command: Decide) -> DecisionResult:
        """The chat model's decision, or why its answer is none."""
        ...

    def summarise(self, state: RunState, command: Decide) -> SummaryResult | None:
        """A summary of the findings that the request of this decision leaves out; None if none is needed."""
        ...

    def explain(self, state: RunState, request: HumanRequest) -> ExplanationResult:
        """The answer to what somebody asks back about a request, from what the run found."""
        ...
