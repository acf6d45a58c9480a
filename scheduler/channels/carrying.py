"""Carries each message by the carrier of its lane."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from fluxagents.flows.humans.effect import Effect
from fluxagents.scheduler.channels.lane import Lane, LaneName
from fluxagents.scheduler.outbox.outbox import Claim
from fluxagents.scheduler.outbox.retries import Response

log = structlog.get_logger("channels")

Carry = Callable[[Claim[Lane]], Awaitable[Response]]
"""Makes one attempt; raises nothing that the network does."""

DrawEffect = Callable[[Effect], bytes]
"""The effect of a call as a PNG, the same bytes for the same effect; empty where nothing can be drawn."""

REPEATABLE = frozenset({"question", "press", "outcome"})
"""Types of messages that do no harm when they are delivered twice."""


def carry_by_lane(carriers: Mapping[LaneName, Carry]) -> Carry:
    """What carries a message of any lane.

    A message whose earlier sender died is not sent again: its receiver may have it, and cannot tell.
    """

    async def carry(claim: Claim[Lane]) -> Response:
        lane, is_repeatable = claim.endpoint.name, claim.message.type in REPEATABLE
        if lane not in carriers:
            return Response(error=f"{lane} is not set up here")
        if claim.is_doubtful and not is_repeatable:
            return Response(error="whoever sent it died meanwhile", is_doubtful=True)
        try:
            return await carriers[lane](claim)
        except Exception as error:  # a fault with one message must not hold up those of other lanes
            log.exception("fault", lane=lane, message=claim.message.id)
            return Response(error=f"fault: {type(error).__name__}", is_doubtful=not is_repeatable)

    return carry
