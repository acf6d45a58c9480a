"""`/statistics`: what runs add up to: flows by outcome, tools, chat models and what they cost."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from fluxagents.scheduler.http.access import check_may_read
from fluxagents.scheduler.http.run_listing import RunFilter
from fluxagents.scheduler.http.times import from_milliseconds, to_milliseconds
from fluxagents.scheduler.pages.drawings.bar_chart import build_bars
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Who

router = APIRouter(route_class=PageRoute)

FILTERS = ("flow", "session", "since", "until")
DAYS_MS = 7 * 86_400_000
"""How far back runs are added up unless the address says otherwise: each of them is read."""


@router.get("/statistics")
def show_statistics(who: Who) -> Response:
    """Runs by flow and outcome, tools, chat models, humans and errors, of a choice of runs."""
    check_may_read(who.client, "artifact")
    query, now_ms = who.request.query_params, who.ports.clock.now_ms()
    asked = {name: query.get(name, "").strip() for name in FILTERS}
    if "since" not in query:
        asked["since"] = f"{from_milliseconds(now_ms - DAYS_MS):%Y-%m-%d}"
    problem, where = "", RunFilter()
    try:
        where = RunFilter.model_validate({name: value for name, value in asked.items() if value})
    except ValidationError as error:
        first = error.errors()[0]
        problem = f"{first['loc'][0]}: {first['msg']}"
    figures = (
        {}
        if problem
        else who.ports.statistics(
            flow=where.flow or None,
            session=where.session or None,
            since_ms=to_milliseconds(where.since) if where.since else None,
            until_ms=to_milliseconds(where.until) if where.until else None,
        )
    )
    return who.show(
        "figures/statistics.html.j2",
        status=422 if problem else 200,
        asked=asked,
        problem=problem,
        figures=figures,
        outcomes=build_bars({row["flow"]: row["status"] for row in figures.get("flows", ())}),
        times=build_bars({row["tool"]: {"work": row["work_s"]["total"]} for row in figures.get("tools", ())}),
    )
