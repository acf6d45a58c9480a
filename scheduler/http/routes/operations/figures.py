"""`/v1/errors` and `/v1/statistics`: what goes wrong, and what all runs add up to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.remedies import ErrorRecord
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import Body, Client, Ports, check_may_read
from fluxagents.scheduler.http.times import Time, to_milliseconds

router = APIRouter()


class RemedyCount(Body):
    """How often a remedy was tried and helped."""

    tried: int
    helped: int


class ErrorView(Body):
    """All errors with one fingerprint."""

    fingerprint: str
    kind: str
    where: str
    message: str
    times: int
    cases: int
    resolved: int
    last_ms: int
    remedies: dict[str, RemedyCount]
    suggested: str | None
    """The remedy that has helped often enough."""


def _view(record: ErrorRecord) -> ErrorView:
    best = record.best
    return ErrorView.model_validate({**asdict(record), "suggested": best[0] if best else None})


@router.get("/errors", summary="List errors", tags=["errors"])
def list_errors(
    client: Client,
    ports: Ports,
    kind: ErrorClass | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 20,
) -> list[ErrorView]:
    """The errors of ended runs that occur most often."""
    check_may_read(client, "artifact")
    return [_view(record) for record in ports.remedies.records() if kind in {None, record.kind}][:limit]


@router.get("/errors/{fingerprint}", summary="Show an error", tags=["errors"])
def show_error(fingerprint: str, client: Client, ports: Ports) -> ErrorView:
    """An error, and every remedy that was tried."""
    check_may_read(client, "artifact")
    record = ports.remedies.record(fingerprint)
    if record is None:
        raise FluxError(
            ErrorClass.UNKNOWN_ID, f"no error with fingerprint {quote(fingerprint)} is remembered"
        )
    return _view(record)


@router.get("/statistics", summary="Add up runs", tags=["statistics"])
def show_statistics(
    client: Client,
    ports: Ports,
    flow: Annotated[str, Query(max_length=MAX_NAME)] = "",
    session: Annotated[str, Query(max_length=MAX_NAME)] = "",
    since: Time | None = None,
    until: Time | None = None,
) -> dict[str, Any]:
    """Durations, tools, tokens, errors, approvals and retries of runs, those in the archive included.

    It reads every run of the choice: name a session or a time where there are many.
    """
    check_may_read(client, "artifact")
    return dict(
        ports.statistics(
            flow=flow or None,
            session=session or None,
            since_ms=to_milliseconds(since) if since else None,
            until_ms=to_milliseconds(until) if until else None,
        )
    )
