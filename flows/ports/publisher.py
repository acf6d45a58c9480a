"""The queues, as the core needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.flows.ports.dispatch import Outgoing


class Publisher(Protocol):
    """Puts step messages on the queues."""

    unreachable: tuple[type[Exception], ...]
    """What `publish` raises when the broker cannot be reached."""

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Send the messages, in few round trips."""
        ...

    def stop(self, run_id: str, seq: int, attempt: int) -> None:
        """Kill the process that carries out this attempt of a step, if a worker does."""
        ...

    def is_idle(self, queue: str) -> bool:
        """Whether no message waits in the queue."""
        ...
