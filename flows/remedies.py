"""What was tried after an error and whether it helped: read from a run's events, counted over runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fluxagents.flows.commands import CallTool, Finish
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.events import (
    ApprovalGranted,
    DecisionMade,
    DecisionRefused,
    Event,
    QuestionAnswered,
    ToolFailed,
    ToolSucceeded,
)

ASK_HUMAN = "ask a human"
ASK_AGAIN = "ask the chat model again"

LEAST_HELPED = 2
"""How often a remedy must have helped before it is suggested: once may be chance."""

LEAST_RATE = 0.5
"""The least share of trials that helped."""


@dataclass(frozen=True, slots=True)
class RemedyTrial:
    """One thing that was done while an error stood."""

    remedy: str
    helped: bool


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """One error of a run, from its first occurrence to the success that ended it, or to no success."""

    error: ErrorInfo
    times: int
    """How often it occurred; 0 where a person says later what helps: its case has been counted."""
    trials: tuple[RemedyTrial, ...]

    @property
    def is_resolved(self) -> bool:
        return any(trial.helped for trial in self.trials)


@dataclass(frozen=True, slots=True)
class Count:
    """How often a remedy was tried and helped."""

    tried: int
    helped: int

    @property
    def rate(self) -> float:
        return self.helped / self.tried


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """What is known of all errors with one fingerprint."""

    fingerprint: str
    kind: str
    where: str
    message: str
    """Of the latest."""
    times: int
    cases: int
    """A case lasts from an error's first occurrence to a success, or to the end of its run."""
    resolved: int
    """Cases that ended with a success."""
    last_ms: int
    """When a run with it ended last (Unix time in ms)."""
    remedies: Mapping[str, Count]

    @property
    def best(self) -> tuple[str, Count] | None:
        """The remedy with the highest success rate, if one has helped often enough."""
        proven = [
            (remedy, count)
            for remedy, count in self.remedies.items()
            if count.helped >= LEAST_HELPED and count.rate >= LEAST_RATE
        ]
        return max(proven, key=lambda item: (item[1].rate, item[1].helped, item[0]), default=None)


def suggest_remedy(record: ErrorRecord | None) -> tuple[str, ...]:
    """The proven remedy with its success rate, as suggestions of an error; empty if there is none."""
    best = record.best if record else None
    if best is None:
        return ()
    remedy, count = best
    return (f"{remedy} (helped in {count.helped} of {count.tried} cases before)",)


@dataclass(slots=True)
class _OpenError:
    """An error that nothing has resolved yet."""

    error: ErrorInfo
    call: CallTool | None
    times: int = 1
    trials: list[RemedyTrial] = field(default_factory=list)

    def close(self) -> ErrorCase:
        return ErrorCase(self.error, self.times, tuple(self.trials))


@dataclass(slots=True)
class _CaseFold:
    """The fold over a run's events; errors of tools and of decisions are resolved by their own kind."""

    cases: list[ErrorCase] = field(default_factory=list)
    of_tools: dict[str, _OpenError] = field(default_factory=dict)
    of_decisions: dict[str, _OpenError] = field(default_factory=dict)
    tool_errors: list[_OpenError] = field(default_factory=list)
    """All of tools, resolved or not, with the calls that failed."""
    human: bool = False

    def read(self, event: Event) -> None:
        if isinstance(event, DecisionRefused):
            self._add_trial(self.of_decisions, None, helped=False)
            self._add_error(self.of_decisions, event.error, None)
        elif isinstance(event, DecisionMade):
            self._add_trial(self.of_decisions, None, helped=True)
            if isinstance(event.decision, Finish):
                self._close(self.of_tools)
        elif isinstance(event, ToolFailed):
            self._add_trial(self.of_tools, event.call, helped=False)
            self._add_error(self.of_tools, event.error, event.call)
        elif isinstance(event, ToolSucceeded):
            self._add_trial(self.of_tools, event.call, helped=True)
        elif isinstance(event, QuestionAnswered) or (isinstance(event, ApprovalGranted) and event.edited):
            # An answer from before the error is no remedy.
            self.human = bool(self.of_tools or self.of_decisions)

    def finish(self) -> list[ErrorCase]:
        self._close(self.of_tools)
        self._close(self.of_decisions)
        return self.cases

    def _add_error(self, open_errors: dict[str, _OpenError], error: ErrorInfo, call: CallTool | None) -> None:
        if error.fingerprint in open_errors:
            open_errors[error.fingerprint].times += 1
        else:
            open_errors[error.fingerprint] = _OpenError(error, call)
            if call is not None:
                self.tool_errors.append(open_errors[error.fingerprint])

    def _add_trial(self, open_errors: dict[str, _OpenError], call: CallTool | None, *, helped: bool) -> None:
        for error in open_errors.values():
            error.trials.append(RemedyTrial(ASK_HUMAN if self.human else _remedy(error.call, call), helped))
        if open_errors:
            self.human = False
        if helped:
            self._close(open_errors)

    def _close(self, open_errors: dict[str, _OpenError]) -> None:
        self.cases += [error.close() for error in open_errors.values()]
        open_errors.clear()


def find_error_cases(events: Iterable[Event]) -> list[ErrorCase]:
    """The errors of a run, what followed each, and what ended it.

    Every tool call or answer between an error and the next success is a trial; the success is the one that
    helped. A run that gave up leaves its errors without one.
    """
    fold = _CaseFold()
    for event in events:
        fold.read(event)
    return fold.finish()


def find_corrected_cases(events: Iterable[Event], calls: Sequence[CallTool]) -> list[ErrorCase]:
    """What a person says would have helped against the errors of tools that a run did not resolve.

    Of the calls that they expect, the first one of the tool that failed counts, or else the first one.
    """
    fold = _CaseFold()
    for event in events:
        fold.read(event)
    return [
        ErrorCase(open_error.error, 0, (RemedyTrial(_remedy(open_error.call, call), helped=True),))
        for open_error in fold.tool_errors
        if not any(trial.helped for trial in open_error.trials)
        and (call := _choose_remedy(open_error.call, calls)) is not None
    ]


def _choose_remedy(failed: CallTool | None, calls: Sequence[CallTool]) -> CallTool | None:
    """The call that would have helped; None if none differs from the one that failed."""
    others = [call for call in calls if call != failed]
    of_tool = [call for call in others if failed is not None and call.tool == failed.tool]
    return next(iter(of_tool or others), None)


def _remedy(failed: CallTool | None, call: CallTool | None) -> str:
    """What a call did about a call that failed, without values: another error has others."""
    if failed is None or call is None:
        return ASK_AGAIN
    if call.tool != failed.tool:
        return f"call {call.tool}"
    if call.args == failed.args:
        return f"call {call.tool} again"
    changed = sorted(name for name, value in call.args.items() if failed.args.get(name) != value)
    names = ", ".join(f"'{name}'" for name in changed)
    return f"call {call.tool} with another {names}" if names else f"call {call.tool} with fewer arguments"
