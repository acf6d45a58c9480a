"""What workers tell through Celery, in events and in answers to `inspect`, holds no secret."""

from __future__ import annotations

from typing import Any

from celery.app.control import Control
from celery.app.events import Events
from celery.events.dispatcher import EventDispatcher
from kombu.pidbox import Mailbox, Node

from fluxagents.workers.observing.secret_mask import SecretMask

FREE_TEXT = frozenset({"args", "kwargs", "result", "exception", "traceback"})
"""Fields of events that a task or its sender fills."""


class MaskedNode(Node):
    """Answers remote control."""

    def reply(self, data: Any, exchange: Any, routing_key: Any, ticket: Any, **options: Any) -> None:
        mailbox: Any = self.mailbox
        mask: SecretMask = mailbox.mask
        super().reply(mask.hide_within(data), exchange, routing_key, ticket, **options)  # type: ignore[no-untyped-call] # kombu is half typed


class MaskedMailbox(Mailbox):
    """Carries the answers; `MaskedControl` gives it the mask."""

    node_cls = MaskedNode
    mask: SecretMask


class MaskedControl(Control):  # type: ignore[misc] # Celery ships no types
    """Celery masks the broker's URLs in its own settings and knows of no others."""

    Mailbox = MaskedMailbox

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.mailbox.mask = app.mask


class MaskedDispatcher(EventDispatcher):  # type: ignore[misc] # as above
    """Sends events, which hold the texts and tracebacks of errors."""

    def _publish(self, event: Any, *arguments: Any, **options: Any) -> None:
        for each in event if isinstance(event, list) else [event]:
            # Several events a step: fields that hold names and numbers only are not looked at.
            each.update({name: self._hide(each[name]) for name in FREE_TEXT & each.keys()})
        super()._publish(event, *arguments, **options)

    def _hide(self, value: Any) -> Any:
        return self.app.mask.hide_within(value)


class MaskedEvents(Events):  # type: ignore[misc] # as above
    """Makes such dispatchers."""

    dispatcher_cls = MaskedDispatcher
