"""`/v1/standing-approvals`: votes in advance, within ranges of arguments."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from fluxagents.flows.humans.ladders import MAX_SECONDS
from fluxagents.flows.humans.standing import MAX_ARGUMENTS, MAX_USES
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.texts.grammar import MAX_NAME, MAX_REASON
from fluxagents.scheduler.http.access import Body, Client
from fluxagents.scheduler.people.standing_approvals import CountedApproval, unknown_approval
from fluxagents.scheduler.runs.run_client import RunClient

router = APIRouter(prefix="/standing-approvals", tags=["approvals"])


class NewStandingApproval(Body):
    """A vote in advance."""

    tool: str = Field(max_length=MAX_NAME)
    session: str = Field(min_length=1, max_length=MAX_NAME)
    arguments: dict[str, Annotated[str, Field(max_length=MAX_REASON)]] = Field(
        min_length=1, max_length=MAX_ARGUMENTS
    )
    """Ranges by where an argument stands: `-15..-5`, `a|b` or `*`."""
    for_s: float = Field(gt=0, le=MAX_SECONDS)
    """For how many seconds."""
    max_uses: int = Field(ge=1, le=MAX_USES)
    comment: str = Field("", max_length=MAX_REASON)


class StandingApprovalView(Body):
    """A vote in advance, and the requests that it was used for."""

    id: str
    tool: str
    session: str
    arguments: dict[str, str]
    by: str
    created_ms: int
    until_ms: int
    max_uses: int
    comment: str
    revoked_ms: int
    """0 while it counts."""
    status: Literal["active", "revoked", "over", "used up"]
    uses: list[str]


def _view(client: RunClient, counted: CountedApproval) -> StandingApprovalView:
    approval = counted.approval
    return StandingApprovalView.model_validate(
        {
            **approval.model_dump(exclude={"arguments"}),
            "arguments": {name: str(allowed) for name, allowed in approval.arguments.items()},
            "status": counted.status(client.runs.clock.now_ms()),
            "uses": list(counted.uses),
        }
    )


def _may_see(client: RunClient, counted: CountedApproval) -> bool:
    approval = counted.approval
    on = Resource(kind="standing approval", id=approval.id, session=approval.session)
    return client.authority.may(Action.RUN_READ, on)


def _find(client: RunClient, approval_id: str) -> CountedApproval:
    """One of them; what is not to be seen does not exist."""
    counted = client.show_standing(approval_id)
    if not _may_see(client, counted):
        raise unknown_approval(approval_id)
    return counted


@router.get("", summary="List standing approvals")
def list_standing(
    client: Client, session: Annotated[str, Query(max_length=MAX_NAME, description="Only of this one.")] = ""
) -> list[StandingApprovalView]:
    """Those that whoever asks may see, the newest first."""
    return [_view(client, each) for each in client.list_standing(session) if _may_see(client, each)]


@router.post("", status_code=201, summary="Grant a standing approval")
def grant_standing(body: NewStandingApproval, client: Client) -> StandingApprovalView:
    """Approve calls of a tool in advance: one vote, for arguments within these ranges."""
    granted = client.grant_standing(
        body.tool,
        session=body.session,
        arguments=body.arguments,
        for_s=body.for_s,
        max_uses=body.max_uses,
        comment=body.comment,
    )
    return _view(client, CountedApproval(granted, ()))


@router.get("/{approval_id}", summary="Show a standing approval")
def show_standing(approval_id: str, client: Client) -> StandingApprovalView:
    """One of them."""
    return _view(client, _find(client, approval_id))


@router.post("/{approval_id}/revoke", summary="Revoke a standing approval")
def revoke_standing(approval_id: str, client: Client) -> StandingApprovalView:
    """Let it count no more; what it has approved stays approved."""
    _find(client, approval_id)
    return _view(client, client.revoke_standing(approval_id))
