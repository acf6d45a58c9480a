"""The Redis transport of kombu, with three faults mended: a worker outlives its broker, and its full disk."""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis import Connection as RedisConnection
from redis import SSLConnection as RedisSSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from fluxagents.workers.redis.refusals import CANNOT_WRITE


class _Patient:
    """A Redis whose disk is full refuses every write, and a PING: for a worker it is away, and may come back.

    kombu takes the refusal for an error of the worker's own, which ends the worker.
    """

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().read_response(*arguments, **options)  # type: ignore[misc] # of the class beside this one
        except ResponseError as error:
            if CANNOT_WRITE not in str(error):
                raise
            raise RedisConnectionError(str(error)) from error


class PatientConnection(_Patient, RedisConnection):
    """For `redis://`."""


class PatientSSLConnection(_Patient, RedisSSLConnection):
    """For `rediss://`."""


class QoS(redis.QoS):
    """A message that cannot be acknowledged gives its place to another all the same.

    kombu keeps the place until the connection is lost. A Redis that refuses the acknowledgement keeps the
    connection, so a worker would take fewer messages for ever, or none. The message comes back after the
    visibility timeout and is dropped, since its step is recorded or published again.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call] # kombu is half typed
        except self.channel.connection_errors:
            self._quick_ack(delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call] # as above
        except self.channel.connection_errors:
            self._quick_ack(delivery_tag)
            raise


class Channel(redis.Channel):
    """A channel that is closed after its connection is gone says so with an error that its callers expect.

    A consumer that loses Redis closes its connection twice. The second time, kombu 5.7 wants to hand
    unacknowledged messages back through a connection that it has already forgotten, and the
    `AttributeError` ends the worker's main process (celery/kombu#582). Those messages need nothing here:
    the reconciler publishes their steps again.
    """

    QoS = QoS
    connection_class = PatientConnection
    connection_class_ssl = PatientSSLConnection

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if getattr(self.connection, "client", None) is None:
            raise ConnectionError("the connection of this channel was closed before")
        params: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[no-untyped-call] # kombu is half typed
        return params


class Transport(redis.Transport):
    """kombu's transport with the channel above."""

    Channel = Channel


def register() -> None:
    """Let `redis://` and `rediss://` URLs mean this transport."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), f"{__name__}:{Transport.__name__}"))
