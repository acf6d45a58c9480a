"""`/schedules`: runs that start by themselves: when next, what became of each time, and acts on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote as quote_url

from fastapi import APIRouter
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.scheduler.http.routes.triggers.schedules import find_schedule, list_visible
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.run_lookup import look_up_runs
from fluxagents.scheduler.pages.visitor import Who, go_to
from fluxagents.scheduler.schedules.schedule import Schedule
from fluxagents.scheduler.schedules.schedules import Schedules

router = APIRouter(route_class=PageRoute)

HISTORY = 50
NEXT_TIMES = 5


@router.get("/schedules")
def list_schedules(who: Who) -> Response:
    """The schedules, when each is due next, and how its last run went."""
    return who.show("automation/schedules.html.j2", statuses=list_visible(who.client, who.ports))


@router.get("/schedules/{name}")
def show_schedule(name: str, who: Who) -> Response:
    """A schedule: what it starts, its next times, and its history."""
    entry = find_schedule(name, who.client, who.ports)
    schedule = entry.schedule
    history = who.ports.schedules(who.client).history(name, limit=HISTORY)
    return who.show(
        "automation/schedule.html.j2",
        entry=entry,
        schedule=schedule,
        next_times=_find_next_times(schedule, who.ports.clock.now_ms()),
        history=history,
        states=look_up_runs(who, (firing.run_id for firing in history)),
        may_act=who.may(Action.SCHEDULE_TRIGGER, schedule.session),
    )


@router.post("/schedules/{name}")
def act_on_schedule(name: str, who: Who) -> Response:
    """Start a run now, pause, resume or remove a schedule."""
    find_schedule(name, who.client, who.ports)
    schedules, act = who.ports.schedules(who.client), who.form.get("act")
    if act == "run":
        return go_to(f"/runs/{schedules.trigger(name).id}")
    if act not in ACTS:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "no act is chosen")
    ACTS[act](schedules, name)
    return go_to("/schedules" if act == "remove" else f"/schedules/{quote_url(name)}")


def _find_next_times(schedule: Schedule, now_ms: int) -> list[int]:
    times = [schedule.next_tick(now_ms)]
    while len(times) < NEXT_TIMES:
        times.append(schedule.next_tick(times[-1]))
    return times


ACTS: Mapping[str, Callable[[Schedules, str], None]] = {
    "pause": Schedules.pause,
    "resume": Schedules.resume,
    "remove": Schedules.remove,
}
"""What the buttons of a schedule do, beside starting a run."""
