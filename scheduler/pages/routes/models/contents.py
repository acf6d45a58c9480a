"""`/models/{model}/reactions`, `/metabolites` and `/genes`: what is in a model, as tables."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import check_may_read
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.table_view import TableChoice, view_table
from fluxagents.scheduler.pages.visitor import Who, go_to
from fluxagents.tasks.ports.models import ModelContents

router = APIRouter(route_class=PageRoute)

KINDS = tuple(field.name for field in fields(ModelContents))


@router.get("/models/{model}/{kind}")
def show_contents(
    model: str,
    kind: str,
    who: Who,
    sort: Annotated[str, Query(max_length=MAX_NAME)] = "",
    search: Annotated[str, Query(max_length=MAX_NAME)] = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """Some of the reactions, metabolites or genes of a model."""
    check_may_read(who.client, "model", model)
    if kind not in KINDS:
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"a model has no {quote(kind)}",
            suggestions=(*nearest(kind, KINDS), f"it has {', '.join(KINDS)}"),
        )
    record = who.client.models.show(who.client.models.resolve(model, files=False))
    contents = who.ports.model_contents(record.ref)
    if contents is None:
        # Its page says so, and has it read.
        return go_to(f"/models/{record.digest}")
    # As all that shows tables, it comes when a table is asked for.
    table = import_module("pandas").DataFrame(getattr(contents, kind))
    return who.show(
        "models/contents.html.j2",
        record=record,
        kind=kind,
        view=view_table(table, TableChoice(sort=sort, search=search, offset=offset)),
    )
