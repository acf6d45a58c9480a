"""`/errors`: what goes wrong, how often, and what helped."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.http.access import check_may_read
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Who

router = APIRouter(route_class=PageRoute)

PAGE = 100


@router.get("/errors")
def list_errors(who: Who, kind: Annotated[str, Query(max_length=40)] = "") -> Response:
    """The errors of ended runs by fingerprint, those that occur most often first."""
    check_may_read(who.client, "artifact")
    records = [record for record in who.ports.remedies.records() if kind in {"", record.kind}]
    return who.show(
        "figures/errors.html.j2",
        records=records[:PAGE],
        left_out=max(len(records) - PAGE, 0),
        kinds=tuple(ErrorClass),
        chosen=kind,
    )


@router.get("/errors/{fingerprint}")
def show_error(fingerprint: str, who: Who) -> Response:
    """All errors with one fingerprint, and every remedy that was tried."""
    check_may_read(who.client, "artifact")
    record = who.ports.remedies.record(fingerprint)
    if record is None:
        raise FluxError(
            ErrorClass.UNKNOWN_ID, f"no error with fingerprint {quote(fingerprint)} is remembered"
        )
    remedies = sorted(record.remedies.items(), key=lambda item: (-item[1].rate, -item[1].tried, item[0]))
    return who.show("figures/error.html.j2", record=record, remedies=remedies)
