"""`/v1/requests/{request_id}/…`: who sees to a request, and who is to answer it."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.remarks import Remark
from fluxagents.flows.people.request_claims import CLAIM_MS, MAX_CLAIM_MS
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME, MAX_REASON
from fluxagents.scheduler.collaboration.collaboration import Collaboration
from fluxagents.scheduler.http.access import Body, Client, Ports, load_visible, tag_run
from fluxagents.scheduler.http.times import from_milliseconds
from fluxagents.scheduler.runs.run_client import RunClient

router = APIRouter(prefix="/requests/{request_id}", tags=["claims"])


class NewClaim(Body):
    """That you see to a request."""

    seconds: float = Field(CLAIM_MS / 1_000, gt=0, le=MAX_CLAIM_MS / 1_000)
    """How long; a claim of your own begins anew."""
    force: bool = False
    """Take it from whoever has it, which the remarks and the audit log say."""


class Claimed(Body):
    """Who sees to a request."""

    request_id: str
    by: str
    until: datetime


class Assignment(Body):
    """Who is to answer a request."""

    assignees: list[str] = Field(min_length=1, max_length=50, examples=[["bob", "group:curators"]])
    """Persons, groups as `group:NAME`, or `anyone`."""
    reason: str = Field("", max_length=MAX_REASON)


def _check(client: RunClient, request_id: str) -> None:
    """Refuse a request of a run that is not to be seen, as if there were none."""
    try:
        load_visible(client, request_id.rpartition(".")[0])
    except FluxError as error:
        if error.kind is not ErrorClass.UNKNOWN_ID:
            raise
        raise FluxError(
            ErrorClass.UNKNOWN_ID, f"there is no request {quote(request_id[:MAX_NAME])}"
        ) from error


@router.post("/claim", summary="Claim a request")
def claim_request(request_id: str, client: Client, ports: Ports, body: NewClaim | None = None) -> Claimed:
    """See to a request: nobody else can answer it until the claim ends."""
    _check(client, request_id)
    asked = body or NewClaim()
    held = Collaboration(client, ports.presence).claim(
        request_id, for_ms=round(asked.seconds * 1_000), force=asked.force
    )
    return Claimed(request_id=request_id, by=held.by, until=from_milliseconds(held.until_ms))


@router.get("/claim", summary="Who sees to a request")
def show_claim(request_id: str, client: Client, ports: Ports) -> Claimed | None:
    """The claim that holds on a request; null if nobody has it."""
    _check(client, request_id)
    held = Collaboration(client, ports.presence).find_claim(request_id)
    if held is None:
        return None
    return Claimed(request_id=request_id, by=held.by, until=from_milliseconds(held.until_ms))


@router.post("/release", summary="Release a request")
def release_request(request_id: str, client: Client, ports: Ports) -> Remark:
    """Give a request back that you have claimed."""
    _check(client, request_id)
    return Collaboration(client, ports.presence).release(request_id)


@router.post("/assign", summary="Assign a request")
def assign_request(
    request_id: str, body: Assignment, client: Client, ports: Ports, response: Response
) -> RunState:
    """Say who is to answer a request; whoever is asked may pass it on."""
    _check(client, request_id)
    state = Collaboration(client, ports.presence).assign(request_id, body.assignees, reason=body.reason)
    tag_run(response, state)
    return state
