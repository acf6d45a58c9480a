"""A run's log as its steps: what each wrote, and the state before and after it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.events import (
    BranchTaken,
    EffectComputed,
    Event,
    NodeEntered,
    NodeSkipped,
    PromptUse,
    RunStarted,
)
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState

RUN_FIELDS = frozenset({"run", "runs", "child", "children"})
"""Fields in which an event names the runs that it began."""


@dataclass(frozen=True, slots=True)
class Step:
    """The events that were recorded at once, in order."""

    seq: int
    events: tuple[Event, ...]
    before: RunState | None
    """None for the step that started the run."""
    after: RunState

    @property
    def at_ms(self) -> int:
        """When it was recorded (Unix time in ms)."""
        return self.events[-1].at_ms

    @property
    def node(self) -> str:
        """Where it happened."""
        return (self.before or self.after).node


def steps_of(events: Iterable[Event]) -> tuple[Step, ...]:
    """The steps of a history.

    Raises:
        FluxError: As `fluxagents.flows.reducer.fold`.
    """
    steps: list[Step] = []
    state: RunState | None = None
    for seq, group in groupby(events, key=lambda event: event.seq):
        before, together = state, tuple(group)
        for event in together:
            state = reduce(state, event)
        assert state is not None
        steps.append(Step(seq, together, before, state))
    if not steps:
        raise FluxError(ErrorClass.SCHEMA, "the history has no events")
    return tuple(steps)


def step_at(steps: Sequence[Step], seq: int) -> Step:
    """The step of this number.

    Raises:
        FluxError: `UNKNOWN_ID` if there is none; says which there are.
    """
    for step in steps:
        if step.seq == seq:
            return step
    known = ", ".join(f"{step.seq} ({step.events[0].type})" for step in steps)
    raise FluxError(
        ErrorClass.UNKNOWN_ID,
        f"run {steps[-1].after.run_id!r} has no step {seq}",
        suggestions=(f"its steps: {known}",),
    )


def path_of(events: Iterable[Event]) -> list[str]:
    """The nodes that a run was at, in order."""
    path: list[str] = []
    for step in steps_of(events):
        for event in step.events:
            if isinstance(event, RunStarted):
                path.append(event.start_node)
            elif isinstance(event, NodeEntered):
                path.append(event.node)
            elif isinstance(event, BranchTaken | NodeSkipped):
                path.append(event.to)
        if path[-1] != step.after.node:
            path.append(step.after.node)
    return path


def duration_ms(event: Event) -> int | None:
    """How long the work took that an event records; None for an event that records none."""
    if (prompt := prompt_of(event)) is not None:
        return prompt.duration_ms
    duration = vars(event).get("duration_ms")
    return duration if isinstance(duration, int) else None


def prompt_of(event: Event) -> PromptUse | None:
    """The request to a chat model behind an event."""
    prompt = vars(event).get("prompt")
    return prompt if isinstance(prompt, PromptUse) else None


def call_of(event: Event) -> CallTool | None:
    """The tool call that an event is about."""
    call = vars(event).get("call")
    return call if isinstance(call, CallTool) else None


def artifact_of(event: Event) -> str:
    """The full data that an event names: of a result, or of an effect; empty for an event that names none."""
    if isinstance(event, EffectComputed):
        return event.effect.artifact
    return str(vars(event).get("artifact") or "")


def error_of(event: Event) -> ErrorInfo | None:
    """What went wrong."""
    error = vars(event).get("error")
    return error if isinstance(error, ErrorInfo) else None


def request_of(event: Event) -> HumanRequest | None:
    """What a human is asked."""
    request = vars(event).get("request")
    return request if isinstance(request, HumanRequest) else None


def runs_begun(events: Iterable[Event]) -> tuple[str, ...]:
    """The runs that a run began: those that its events name, or whose ids begin with its own and a step."""
    run_id = ""
    run_ids: dict[str, None] = {}
    for event in events:
        if isinstance(event, RunStarted):
            run_id = event.run_id
            continue
        own = f"{run_id}.{event.seq}."
        for name, value in vars(event).items():
            for text in _texts(value):
                if text and (name in RUN_FIELDS or text.startswith(own)):
                    run_ids[text] = None
    return tuple(run_ids)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        yield from (item if isinstance(item, str) else str(getattr(item, "run_id", "")) for item in value)
