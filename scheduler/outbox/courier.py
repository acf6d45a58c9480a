"""Sends what is due: many messages at once, and never so many to one receiver that others wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic

import structlog

from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.outbox.outbox import Claim, E, Outbox
from fluxagents.scheduler.outbox.retries import Response, judge_attempt

MAX_AT_ONCE = 64
"""Messages that one courier has under way."""

LEASE_MS = 60_000
"""Longer than any request takes: a message whose courier died is claimed again after it."""

LONGEST_ROUND_S = 60.0
"""A courier that always finds more gives way to the next one, so that a worker can end."""

LOOK_S = 1.0
"""While requests are under way, this is how often the courier looks for more."""

log = structlog.get_logger("outbox")


class Courier(Generic[E]):
    """Delivers messages.

    Args:
        outbox: Keeps them.
        carry: Makes one attempt, within the lease; it raises nothing that the network does.
        clock: The time.
        on_given_up: Told of each message that its receiver will not take.
    """

    def __init__(
        self,
        outbox: Outbox[E],
        carry: Callable[[Claim[E]], Awaitable[Response]],
        clock: Clock,
        on_given_up: Callable[[Claim[E]], object] = lambda _: None,
    ) -> None:
        self._outbox = outbox
        self._carry = carry
        self._clock = clock
        self._on_given_up = on_given_up

    def deliver(self) -> int:
        """Send what is due, until nothing is, or for a minute.

        Returns:
            How many attempts were made.
        """
        return asyncio.run(self._deliver())

    async def _deliver(self) -> int:
        deadline = monotonic() + LONGEST_ROUND_S
        flying: set[asyncio.Task[None]] = set()
        count = 0
        while True:
            room = MAX_AT_ONCE - len(flying)
            if room and monotonic() < deadline:
                claims = self._outbox.claim(limit=room, lease_ms=LEASE_MS)
                flying |= {asyncio.create_task(self._send(claim)) for claim in claims}
                count += len(claims)
            if not flying:
                return count
            done, flying = await asyncio.wait(flying, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _send(self, claim: Claim[E]) -> None:
        response = await self._carry(claim)
        now_ms = self._clock.now_ms()
        verdict = judge_attempt(claim.message.id, claim.attempt, response, now_ms=now_ms)
        self._outbox.settle(claim, response, verdict, at_ms=now_ms)
        if verdict.outcome == "given_up":
            self._on_given_up(claim)
        if verdict.outcome != "delivered":
            log.warning(
                "not delivered",
                endpoint=claim.endpoint.name,
                message=claim.message.id,
                attempt=claim.attempt,
                why=str(response),
                then=verdict.outcome,
            )
