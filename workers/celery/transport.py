"""The Redis transports of kombu, with faults mended: a worker outlives its broker, and its full disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis import Connection as RedisConnection
from redis import Redis
from redis import SSLConnection as RedisSSLConnection
from redis.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.sentinel import SentinelManagedConnection

from fluxagents.workers.redis.refusals import is_write_refused


class _Patient:
    """A Redis that refuses every write, as with a full disk, is away for a worker, and may come back.

    kombu takes the refusal for an error of the worker's own, which ends the worker.
    """

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().read_response(*arguments, **options)  # type: ignore[misc] # of the class beside this one
        except ResponseError as error:
            if not is_write_refused(error):
                raise
            raise RedisConnectionError(str(error)) from error


class PatientConnection(_Patient, RedisConnection):
    """For `redis://`."""


class PatientSSLConnection(_Patient, RedisSSLConnection):
    """For `rediss://`."""


class PatientSentinelConnection(_Patient, SentinelManagedConnection):
    """For whichever Redis the sentinels name."""


class QoS(redis.QoS):
    """A message that cannot be acknowledged gives its place to another all the same.

    kombu keeps the place until the connection is lost. A Redis that refuses the acknowledgement keeps the
    connection, so a worker would take fewer messages for ever, or none. The message comes back after the
    visibility timeout and is dropped, since its step is recorded or published again.
    """

    @contextmanager
    def pipe_or_acquire(
        self, pipe: Pipeline | None = None, client: Redis | None = None
    ) -> Iterator[Pipeline]:
        """Without `MULTI` and `EXEC`: each of the two commands that kombu sends may be done alone."""
        with self.channel.conn_or_acquire(client) as shared:
            yield shared.pipeline(transaction=False) if pipe is None else pipe

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


class _Lasting:
    """A channel that is closed after its connection is gone says so with an error that its callers expect.

    A consumer that loses Redis closes its connection twice. The second time, kombu 5.7 wants to hand
    unacknowledged messages back through a connection that it has already forgotten, and the
    `AttributeError` ends the worker's main process (celery/kombu#582). Those messages need nothing here:
    the reconciler publishes their steps again.
    """

    QoS = QoS
    _shared: Redis | None = None

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        channel: Any = self
        if getattr(channel.connection, "client", None) is None:
            raise ConnectionError("the connection of this channel was closed before")
        params: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[misc] # of the class beside this one
        return params

    def _create_client(self, asynchronous: bool = False) -> Redis:
        """One client for all commands; kombu makes one for each, which takes as long as the command."""
        channel: Any = self
        if asynchronous:
            return super()._create_client(asynchronous)  # type: ignore[misc, no-any-return] # as above
        if self._shared is None or self._shared.connection_pool is not channel.pool:
            self._shared = super()._create_client()  # type: ignore[misc] # as above
        return self._shared


class Channel(_Lasting, redis.Channel):
    """For one Redis."""

    connection_class = PatientConnection
    connection_class_ssl = PatientSSLConnection


class SentinelChannel(_Lasting, redis.SentinelChannel):
    """For the primary that sentinels name."""

    connection_class = PatientSentinelConnection


class Transport(redis.Transport):
    """kombu's transport with the channel above."""

    Channel = Channel


class SentinelTransport(redis.SentinelTransport):
    """As above, for sentinels."""

    Channel = SentinelChannel


def register() -> None:
    """Let `redis://`, `rediss://` and `sentinel://` URLs mean these transports."""
    aliases = {"redis": Transport, "rediss": Transport, "sentinel": SentinelTransport}
    TRANSPORT_ALIASES.update({scheme: f"{__name__}:{it.__name__}" for scheme, it in aliases.items()})
