"""Keeps what was posted for triggers until it has started its runs, and for a while after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from fluxagents.scheduler.triggers.intake.delivery import Delivery, DeliveryStatus
from fluxagents.scheduler.webhooks.endpoint import Secret

MAX_KEPT = 1_000
"""Deliveries of one trigger that are kept, the newest ones, beside those that have not started their run."""

MAX_BYTES = 64_000_000
"""Of the bodies of one trigger, as far as they need not wait."""

MAX_OPEN = 1_000
"""Deliveries of one trigger that may wait for their run; further ones are refused until some have started."""

REMEMBERED_MS = 30 * 86_400_000
"""So long an id is known, so that what comes again under it starts nothing."""

MAX_REMEMBERED = 100_000
"""Ids of one trigger that are known, the newest ones."""


@dataclass(frozen=True, slots=True)
class Put:
    """What came of keeping a delivery."""

    outcome: Literal["kept", "repeated", "full"]
    came_ms: int
    """When the first one of its id came."""


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery that no worker has taken yet."""

    occurrence: str
    """The delivery's id; with `#2` and so on where somebody had it replayed."""
    at_ms: int
    """When it came, or was replayed."""
    delivery: Delivery


class DeliveryBox(Protocol):
    """Deliveries by trigger and id, and the secrets that prove who sent them. Every method is atomic."""

    def secrets(self, trigger: str) -> Sequence[Secret]:
        """Those of a trigger, the newest first; none if it takes no deliveries."""
        ...

    def keep_secrets(self, trigger: str, secrets: Sequence[Secret]) -> None:
        """Replace those of a trigger."""
        ...

    def put(self, trigger: str, delivery: Delivery) -> Put:
        """Keep a delivery and have the trigger looked at; one whose id is known is only counted."""
        ...

    def find_new(self, trigger: str, *, limit: int) -> Sequence[NewDelivery]:
        """Those that no worker has settled, the oldest first."""
        ...

    def settle(
        self, trigger: str, occurrence: str, status: DeliveryStatus, *, run_id: str = "", note: str = ""
    ) -> None:
        """Write down what came of one; `waiting` only of one that is new."""
        ...

    def reopen(self, trigger: str) -> None:
        """Let all that wait be new again, after the trigger was replaced that has taken them."""
        ...

    def replay(self, trigger: str, delivery_id: str) -> str | None:
        """Let a delivery start a run again; the id of the occurrence, or None if it is not kept."""
        ...

    def get(self, trigger: str, delivery_id: str) -> Delivery | None: ...

    def list(self, trigger: str, *, limit: int) -> Sequence[Delivery]:
        """The deliveries that are kept, the newest first."""
        ...

    def forget(self, trigger: str) -> None:
        """Remove all of a trigger."""
        ...
