"""`/operations`: how the installation does now, for those who run no Grafana."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.responses import Response

from fluxagents.flows.people.actions import Action
from fluxagents.scheduler.pages.drawings.bar_chart import build_bars
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import METRICS, Who

router = APIRouter(route_class=PageRoute)


@router.get("/operations")
def show_operations(who: Who, every: Annotated[int, Query(ge=0, le=3_600)] = 0) -> Response:
    """Alerts that hold now, and panels of what `/metrics` has at this moment.

    Args:
        who: An admin.
        every: How often a browser without JavaScript reads it anew (s); 0 for never.
    """
    who.client.authority.permit(Action.AUDIT_READ, METRICS)
    reading = who.ports.read_installation()
    page = who.show(
        "figures/operations.html.j2",
        at_ms=who.ports.clock.now_ms(),
        every=every,
        alerts=[alert for alert in reading.alerts if alert.messages],
        quiet=[alert for alert in reading.alerts if alert.is_known and not alert.messages],
        unknown=[alert for alert in reading.alerts if not alert.is_known],
        panels=[(panel, build_bars({row.name: row.parts for row in panel.rows})) for panel in reading.panels],
    )
    if every:
        page.headers["Refresh"] = str(every)
    return page


@router.get("/operations/runbooks/{name}.md")
def show_runbook(who: Who, name: str) -> Response:
    """What to do about an alert; the address ends as the file, so that runbooks can name each other."""
    who.client.authority.permit(Action.AUDIT_READ, METRICS)
    text = Markup(who.ports.render_runbook(name))  # noqa: S704 - of a file of ours, without HTML of its own
    return who.show("figures/runbook.html.j2", name=name, text=text)
