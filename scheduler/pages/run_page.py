"""What the page of a run shows: its answer, its steps, what can be done with it now, and what people say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fluxagents.flows.commands import CallTool
from fluxagents.flows.drawing.overlay import lay_over
from fluxagents.flows.drawing.picture import Picture, build_picture
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event
from fluxagents.flows.history.event_text import summarise_event
from fluxagents.flows.history.recorded_steps import steps_of
from fluxagents.flows.history.run_record import RunRecord, StepRecord, record_of
from fluxagents.flows.people.actions import Action
from fluxagents.flows.state import RunState
from fluxagents.scheduler.http.ports import PictureKind
from fluxagents.scheduler.pages.visitor import Visitor

QUIET = frozenset({"NodeEntered", "HumanNotified", "RetryScheduled", "ContextCompacted"})
"""Events that say nothing beside others of their step."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A step as a line of the timeline."""

    record: StepRecord
    lines: tuple[str, ...]
    """What happened, an event each."""


@dataclass(frozen=True, slots=True)
class RunControls:
    """What whoever looks may do with a run as it is now."""

    pause: bool
    resume: bool
    cancel: bool
    retry: bool
    edit: bool
    """Whether the arguments of its next call can be changed."""
    fork: bool
    rate: bool


def build_timeline(events: Sequence[Event]) -> tuple[RunRecord, tuple[TimelineEntry, ...]]:
    """The steps of a run in order.

    Raises:
        FluxError: As `fluxagents.flows.reducer.fold`.
    """
    record = record_of(events)
    entries = []
    for step, each in zip(steps_of(events), record.steps, strict=True):
        telling = [event for event in step.events if event.type not in QUIET] or step.events
        entries.append(TimelineEntry(each, tuple(f"{e.type}: {summarise_event(e)}" for e in telling)))
    return record, tuple(entries)


def find_controls(who: Visitor, state: RunState) -> RunControls:
    """The acts that a page offers; the use cases decide once more."""

    def may(action: Action) -> bool:
        return who.may(action, who.client.runs.session_of(state))

    goes_on = not state.has_ended and state.status != "dead"
    return RunControls(
        pause=goes_on and state.status != "paused" and may(Action.RUN_PAUSE),
        resume=state.status == "paused" and may(Action.RUN_RESUME),
        cancel=not state.has_ended and may(Action.RUN_CANCEL),
        retry=state.status == "dead" and may(Action.RUN_RETRY),
        edit=find_next_call(who, state) is not None and may(Action.RUN_EDIT),
        fork=may(Action.RUN_FORK),
        rate=may(Action.RUN_RATE),
    )


def find_next_call(who: Visitor, state: RunState) -> CallTool | None:
    """The call of a tool that a paused run makes once it goes on; None if it makes none, or is not paused."""
    command = who.client.next_command(state) if state.status == "paused" else None
    return command if isinstance(command, CallTool) else None


def draw_run(who: Visitor, state: RunState) -> Picture:
    """The flow that a run keeps, with the way that it took."""
    flow = who.client.store.flow(state.flow.digest)
    return lay_over(
        build_picture(flow, digest=state.flow.digest), state, who.client.store.events(state.run_id)
    )


def find_plot(who: Visitor, digest: str, kind: PictureKind = "page") -> bytes | None:
    """The plot of a result; None if its tool has none, or there is nothing to plot."""
    try:
        return who.ports.draw_result(digest, kind)
    except FluxError as error:
        if error.kind is not ErrorClass.BAD_ARGUMENT:
            raise
        return None
