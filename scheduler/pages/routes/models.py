"""`/models`: the models that are stored, and what each was made from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import VisibleSessions, check_may_read
from fluxagents.scheduler.http.routes.models import list_shipped, show_lineage
from fluxagents.scheduler.http.run_listing import RunFilter, list_page
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Who

router = APIRouter(route_class=PageRoute)

MAX_LISTED = 500
RUNS = 10


@router.get("/models")
def list_models(who: Who, search: Annotated[str, Query(max_length=MAX_NAME)] = "") -> Response:
    """The stored models by name, and those that are always there."""
    check_may_read(who.client, "model")
    wanted = search.strip().casefold()
    records = [record for record in who.client.models.list() if wanted in record.name.casefold()]
    return who.show(
        "models.html.j2",
        records=records[:MAX_LISTED],
        left_out=max(len(records) - MAX_LISTED, 0),
        shipped=[name for name in list_shipped(who.client) if wanted in name.casefold()],
        search=search,
    )


@router.get("/models/{model}")
def show_model(model: str, who: Who) -> Response:
    """A model: its file, its warnings, its lineage, what was made from it, and runs on it."""
    check_may_read(who.client, "model", model)
    lineage = show_lineage(model, who.client)
    record = lineage[0]
    runs, _ = list_page(
        who.client.store,
        RunFilter(model=record.name),
        VisibleSessions(who.client).shows,
        limit=RUNS,
        after=None,
    )
    return who.show(
        "model.html.j2",
        record=record,
        lineage=lineage[1:],
        children=[each for each in who.client.models.list() if each.parent == record.digest],
        runs=runs,
    )
