"""Keeps the endpoints of webhooks, with the messages to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.scheduler.outbox.outbox import Outbox
from fluxagents.scheduler.webhooks.endpoint import Endpoint


class WebhookOutbox(Outbox[Endpoint], Protocol):
    """Endpoints by name, and the messages to them. Every method is atomic."""

    def get(self, name: str) -> Endpoint | None: ...

    def list(self) -> Sequence[Endpoint]:
        """All endpoints, sorted by name."""
        ...

    def change(self, before: Endpoint, after: Endpoint) -> bool:
        """Replace an endpoint, whose messages stay; False if it is not as before any more."""
        ...

    def remove(self, name: str) -> bool:
        """Forget an endpoint with its messages; False if there is none of this name."""
        ...
