"""`/triggers`: runs that start because of events: what came, what it started, and starting it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote as quote_url

from fastapi import APIRouter
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.scheduler.http.routes.triggers.triggers import find_trigger, list_visible
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.run_lookup import look_up_runs
from fluxagents.scheduler.pages.visitor import Who, go_to
from fluxagents.scheduler.triggers.event_trigger import WebhookSource
from fluxagents.scheduler.triggers.triggers import Triggers

router = APIRouter(route_class=PageRoute)

HISTORY = 50


@router.get("/triggers")
def list_triggers(who: Who) -> Response:
    """The triggers, and what came of the last event of each."""
    return who.show("automation/triggers.html.j2", statuses=list_visible(who.client, who.ports))


@router.get("/triggers/{name}")
def show_trigger(name: str, who: Who, replayed: str = "") -> Response:
    """A trigger: what it starts, what was posted for it, and its history."""
    entry = find_trigger(name, who.client, who.ports)
    trigger = entry.trigger
    may_act = who.may(Action.TRIGGER_REPLAY, trigger.session)
    is_hook = isinstance(trigger.source, WebhookSource)
    history = who.ports.triggers(who.client).history(name, limit=HISTORY)
    deliveries = who.ports.deliveries(who.client).list(name, limit=HISTORY) if is_hook and may_act else []
    return who.show(
        "automation/trigger.html.j2",
        entry=entry,
        trigger=trigger,
        history=history,
        is_hook=is_hook,
        deliveries=deliveries,
        states=look_up_runs(who, (*(each.run_id for each in history), *(each.run_id for each in deliveries))),
        may_act=may_act,
        replayed=replayed,
    )


@router.post("/triggers/{name}")
def act_on_trigger(name: str, who: Who) -> Response:
    """Pause, resume or remove a trigger, or let what was posted for it start a run again."""
    find_trigger(name, who.client, who.ports)
    form, here = who.form, f"/triggers/{quote_url(name)}"
    if delivery := form.get("replay"):
        who.ports.deliveries(who.client).replay(name, delivery)
        return go_to(f"{here}?replayed={quote_url(delivery, safe='')}")
    act = form.get("act")
    if act not in ACTS:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "no act is chosen")
    ACTS[act](who.ports.triggers(who.client), name)
    return go_to("/triggers" if act == "remove" else here)


ACTS: Mapping[str, Callable[[Triggers, str], None]] = {
    "pause": Triggers.pause,
    "resume": Triggers.resume,
    "remove": Triggers.remove,
}
"""What the buttons of a trigger do."""
