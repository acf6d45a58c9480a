"""Sends one message over the network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.outbox.outbox import Claim
from fluxagents.scheduler.outbox.retries import Response
from fluxagents.scheduler.webhooks.commit_status import build_repository_headers, read_status
from fluxagents.scheduler.webhooks.endpoint import Endpoint
from fluxagents.scheduler.webhooks.signature import build_headers

JSON = {"content-type": "application/json"}


class Poster(Protocol):
    """Posts to addresses of others, who may be slow, wrong or gone."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """What comes of one request, within a bounded time; it raises nothing that the network does."""
        ...

    def may_be_plain(self, host: str) -> bool:
        """Whether a host may be asked without encryption: one that the settings name."""
        ...


def build_carrier(poster: Poster, clock: Clock) -> Callable[[Claim[Endpoint]], Awaitable[Response]]:
    """What makes one attempt at a message. Receivers know a repeated one by its id."""
    return lambda claim: post_message(poster, claim, now_ms=clock.now_ms())


async def post_message(poster: Poster, claim: Claim[Endpoint], *, now_ms: int) -> Response:
    """Send a message in the form of its receiver, proven by the secrets that count now."""
    endpoint, message = claim.endpoint, claim.message
    if endpoint.form == "github":
        commit, body = read_status(message.body)
        headers = build_repository_headers(endpoint.secrets[0].text)
        return await poster.post(f"{endpoint.url}/statuses/{commit}", body, JSON | headers)
    body = message.body.encode()
    signed = build_headers(endpoint.secrets_at(now_ms), message.id, now_ms // 1_000, body)
    return await poster.post(endpoint.url, body, {**JSON, "user-agent": "fluxagents", **signed})
