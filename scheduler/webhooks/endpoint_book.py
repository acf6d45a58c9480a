"""Keeps the endpoints of webhooks, with the messages to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.scheduler.outbox.outbox import Outbox
from fluxagents.scheduler.webhooks.endpoint import Endpoint


class EndpointBook(Protocol):
    """Keeps endpoints by name. Every method is atomic."""

    def add(self, endpoint: Endpoint, *, replace: bool = False) -> bool:
        """Keep an endpoint; False, and nothing done, if the name is taken and not to be replaced."""
        ...

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


class WebhookOutbox(EndpointBook, Outbox[Endpoint], Protocol):
    """Endpoints by name, and the messages to them."""
