"""Schedules: runs that start by themselves, at the times of a grid."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError, nearest
from fluxagents.flows.events import Lane
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.state import RunState
from fluxagents.scheduler.firings.firing import Firing
from fluxagents.scheduler.flow_files.flow_library import SUFFIXES
from fluxagents.scheduler.people.contacts import check_reply_to
from fluxagents.scheduler.runs.checked_batch import check_batch, portable_flow
from fluxagents.scheduler.runs.run import Run
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.scheduler.schedules.grid import Timing
from fluxagents.scheduler.schedules.schedule import NAME, CatchUp, Overlap, Schedule, name_session
from fluxagents.scheduler.schedules.schedule_book import ScheduleBook
from fluxagents.scheduler.schedules.schedule_ticker import ScheduleTicker, start_tick
from fluxagents.scheduler.schedules.tick_plan import TickState

MAX_BACKFILL = 1_000
"""Runs that one backfill starts."""

JITTER_TICKS = 100
"""Ticks of a new schedule between which its jitter must fit."""


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """A schedule and how it is doing; times are Unix time in ms."""

    schedule: Schedule
    next_ms: int
    last_ms: int | None
    """When it was last due."""
    last_run: RunState | None
    """The newest run, by a tick or by hand."""
    state: TickState


class Schedules:
    """Adds, shows, triggers, pauses and removes schedules.

    Args:
        client: Checks and starts runs.
        book: Keeps the schedules.
        ticker: Knows how far each one is.
        clock: The time.
    """

    def __init__(self, client: RunClient, book: ScheduleBook, ticker: ScheduleTicker, clock: Clock) -> None:
        self._client = client
        self._book = book
        self._ticker = ticker
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
        overlap: Overlap = "allow",
        catch_up: CatchUp = "last",
        catch_up_limit: int = 100,
        jitter_s: float = 0.0,
        reply_to: str = "",
        replace: bool = False,
    ) -> Schedule:
        """Keep a schedule; its first run starts at its next tick, not now.

        Args:
            name: Of the schedule; its runs share the session `schedule:<name>`.
            flow: A flow's name, looked up at every tick, or a file, which fixes the flow.
            model: A model's name, looked up at every tick, or a file or digest, which fixes the model.
            inputs: Of the flow.
            timing: When it is due.
            lane: `bulk` delays nobody who waits for a run.
            overlap: What a tick does while the run of the tick before it is open.
            catch_up: Which ticks are made up for that nobody was there for.
            catch_up_limit: With `all`, the most ticks that are made up for at once, the last ones.
            jitter_s: Each tick starts its run by up to so many seconds later.
            reply_to: Who is told how its runs go: a webhook, `email:ADDRESS` or `slack:CHANNEL`.
            replace: Replace the schedule of this name.

        Raises:
            FluxError: If the flow, the model or an input does not fit, the name is bad or taken, or the
                jitter is longer than the time between two ticks.
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
            overlap=overlap,
            catch_up=catch_up,
            catch_up_limit=catch_up_limit,
            jitter_s=jitter_s,
            reply_to=check_reply_to(self._client.authority.directory, reply_to),
            created_ms=self._clock.now_ms(),
            owner=owner,
        )
        _check_jitter(schedule)
        self._record(Action.SCHEDULE_ADD, name)
        if not self._book.add(schedule, replace=replace):
            raise ConflictError(
                f"there is a schedule {name!r} already",
                suggestions=("replace it with --replace", f"or `fluxagents schedules remove {name}`"),
            )
        self._ticker.open(schedule)
        return schedule

    def serve(self, name: str) -> None:
        """Start what is due of a schedule; forget what is left of one that was removed."""
        schedule = self._book.get(name)
        if schedule is None:
            self._ticker.close(name)
        else:
            self._ticker.tick(schedule)

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
        """Forget a schedule and its history; its runs stay.

        Raises:
            FluxError: If there is no such schedule.
        """
        self._find(name)
        self._record(Action.SCHEDULE_REMOVE, name)
        if not self._book.remove(name):
            raise self._unknown(name)
        self._ticker.close(name)

    def hand_over(self, name: str, person: str) -> Schedule:
        """Make somebody else the owner of a schedule: its runs are theirs from the next tick on.

        Raises:
            FluxError: If there is no such schedule, or whoever acts may not.
        """
        schedule = self._find(name)
        self._client.authority.record(Action.SCHEDULE_ADD, _resource(name), details={"owner": person})
        changed = schedule.model_copy(update={"owner": person})
        self._book.add(changed, replace=True)
        return changed

    def trigger(self, name: str) -> Run:
        """Start a run of a schedule now, beside its ticks, also while it is paused.

        Raises:
            FluxError: If there is no such schedule, or its flow or model is gone.
        """
        schedule = self._find(name)
        self._record(Action.SCHEDULE_TRIGGER, name)
        spec = RunSpec(model=schedule.model, inputs=schedule.inputs)
        return next(self._client.batch(schedule.flow, [spec], session=schedule.session, lane=schedule.lane))

    def pause(self, name: str) -> None:
        """Start no runs until the schedule is resumed. Its ticks meanwhile are never made up for.

        Raises:
            FluxError: If there is no such schedule.
        """
        schedule = self._find(name)
        by = self._record(Action.SCHEDULE_PAUSE, name)
        firing = Firing(at_ms=self._clock.now_ms(), outcome="paused", note=f"by {by}")
        self._ticker.change(
            schedule,
            lambda state: state.model_copy(update={"paused_by": by, "buffered_ms": None}),
            [firing],
        )

    def resume(self, name: str) -> None:
        """Let a paused schedule go on with its next tick.

        Raises:
            FluxError: If there is no such schedule, or it is not paused.
        """
        schedule = self._find(name)
        if not self._ticker.state(schedule).paused_by:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"schedule {name!r} is not paused")
        by = self._record(Action.SCHEDULE_RESUME, name)
        now_ms = self._clock.now_ms()
        self._ticker.change(
            schedule,
            lambda state: state.model_copy(update={"paused_by": "", "decided_ms": now_ms}),
            [Firing(at_ms=now_ms, outcome="resumed", note=f"by {by}")],
        )

    def history(self, name: str, *, limit: int) -> Sequence[Firing]:
        """What became of the ticks of a schedule, the newest first.

        Raises:
            FluxError: If there is no such schedule.
        """
        return self._ticker.history(self._find(name), limit=limit)

    def plan_backfill(self, name: str, *, after_ms: int, until_ms: int) -> Sequence[int]:
        """The ticks of a span that has passed, whether they had a run or not.

        Args:
            name: The schedule.
            after_ms: The span begins after it (Unix time in ms), also before the schedule was made.
            until_ms: The last time of the span; the present if it lies ahead.

        Returns:
            Unix times in ms, in order.

        Raises:
            FluxError: If there is no such schedule, or the span has no tick or more than a backfill starts.
        """
        schedule = self._find(name)
        until_ms = min(until_ms, self._clock.now_ms())
        ticks = schedule.ticks(after_ms=after_ms, until_ms=until_ms, limit=MAX_BACKFILL + 1)
        if not ticks:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"schedule {name!r} has no tick in this span that has passed",
                suggestions=("`fluxagents schedules preview` shows the ticks after a time",),
            )
        if len(ticks) > MAX_BACKFILL:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"schedule {name!r} has more than {MAX_BACKFILL:,} ticks in this span",
                suggestions=("choose shorter spans, one after the other",),
            )
        return ticks

    def backfill(self, name: str, ticks: Sequence[int]) -> Sequence[str]:
        """Start the runs of these ticks, whatever the policies say; a tick that has a run keeps it.

        Returns:
            The ids of the runs that were started.

        Raises:
            FluxError: If there is no such schedule, or its flow or model is gone.
        """
        schedule = self._find(name)
        self._record(Action.SCHEDULE_BACKFILL, name)
        in_bulk = schedule.model_copy(update={"lane": "bulk"})
        missing = [tick for tick in ticks if not self._ticker.has_run(schedule, tick)]
        runs = [start_tick(self._client, in_bulk, tick) for tick in missing]
        now_ms = self._clock.now_ms()
        firings = [
            Firing(at_ms=now_ms, outcome="backfilled", due_ms=tick, run_id=run)
            for tick, run in zip(missing, runs, strict=True)
        ]
        if firings:
            self._ticker.change(schedule, lambda state: state, firings)
        return runs

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
            state=self._ticker.state(schedule),
        )


def _resource(name: str) -> Resource:
    return Resource(kind="schedule", id=name, session=name_session(name))


def _check_name(name: str) -> None:
    if not re.fullmatch(NAME, name):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{name!r} cannot name a schedule",
            suggestions=("use up to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit",),
        )


def _check_jitter(schedule: Schedule) -> None:
    """Refuse a jitter with which a tick would start after the next one; also a grid without ticks."""
    tick_ms = schedule.next_tick(schedule.created_ms)
    for _ in range(JITTER_TICKS if schedule.jitter_s else 0):
        next_ms = schedule.next_tick(tick_ms)
        if next_ms - tick_ms <= schedule.jitter_s * 1_000:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"a jitter of {schedule.jitter_s:g} s is not shorter than the "
                f"{(next_ms - tick_ms) / 1_000:g} s between two ticks",
                suggestions=("choose a shorter one",),
            )
        tick_ms = next_ms
