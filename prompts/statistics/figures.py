"""Figures of prompt versions from recorded runs; every figure is counted per run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorClass
from fluxagents.flows.people.ratings import Ratings, rate_steps
from fluxagents.prompts.statistics.costs import Usage, count_usage, total


@dataclass(frozen=True, slots=True)
class PromptTrial:
    """One run's use of one version of a prompt."""

    name: str
    version: str
    digest: str
    calls: int = 0
    """Requests to the chat model."""
    tokens_in: int = 0
    tokens_out: int = 0
    duration_ms: int = 0
    taken: Mapping[str, Usage] = field(default_factory=dict, hash=False)
    """The usage by chat model, for the cost."""
    invalid_answers: int = 0
    """Answers that were no valid decision."""
    no_answers: int = 0
    """Requests that a provider failed or refused."""
    tool_calls: int = 0
    """Tools that ran by a decision."""
    tool_errors: int = 0
    """Those of them that failed at first."""
    succeeded: bool | None = None
    """Whether the run finished; none for one that goes on or was cancelled."""
    rating: float | None = None
    """The mean of what people gave its decisions, or else the run: 1 to 5."""


def trials(events: Iterable[e.Event], ratings: Ratings = MappingProxyType({})) -> tuple[PromptTrial, ...]:
    """The trials of a run: one for each version of a prompt that it used.

    Args:
        events: Of the run.
        ratings: What people gave the run and its steps.
    """
    by_digest: dict[str, PromptTrial] = {}
    steps: dict[str, list[int]] = {}
    open_call: str | None = None
    succeeded: bool | None = None
    for event in events:
        if isinstance(event, e.ChatEvent):
            use = event.prompt
            new = PromptTrial(use.name, use.version, use.digest)
            steps.setdefault(use.digest, []).append(event.seq)
            by_digest[use.digest] = _count_request(by_digest.get(use.digest, new), event)
        if isinstance(event, e.DecisionMade | e.DecisionRefused):
            called = isinstance(event, e.DecisionMade) and isinstance(event.decision, CallTool)
            open_call = event.prompt.digest if called else None
        elif isinstance(event, e.ToolSucceeded | e.ToolFailed):
            if open_call:
                failed = isinstance(event, e.ToolFailed)
                by_digest[open_call] = _count_tool_call(by_digest[open_call], failed=failed)
            open_call = None
        elif isinstance(event, e.ApprovalRejected) or (isinstance(event, e.ApprovalGranted) and event.edited):
            open_call = None
        elif isinstance(event, e.RunFinished | e.RunFailed | e.RunDeadLettered):
            succeeded = isinstance(event, e.RunFinished)
        elif isinstance(event, e.RunRetried | e.RunCancelled):
            succeeded = None
    return tuple(
        replace(trial, succeeded=succeeded, rating=rate_steps(ratings, steps[digest]))
        for digest, trial in by_digest.items()
    )


def _count_request(trial: PromptTrial, event: e.ChatEvent) -> PromptTrial:
    use = event.prompt
    refused = isinstance(event, e.DecisionRefused | e.SummaryRefused)
    # A tool that is not offered is an answer, though not permitted; a key that is refused gives none.
    invalid = isinstance(event, e.DecisionRefused | e.SummaryRefused) and (
        event.error.kind is ErrorClass.INVALID_ANSWER
        or (event.error.kind is ErrorClass.PERMISSION and use.tokens_out > 0)
    )
    return replace(
        trial,
        calls=trial.calls + 1,
        tokens_in=trial.tokens_in + use.tokens_in,
        tokens_out=trial.tokens_out + use.tokens_out,
        duration_ms=trial.duration_ms + use.duration_ms,
        taken=total((trial.taken, {use.chat_model: count_usage(event)})),
        invalid_answers=trial.invalid_answers + invalid,
        no_answers=trial.no_answers + (refused and not invalid),
    )


def _count_tool_call(trial: PromptTrial, *, failed: bool) -> PromptTrial:
    return replace(trial, tool_calls=trial.tool_calls + 1, tool_errors=trial.tool_errors + failed)


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that each run gives, or does not give."""

    kind: Literal["share", "mean"]
    better: Literal["more", "less"]
    of: Callable[[PromptTrial], float | None]


METRICS: Mapping[str, Metric] = {
    "success": Metric("share", "more", lambda trial: trial.succeeded),
    "invalid_answers": Metric("share", "less", lambda trial: trial.invalid_answers > 0),
    "tool_errors": Metric("share", "less", lambda trial: trial.tool_errors > 0 if trial.tool_calls else None),
    "calls_per_run": Metric("mean", "less", lambda trial: trial.calls),
    "tokens_per_run": Metric("mean", "less", lambda trial: trial.tokens_in + trial.tokens_out),
    "seconds_per_call": Metric("mean", "less", lambda trial: trial.duration_ms / trial.calls / 1_000),
    "rating": Metric("mean", "more", lambda trial: trial.rating),
}
"""Counted per run, as variants are assigned per run: the calls of one run are not independent."""


def values(metric: Metric, trials: Iterable[PromptTrial]) -> list[float]:
    """The numbers of a metric; runs without one are left out."""
    return [float(value) for trial in trials if (value := metric.of(trial)) is not None]
