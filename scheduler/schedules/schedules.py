"""Schedules: runs that start by themselves, at the times of a grid."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.events import Frozen, Lane
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import SYSTEM, Resource
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.state import RunState
from fluxagents.scheduler.flow_files.flow_library import SUFFIXES
from fluxagents.scheduler.runs.checked_batch import check_batch, portable_flow
from fluxagents.scheduler.runs.run import Run
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.scheduler.schedules.grid import Timing, following, latest

TICK = "schedule.tick"
"""The Celery task that beat sends; see `fluxagents.scheduler.schedules.tick_task`."""

SESSION_PREFIX = "schedule:"

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"


class Schedule(Frozen):
    """What is started, and when."""

    name: str = Field(pattern=NAME)
    flow: str
    """A name, looked up at every tick, or the digest of a stored flow, which is always the same."""
    flow_name: str = ""
    """What a flow that is named by its digest is called; empty for one that is named by its name."""
    model: str
    """A stored model's name, looked up at every tick, or a digest, which is always the same model."""
    inputs: dict[str, JsonValue]
    timing: Timing
    lane: Lane = "bulk"
    created_ms: int
    owner: str = SYSTEM
    """Who added it; its runs are theirs. Of early versions it is nobody's."""

    @property
    def flow_text(self) -> str:
        """The flow as people read it."""
        return f"{self.flow_name} ({self.flow[:12]})" if self.flow_name else self.flow

    @property
    def session(self) -> str:
        """The session that all runs of the schedule share."""
        return SESSION_PREFIX + self.name

    def last_tick(self, now_ms: int) -> int | None:
        """When, as Unix time in ms, it was last due; None before the first one."""
        return latest(self.timing, start_ms=self.created_ms, now_ms=now_ms)

    def next_tick(self, now_ms: int) -> int:
        """When, as Unix time in ms, it is due next."""
        return following(self.timing, start_ms=self.created_ms, now_ms=now_ms)

    def tick_run(self, tick_ms: int) -> str:
        """The id of the run that a tick starts, whoever starts it and however often."""
        return run_id(tick_ms, key=self.name)


class ScheduleBook(Protocol):
    """Keeps schedules where beat finds them."""

    def add(self, schedule: Schedule, *, replace: bool = False) -> bool:
        """Keep a schedule; False, and nothing done, if the name is taken and not to be replaced."""
        ...

    def get(self, name: str) -> Schedule | None: ...

    def list(self) -> Sequence[Schedule]:
        """All schedules, sorted by name."""
        ...

    def remove(self, name: str) -> bool:
        """Forget a schedule; False if there is none of this name."""
        ...


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """A schedule and how it is doing; times are Unix time in ms."""

    schedule: Schedule
    next_ms: int
    last_ms: int | None
    """When it was last due."""
    last_run: RunState | None
    """The newest run, by a tick or by hand."""


class Schedules:
    """Adds, shows, triggers and removes schedules.

    Args:
        client: Checks and starts runs.
        book: Keeps the schedules.
        clock: The time.
    """

    def __init__(self, client: RunClient, book: ScheduleBook, clock: Clock) -> None:
        self._client = client
        self._book = book
        self._clock = clock

    def add(
        self,
        name: str,
        *,
        flow: str,
        model: str,
        inputs: Mapping[str, JsonValue],
        timing: Timing,
        lane: Lane = "bulk",
        replace: bool = False,
    ) -> Schedule:
        """Keep a schedule; its first run starts at its next tick, not now.

        Raises:
            FluxError: If the flow, the model or an input does not fit, or the name is bad or taken.
        """
        _check_name(name)
        owner = self._client.authority.permit(Action.SCHEDULE_ADD, _resource(name)).by
        checked = check_batch(self._client, flow, [RunSpec(model=model, inputs=inputs)])
        spec = checked.specs[0]
        schedule = Schedule(
            name=name,
            flow=portable_flow(flow, checked.flow),
            flow_name=checked.flow.flow if flow.endswith(SUFFIXES) else "",
            model=spec.model,
            inputs=dict(inputs),
            timing=timing,
            lane=lane,
            created_ms=self._clock.now_ms(),
            owner=owner,
        )
        schedule.next_tick(schedule.created_ms)
        self._record(Action.SCHEDULE_ADD, name)
        if not self._book.add(schedule, replace=replace):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"there is a schedule {name!r} already",
                suggestions=("replace it with --replace", f"or `fluxagents schedules remove {name}`"),
            )
        return schedule

    def get(self, name: str) -> ScheduleStatus:
        """A schedule and how it is doing.

        Raises:
            FluxError: If there is no such schedule.
        """
        return self._status(self._find(name))

    def list(self) -> Sequence[ScheduleStatus]:
        """All schedules and how they are doing, sorted by name."""
        return [self._status(schedule) for schedule in self._book.list()]

    def remove(self, name: str) -> None:
        """Forget a schedule; its runs stay.

        Raises:
            FluxError: If there is no such schedule.
        """
        self._find(name)
        self._record(Action.SCHEDULE_REMOVE, name)
        if not self._book.remove(name):
            raise self._unknown(name)

    def trigger(self, name: str) -> Run:
        """Start a run of a schedule now, beside its ticks.

        Raises:
            FluxError: If there is no such schedule, or its flow or model is gone.
        """
        schedule = self._find(name)
        self._record(Action.SCHEDULE_TRIGGER, name)
        spec = RunSpec(model=schedule.model, inputs=schedule.inputs)
        return next(self._client.batch(schedule.flow, [spec], session=schedule.session, lane=schedule.lane))

    def _record(self, action: Action, name: str) -> str:
        return self._client.authority.record(action, _resource(name))

    def _find(self, name: str) -> Schedule:
        schedule = self._book.get(name)
        if schedule is None:
            raise self._unknown(name)
        return schedule

    def _unknown(self, name: str) -> FluxError:
        names = [schedule.name for schedule in self._book.list()]
        return FluxError(
            ErrorClass.UNKNOWN_ID,
            f"there is no schedule {name!r}",
            suggestions=(*nearest(name, names), "`fluxagents schedules list` shows the schedules"),
        )

    def _status(self, schedule: Schedule) -> ScheduleStatus:
        now_ms = self._clock.now_ms()
        newest = self._client.store.runs(session=schedule.session, limit=1)
        return ScheduleStatus(
            schedule=schedule,
            next_ms=schedule.next_tick(now_ms),
            last_ms=schedule.last_tick(now_ms),
            last_run=newest[0] if newest else None,
        )


def _resource(name: str) -> Resource:
    return Resource(kind="schedule", id=name, session=SESSION_PREFIX + name)


def _check_name(name: str) -> None:
    if not re.fullmatch(NAME, name):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{name!r} cannot name a schedule",
            suggestions=("use up to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit",),
        )
