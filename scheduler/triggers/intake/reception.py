"""Takes what is posted for triggers: checks who sent it, keeps it, and leaves the rest to the workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.triggers.event_trigger import WebhookSource
from fluxagents.scheduler.triggers.intake.delivery import (
    Delivery,
    choose_headers,
    name_delivery,
    read_payload,
)
from fluxagents.scheduler.triggers.intake.delivery_box import DeliveryBox
from fluxagents.scheduler.triggers.trigger_book import TriggerBook
from fluxagents.scheduler.webhooks.endpoint import find_valid_secrets
from fluxagents.scheduler.webhooks.incoming import GithubScheme

_NOBODY = GithubScheme()
_NO_SECRETS = (token_hex(),)
"""What is checked for a trigger that does not exist takes as long as for one that does, and never fits."""


class UnsignedError(FluxError):
    """Nobody known signed a request; it does not tell whether there is such a trigger."""

    def __init__(self) -> None:
        super().__init__(
            ErrorClass.PERMISSION,
            "no trigger of this name has a secret that signed this request, now",
            suggestions=(
                "sign the bytes of the body with the secret that `fluxagents triggers add` printed",
                "look at the clock of the sender: a signed time may be 5 minutes off",
            ),
        )


class FullError(FluxError):
    """So many deliveries wait for their runs that no more is taken."""

    def __init__(self, trigger: str) -> None:
        super().__init__(
            ErrorClass.PROVIDER_RATE_LIMIT,
            f"too many deliveries wait for the runs of trigger {trigger!r}",
            suggestions=("send it again later",),
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a delivery is kept; the same for each repetition but for `is_repeated`."""

    trigger: str
    delivery: str
    came_ms: int
    is_repeated: bool


class Reception:
    """The door for deliveries. Nobody needs a key: the signature is the proof.

    Args:
        book: Keeps the triggers.
        box: Keeps the deliveries.
        clock: The time.
    """

    def __init__(self, book: TriggerBook, box: DeliveryBox, clock: Clock) -> None:
        self._book = book
        self._box = box
        self._clock = clock

    def check(self, name: str, headers: Mapping[str, str], body: bytes) -> WebhookSource:
        """How the sender signs, if one of the secrets of this trigger signed this, now.

        Args:
            name: Of the trigger.
            headers: By name in lower case.
            body: As it came.

        Raises:
            UnsignedError: If none did, or there is no such trigger.
        """
        trigger, now_ms = self._book.get(name), self._clock.now_ms()
        source = trigger.source if trigger and isinstance(trigger.source, WebhookSource) else None
        secrets = find_valid_secrets(self._box.secrets(name), now_ms) if source else []
        if source is None or not secrets:
            _NOBODY.is_signed(_NO_SECRETS, headers, body, now_s=now_ms // 1_000)
            raise UnsignedError
        if not source.scheme.is_signed(secrets, headers, body, now_s=now_ms // 1_000):
            raise UnsignedError
        return source

    def take(self, name: str, source: WebhookSource, headers: Mapping[str, str], body: bytes) -> Receipt:
        """Keep a delivery that `check` has let through; what comes again is not kept twice.

        Raises:
            FluxError: If the body cannot be read.
            FullError: If too many wait.
        """
        read_payload(headers, body)
        delivery = Delivery(
            id=name_delivery(source.scheme.find_delivery(headers, body)),
            came_ms=self._clock.now_ms(),
            headers=choose_headers(headers),
            body=body.decode(),
        )
        put = self._box.put(name, delivery)
        if put.outcome == "full":
            raise FullError(name)
        return Receipt(name, delivery.id, put.came_ms, is_repeated=put.outcome == "repeated")
