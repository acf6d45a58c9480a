"""Keeps endpoints and the messages to them until they are delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fluxagents.scheduler.webhooks.endpoint import Endpoint
from fluxagents.scheduler.webhooks.message import Attempt, Message
from fluxagents.scheduler.webhooks.retries import Response, Verdict

MAX_FLYING = 4
"""Messages that are under way to one endpoint at once."""

MAX_LOG = 1_000
"""Attempts per endpoint that are remembered, the last ones."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that one sender sends now."""

    endpoint: Endpoint
    message: Message
    attempt: int
    """Counted from 1. Whoever claims the message later has a higher one."""


class EndpointBook(Protocol):
    """Keeps endpoints by name."""

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


class WebhookOutbox(EndpointBook, Protocol):
    """Endpoints, and the messages to them. Every method is atomic."""

    def put(self, messages: Sequence[Message]) -> int:
        """Keep new messages, to be sent now; one whose id is known stays as it is. How many were new."""
        ...

    def claim(self, *, limit: int, lease_ms: int) -> Sequence[Claim]:
        """Take messages whose time has come, some of each endpoint, at most `MAX_FLYING` of one at once.

        One that is not settled within the lease may be claimed again.
        """
        ...

    def has_due(self) -> bool:
        """Whether `claim` would return anything."""
        ...

    def settle(self, claim: Claim, response: Response, verdict: Verdict, *, at_ms: int) -> None:
        """Write down what came of an attempt; of one that was claimed again meanwhile only in the log."""
        ...

    def resend(self, endpoint: str, message_id: str) -> bool:
        """Send a message again now, as if for the first time; False if it is not kept any more."""
        ...

    def message(self, endpoint: str, message_id: str) -> Message | None: ...

    def messages(self, endpoint: str, *, limit: int) -> Sequence[Message]:
        """The messages to an endpoint that are kept, the newest first."""
        ...

    def attempts(self, endpoint: str, *, limit: int) -> Sequence[Attempt]:
        """The last attempts to deliver to an endpoint, the newest first."""
        ...

    def count_pending(self, endpoint: str) -> int:
        """How many messages wait for their next attempt."""
        ...
