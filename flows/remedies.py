"""What was tried after an error and whether it helped: read from a run's events, counted over runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

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
class Trial:
    """One thing that was done while an error stood."""

    remedy: str
    helped: bool


@dataclass(frozen=True, slots=True)
class Lesson:
    """One error of a run, from its first occurrence to the success that ended it, or to no success."""

    error: ErrorInfo
    times: int
    trials: tuple[Trial, ...]

    @property
    def resolved(self) -> bool:
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
        return max(proven, key=lambda found: (found[1].rate, found[1].helped, found[0]), default=None)


class LessonBook(Protocol):
    """Remembers over all runs what helped against which error."""

    def learn(self, run_id: str, lessons: Sequence[Lesson], at_ms: int) -> bool:
        """Count the lessons of a run that has ended; False if that was done before."""
        ...

    def record(self, fingerprint: str) -> ErrorRecord | None:
        """What is known of an error."""
        ...

    def records(self) -> list[ErrorRecord]:
        """All errors that are remembered, those that occurred most often first."""
        ...


def suggestion(record: ErrorRecord | None) -> tuple[str, ...]:
    """The proven remedy with its success rate, as suggestions of an error; empty if there is none."""
    best = record.best if record else None
    if best is None:
        return ()
    remedy, count = best
    return (f"{remedy} (helped in {count.helped} of {count.tried} cases before)",)


@dataclass(slots=True)
class _Standing:
    """An error that nothing has resolved yet."""

    error: ErrorInfo
    call: CallTool | None
    times: int = 1
    trials: list[Trial] = field(default_factory=list)

    def lesson(self) -> Lesson:
        return Lesson(self.error, self.times, tuple(self.trials))


@dataclass(slots=True)
class _Reading:
    """The fold over a run's events; errors of tools and of decisions are resolved by their own kind."""

    lessons: list[Lesson] = field(default_factory=list)
    of_tools: dict[str, _Standing] = field(default_factory=dict)
    of_decisions: dict[str, _Standing] = field(default_factory=dict)
    human: bool = False

    def read(self, event: Event) -> None:
        if isinstance(event, DecisionRefused):
            self._tried(self.of_decisions, None, helped=False)
            self._occurred(self.of_decisions, event.error, None)
        elif isinstance(event, DecisionMade):
            self._tried(self.of_decisions, None, helped=True)
            if isinstance(event.decision, Finish):
                self._closed(self.of_tools)
        elif isinstance(event, ToolFailed):
            self._tried(self.of_tools, event.call, helped=False)
            self._occurred(self.of_tools, event.error, event.call)
        elif isinstance(event, ToolSucceeded):
            self._tried(self.of_tools, event.call, helped=True)
        elif isinstance(event, QuestionAnswered) or (isinstance(event, ApprovalGranted) and event.edited):
            # An answer from before the error is no remedy.
            self.human = bool(self.of_tools or self.of_decisions)

    def ended(self) -> list[Lesson]:
        self._closed(self.of_tools)
        self._closed(self.of_decisions)
        return self.lessons

    def _occurred(self, standing: dict[str, _Standing], error: ErrorInfo, call: CallTool | None) -> None:
        if error.fingerprint in standing:
            standing[error.fingerprint].times += 1
        else:
            standing[error.fingerprint] = _Standing(error, call)

    def _tried(self, standing: dict[str, _Standing], call: CallTool | None, *, helped: bool) -> None:
        for one in standing.values():
            one.trials.append(Trial(ASK_HUMAN if self.human else _remedy(one.call, call), helped))
        if standing:
            self.human = False
        if helped:
            self._closed(standing)

    def _closed(self, standing: dict[str, _Standing]) -> None:
        self.lessons += [one.lesson() for one in standing.values()]
        standing.clear()


def lessons_of(events: Iterable[Event]) -> list[Lesson]:
    """What can be learned from a run: its errors, what followed each, and what ended it.

    Every tool call or answer between an error and the next success is a trial; the success is the one that
    helped. A run that gave up leaves its errors without one.
    """
    reading = _Reading()
    for event in events:
        reading.read(event)
    return reading.ended()


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
