"""`/v1/schedules`: runs that start by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Lane
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import Body, Client, IfMatch, Ports, check_match, tag_content
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.scheduler.http.routes.triggers.firing_views import (
    FiringView,
    HistoryLimit,
    Span,
    to_time,
    view_firing,
)
from fluxagents.scheduler.http.times import to_milliseconds
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.schedules.grid import Cron, Timing, cron, following
from fluxagents.scheduler.schedules.schedule import NAME, CatchUp, Overlap, Schedule, name_session
from fluxagents.scheduler.schedules.schedules import ScheduleStatus

router = APIRouter(prefix="/schedules", tags=["schedules"])

Name = Annotated[str, Field(pattern=NAME, examples=["nightly"])]


class ScheduleContent(Body):
    """What is started, and when."""

    flow: str = Field(max_length=MAX_NAME, examples=["metabolic_analysis"])
    model: str = Field(max_length=MAX_NAME, examples=["e_coli_core"])
    inputs: dict[str, JsonValue] = Field({}, examples=[{"question": "How fast does it grow?"}])
    timing: Timing = Field(examples=[{"kind": "every", "seconds": 21600}])
    lane: Lane = "bulk"
    overlap: Overlap = "allow"
    """What becomes of a tick while a run of the schedule goes on."""
    catch_up: CatchUp = "last"
    """Which ticks are made up for after an outage."""
    catch_up_limit: int = Field(100, ge=1, le=10_000)
    jitter_s: float = Field(0.0, ge=0)
    """By so much a start may come after its tick, always the same for a tick."""
    reply_to: str = Field("", max_length=MAX_NAME)
    """The webhook that is told how its runs go."""


class NewSchedule(ScheduleContent):
    """A schedule to be made."""

    name: Name


class ScheduleView(Body):
    """A schedule and how it is doing."""

    schedule: Schedule
    next: datetime
    last: datetime | None
    """When it was last due."""
    last_run: RunState | None
    paused_by: str | None
    """Who paused it."""


class Preview(Body):
    """Times to be computed."""

    timing: Timing = Field(
        examples=[{"kind": "cron", "expression": "0 2 * * *", "timezone": "Europe/Vienna"}]
    )
    count: int = Field(5, ge=1, le=100)


class Backfill(Body):
    """Runs that were started for ticks that have passed."""

    ticks: int
    """Of the span; those that have a run keep it."""
    runs: list[str]


class Ticks(Body):
    """When a schedule would be due."""

    ticks: list[datetime]


def find_schedule(name: str, client: RunClient, ports: ApiPorts) -> ScheduleStatus:
    """A schedule, for those who may see its runs.

    Raises:
        FluxError: `UNKNOWN_ID`.
    """
    _check_readable(client, name)
    return ports.schedules(client).get(name)


def list_visible(client: RunClient, ports: ApiPorts) -> list[ScheduleStatus]:
    """The schedules whose runs whoever acts may see."""
    return [
        status
        for status in ports.schedules(client).list()
        if client.authority.may(Action.RUN_READ, _resource(status.schedule.name))
    ]


def _check_readable(client: RunClient, name: str) -> None:
    if not client.authority.may(Action.RUN_READ, _resource(name)):
        raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no schedule {quote(name)}")


def _resource(name: str) -> Resource:
    return Resource(kind="schedule", id=name, session=name_session(name))


def _view(status: ScheduleStatus) -> ScheduleView:
    return ScheduleView(
        schedule=status.schedule,
        next=to_time(status.next_ms),
        last=None if status.last_ms is None else to_time(status.last_ms),
        last_run=status.last_run,
        paused_by=status.state.paused_by or None,
    )


def _check_timing(timing: Timing) -> Timing:
    """The timing, with a cron expression that has been read."""
    return cron(timing.expression, timing.timezone) if isinstance(timing, Cron) else timing


@router.get("", summary="List schedules")
def list_schedules(client: Client, ports: Ports) -> list[ScheduleView]:
    """The schedules that you may see, and how they are doing."""
    return [_view(status) for status in list_visible(client, ports)]


@router.post("", status_code=201, summary="Add a schedule")
def add_schedule(body: NewSchedule, client: Client, ports: Ports, response: Response) -> ScheduleView:
    """Add a schedule; its first run starts at its first tick."""
    return _keep(body.name, body, client, ports, response, replace=False)


@router.post("/preview", summary="When a schedule would be due")
def preview(body: Preview, ports: Ports) -> Ticks:
    """The next times of a timing, without a schedule."""
    timing, now_ms = _check_timing(body.timing), ports.clock.now_ms()
    ticks, last_ms = [], now_ms
    for _ in range(body.count):
        last_ms = following(timing, start_ms=now_ms, now_ms=last_ms)
        ticks.append(to_time(last_ms))
    return Ticks(ticks=ticks)


@router.get("/{name}", summary="Show a schedule")
def show_schedule(name: Name, client: Client, ports: Ports, response: Response) -> ScheduleView:
    """A schedule and how it is doing."""
    status = find_schedule(name, client, ports)
    response.headers["ETag"] = tag_content(status.schedule)
    return _view(status)


@router.put("/{name}", summary="Replace a schedule")
def replace_schedule(
    name: Name,
    body: ScheduleContent,
    client: Client,
    ports: Ports,
    response: Response,
    if_match: IfMatch = "",
) -> ScheduleView:
    """Replace a schedule that is as `If-Match` says."""
    status = find_schedule(name, client, ports)
    if not if_match:
        raise ProblemError("state_required", f"schedule {quote(name)} is replaced with If-Match only")
    check_match(if_match, tag_content(status.schedule), f"schedule {quote(name)}")
    return _keep(name, body, client, ports, response, replace=True)


@router.delete("/{name}", status_code=204, summary="Remove a schedule")
def remove_schedule(name: Name, client: Client, ports: Ports, if_match: IfMatch = "") -> None:
    """Forget a schedule; its runs stay."""
    _check_readable(client, name)
    schedules = ports.schedules(client)
    check_match(if_match, tag_content(schedules.get(name).schedule), f"schedule {quote(name)}")
    schedules.remove(name)


@router.post("/{name}/trigger", status_code=201, summary="Start a run of a schedule")
def trigger_schedule(name: Name, client: Client, ports: Ports, response: Response) -> RunState:
    """Start a run of a schedule now, beside its ticks."""
    _check_readable(client, name)
    run = ports.schedules(client).trigger(name)
    response.headers["Location"] = f"/v1/runs/{run.id}"
    return run.state


@router.post("/{name}/pause", summary="Pause a schedule")
def pause_schedule(name: Name, client: Client, ports: Ports) -> ScheduleView:
    """Start no runs until it is resumed; its ticks meanwhile are never made up for."""
    _check_readable(client, name)
    schedules = ports.schedules(client)
    schedules.pause(name)
    return _view(schedules.get(name))


@router.post("/{name}/resume", summary="Resume a schedule")
def resume_schedule(name: Name, client: Client, ports: Ports) -> ScheduleView:
    """Let a paused schedule go on with its next tick."""
    _check_readable(client, name)
    schedules = ports.schedules(client)
    schedules.resume(name)
    return _view(schedules.get(name))


@router.get("/{name}/history", summary="The history of a schedule")
def list_ticks(name: Name, client: Client, ports: Ports, limit: HistoryLimit = 50) -> list[FiringView]:
    """What became of its ticks, the newest first."""
    _check_readable(client, name)
    return [view_firing(firing) for firing in ports.schedules(client).history(name, limit=limit)]


@router.post("/{name}/backfill", summary="Backfill a schedule")
def backfill_schedule(name: Name, body: Span, client: Client, ports: Ports) -> Backfill:
    """Start the runs of the ticks after `since` up to `until`, in bulk; a tick that has a run keeps it."""
    _check_readable(client, name)
    schedules = ports.schedules(client)
    ticks = schedules.plan_backfill(
        name, after_ms=to_milliseconds(body.since), until_ms=to_milliseconds(body.until)
    )
    return Backfill(ticks=len(ticks), runs=list(schedules.backfill(name, ticks)))


def _keep(
    name: str, body: ScheduleContent, client: RunClient, ports: Ports, response: Response, *, replace: bool
) -> ScheduleView:
    schedules = ports.schedules(client)
    schedules.add(
        name,
        flow=body.flow,
        model=body.model,
        inputs=body.inputs,
        timing=_check_timing(body.timing),
        lane=body.lane,
        overlap=body.overlap,
        catch_up=body.catch_up,
        catch_up_limit=body.catch_up_limit,
        jitter_s=body.jitter_s,
        reply_to=body.reply_to,
        replace=replace,
    )
    status = schedules.get(name)
    response.headers["Location"] = f"/v1/schedules/{name}"
    response.headers["ETag"] = tag_content(status.schedule)
    return _view(status)
