"""One step of a run: what was asked for, what happened, and what that changed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fluxagents.flows.commands import Command
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.events import Event
from fluxagents.flows.history.recorded_steps import Step, step_at, steps_of
from fluxagents.flows.history.run_record import StepRecord, record_of
from fluxagents.flows.history.state_diff import Change, diff_states


@dataclass(frozen=True, slots=True)
class Explanation:
    """A step, seen from all sides."""

    step: Step
    record: StepRecord
    command: Command | None
    """What the state before called for; None for the start."""
    changes: tuple[Change, ...]

    @property
    def artifacts(self) -> tuple[str, ...]:
        """The digests of what it made."""
        artifacts = (getattr(event, "artifact", None) for event in self.step.events)
        return tuple(str(digest) for digest in artifacts if digest)


def explain_step(
    events: Sequence[Event], seq: int, controllers: Callable[[str], FlowController]
) -> Explanation:
    """What a step was about.

    Args:
        events: The whole log.
        seq: The step.
        controllers: By the digest of a flow.

    Raises:
        FluxError: `UNKNOWN_ID` if there is no such step, naming those that there are; as `controllers`.
    """
    step = step_at(steps_of(events), seq)
    (record,) = (step for step in record_of(events).steps if step.seq == seq)
    return Explanation(
        step=step,
        record=record,
        command=controllers(step.before.flow.digest).command(step.before) if step.before else None,
        changes=diff_states(step.before, step.after),
    )
