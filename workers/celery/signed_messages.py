"""Signed messages: what a client or a worker sends carries an HMAC, and a worker takes nothing else.

A signature covers the task's name, its id and its arguments. So a message cannot be altered, sent under
another id or to another task; one that is sent again is absorbed by the step protocol, or by the run's id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog
from celery import Task
from celery.app.amqp import AMQP
from celery.exceptions import Reject
from kombu.utils.json import JSONEncoder

from fluxagents.flows.texts.display import quote

if TYPE_CHECKING:
    from fluxagents.tasks.ports.refused_messages import Refusal

HEADER = "fluxagents_signature"
"""Of a message; header and content are known to plain Celery programs (docs/security.md)."""

_ENCODER: json.JSONEncoder = JSONEncoder(sort_keys=True, separators=(",", ":"))

log = structlog.get_logger("messages")


def signed_content(task: str, task_id: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
    """What a signature covers: `[task, id, args, kwargs]` as JSON, sorted and without blanks."""
    return _ENCODER.encode([task, task_id, list(args), dict(kwargs)]).encode()


class SigningAmqp(AMQP):  # type: ignore[misc] # Celery ships no types
    """Signs every task message of its application, if that has keys."""

    def as_task_v2(
        self, task_id: str, name: str, args: Any = None, kwargs: Any = None, *rest: Any, **options: Any
    ) -> Any:
        """As Celery's, with the signature among the headers."""
        message = super().as_task_v2(task_id, name, args, kwargs, *rest, **options)
        keys = self.app.message_keys
        if keys is not None:
            message.headers[HEADER] = keys.sign(signed_content(name, task_id, args or (), kwargs or {}))
        return message


class CheckingTask(Task):  # type: ignore[misc] # as above
    """Carries out only messages that are signed, if its application has keys."""

    abstract = True
    Request = "fluxagents.workers.celery.expiring_request:ExpiringRequest"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task.

        Raises:
            Reject: If the message is not signed, or not by a key of this deployment; it is gone then.
        """
        request = self.request
        if request.called_directly:
            return super().__call__(*args, **kwargs)
        refusal = self._check(request, args, kwargs)
        if refusal is not None:
            self.app.process.refused_messages.count(refusal)
            log.warning("message refused", why=refusal, task=self.name, id=quote(request.id))
            raise Reject(refusal, requeue=False)
        # Not `super().__call__`, which would hide the request of the message.
        return self.run(*args, **kwargs)

    def _check(self, request: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Refusal | None:
        keys = self.app.message_keys
        if keys is None or request.is_eager:
            return None
        signature = (request.headers or {}).get(HEADER)
        if not isinstance(signature, str) or not signature.isascii():
            return "unsigned"
        if any((request.callbacks, request.errbacks, request.chain, request.chord)):
            # No signature covers what would follow.
            return "wrong_signature"
        content = signed_content(self.name, request.id, args, kwargs)
        return None if keys.accept(content, signature) else "wrong_signature"
