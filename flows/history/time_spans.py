"""Where a run's time went: work, the queue, humans, pauses, and what else it waited for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from fluxagents.flows.history.recorded_steps import Step, duration_ms
from fluxagents.flows.state import RunState

Spent = Literal["work", "queue", "human", "pause", "retry", "children", "timer", "dead", "other"]
"""On work; in a queue; for a human's answer; while paused or ended; before a retry; for runs that it began;
for a time or an event; among the dead letters; on steps that do not record how long they worked."""
SPENT: tuple[Spent, ...] = get_args(Spent)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a run's time (Unix time in ms)."""

    spent: Spent
    from_ms: int
    to_ms: int

    @property
    def ms(self) -> int:
        return self.to_ms - self.from_ms


def work_ms(step: Step) -> int | None:
    """How long a step worked; None if its events do not say."""
    durations = [duration for event in step.events if (duration := duration_ms(event)) is not None]
    return sum(durations) if durations else None


def spans_of(step: Step) -> tuple[Span, ...]:
    """How the time from the step before to this one was spent, in order; empty stretches are left out.

    What a step did is recorded when it ends, with how long it took. What lies between the step before and
    the beginning of that work was spent waiting, and the state before says for what.
    """
    if step.before is None:
        return _drop_empty([Span("other", step.events[0].at_ms, step.at_ms)])
    ready, end = step.before.updated_ms, max(step.at_ms, step.before.updated_ms)
    worked = work_ms(step)
    began = end if worked is None else max(ready, end - worked)
    retry_until = min(max(ready, step.before.not_before_ms), began)
    return _drop_empty(
        [
            Span("retry", ready, retry_until),
            Span(_classify_wait(step.before, worked), retry_until, began),
            Span("work", began, end),
        ]
    )


def totals_ms(spans: Iterable[Span]) -> dict[Spent, int]:
    """How much was spent on each; nothing is left out."""
    totals: dict[Spent, int] = dict.fromkeys(SPENT, 0)
    for span in spans:
        totals[span.spent] += span.ms
    return totals


def _classify_wait(before: RunState, worked: int | None) -> Spent:
    if before.status == "waiting":
        return "human" if before.waiting_for else "timer"
    if before.status == "paused" or before.has_ended:
        return "pause"
    if before.status == "dead":
        return "dead"
    if before.joining or before.begun:
        return "children"
    return "other" if worked is None else "queue"


def _drop_empty(spans: list[Span]) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.ms > 0)
