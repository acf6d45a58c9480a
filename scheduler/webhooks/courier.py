"""Sends what is due: many messages at once, and never so many to one receiver that others wait for it."""

from __future__ import annotations

import asyncio
from time import monotonic

import structlog

from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.webhooks.commit_status import build_repository_headers, read_status
from fluxagents.scheduler.webhooks.outbox import Claim, WebhookOutbox
from fluxagents.scheduler.webhooks.poster import Poster
from fluxagents.scheduler.webhooks.retries import Response, judge_attempt
from fluxagents.scheduler.webhooks.signature import build_headers

MAX_AT_ONCE = 64
"""Messages that one courier has under way."""

LEASE_MS = 60_000
"""Longer than any request takes: a message whose courier died is claimed again after it."""

LONGEST_ROUND_S = 60.0
"""A courier that always finds more gives way to the next one, so that a worker can end."""

LOOK_S = 1.0
"""While requests are under way, this is how often the courier looks for more."""

JSON = {"content-type": "application/json"}

log = structlog.get_logger("webhooks")


class Courier:
    """Delivers messages, each at least once.

    Args:
        outbox: Keeps them.
        poster: Sends one.
        clock: The time.
    """

    def __init__(self, outbox: WebhookOutbox, poster: Poster, clock: Clock) -> None:
        self._outbox = outbox
        self._poster = poster
        self._clock = clock

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

    async def _send(self, claim: Claim) -> None:
        response = await post_message(self._poster, claim, now_ms=self._clock.now_ms())
        now_ms = self._clock.now_ms()
        verdict = judge_attempt(claim.message.id, claim.attempt, response, now_ms=now_ms)
        self._outbox.settle(claim, response, verdict, at_ms=now_ms)
        if verdict.outcome != "delivered":
            log.warning(
                "not delivered",
                endpoint=claim.endpoint.name,
                message=claim.message.id,
                attempt=claim.attempt,
                why=str(response),
                then=verdict.outcome,
            )


async def post_message(poster: Poster, claim: Claim, *, now_ms: int) -> Response:
    """Send a message in the form of its receiver, proven by the secrets that count now."""
    endpoint, message = claim.endpoint, claim.message
    if endpoint.form == "github":
        commit, body = read_status(message.body)
        headers = build_repository_headers(endpoint.secrets[0].text)
        return await poster.post(f"{endpoint.url}/statuses/{commit}", body, JSON | headers)
    body = message.body.encode()
    signed = build_headers(endpoint.secrets_at(now_ms), message.id, now_ms // 1_000, body)
    return await poster.post(endpoint.url, body, {**JSON, "user-agent": "fluxagents", **signed})
