"""The way to humans, as the core needs it."""

from __future__ import annotations

from typing import Protocol

from fluxagents.flows.humans.human_request import HumanRequest


class Notifier(Protocol):
    """Tells humans about a request."""

    def notify(self, run_id: str, request: HumanRequest, *, key: str, text: str) -> tuple[str, ...]:
        """Send the request once per idempotency key; the channels that took it.

        Args:
            run_id: Of the run that waits.
            request: What it waits for.
            key: Sends with the same key are one.
            text: The request in words, with what was tried and what can be answered.
        """
        ...
