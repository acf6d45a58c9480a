"""Sends one message over the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from fluxagents.scheduler.webhooks.retries import Response


class Poster(Protocol):
    """Posts to addresses of others, who may be slow, wrong or gone."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """What comes of one request, within a bounded time; it raises nothing that the network does."""
        ...

    def may_be_plain(self, host: str) -> bool:
        """Whether a host may be asked without encryption: one that the settings name."""
        ...
