"""`/v1/hooks`: what others post for triggers. A signature is the proof, so it takes no key."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request, Response

from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import Body, Ports
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.scheduler.http.routes.triggers.firing_views import to_time
from fluxagents.scheduler.triggers.intake.reception import FullError, Receipt, UnsignedError

router = APIRouter(prefix="/hooks", tags=["triggers"])

FULL_RETRY_S = 60

HookName = Annotated[str, Path(max_length=MAX_NAME, examples=["pushed-models"])]


class ReceiptView(Body):
    """That something is kept and will be dealt with; the same whenever it is posted again."""

    trigger: str
    delivery: str
    """The id under which it is kept."""
    received: datetime
    """When it came first."""


@router.post(
    "/{name}",
    status_code=202,
    summary="Post something for a trigger",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {}},
                "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
            },
        }
    },
)
async def take_delivery(name: HookName, request: Request, response: Response, ports: Ports) -> ReceiptView:
    """Keep what a trigger waits for; its run starts afterwards.

    The body is JSON or a form, signed as the trigger says. What is posted again starts nothing and gets the
    same answer.
    """
    body = await request.body()
    receipt = await run_sync(_take, ports, name, dict(request.headers), body)
    if receipt.is_repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return ReceiptView(trigger=receipt.trigger, delivery=receipt.delivery, received=to_time(receipt.came_ms))


def _take(ports: ApiPorts, name: str, headers: dict[str, str], body: bytes) -> Receipt:
    try:
        source = ports.reception.check(name, headers, body)
    except UnsignedError as error:
        raise ProblemError("unsigned", error.message, suggestions=list(error.suggestions)) from error
    # Counted after the check: whoever has no secret keeps nobody else out.
    quota = ports.rate_limits.count(f"hook {name}")
    if quota is not None and quota.remaining < 0:
        raise ProblemError(
            "rate_limited",
            f"{quota.limit:,} deliveries a minute are taken for one trigger",
            headers={"Retry-After": str(quota.reset_s)},
        )
    try:
        return ports.reception.take(name, source, headers, body)
    except FullError as error:
        raise ProblemError(
            "rate_limited", error.message, headers={"Retry-After": str(FULL_RETRY_S)}
        ) from error
