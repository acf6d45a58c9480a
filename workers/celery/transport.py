"""The Redis transports of kombu, with faults mended: a worker outlives its broker, and its full disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from kombu.transport import TRANSPORT_ALIASES, redis
from redis import Connection as RedisConnection
from redis import Redis
from redis import SSLConnection as RedisSSLConnection
from redis.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.sentinel import SentinelManagedConnection

from fluxagents.workers.redis.refusals import is_write_refused

log = structlog.get_logger("transport")


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


ACK_PAUSE_S = 0.05
"""How long an acknowledgement may wait for the next message."""


class QoS(redis.QoS):
    """Keeps note of what is taken, with half the round trips of kombu's.

    The acknowledgements of a worker's loop go to Redis with the note of the next message. One that is lost
    with its worker, or that Redis refuses, changes nothing: the message comes back after the visibility
    timeout and is dropped, since its step is recorded or published again. Its place is free at once. kombu
    keeps it until the connection is lost, so that a worker of a Redis that refuses would end with none.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)  # type: ignore[no-untyped-call] # kombu is half typed
        self._acknowledged: deque[str] = deque()
        self._sending_is_due = False

    @contextmanager
    def pipe_or_acquire(
        self, pipe: Pipeline | None = None, client: Redis | None = None
    ) -> Iterator[Pipeline]:
        """Without `MULTI` and `EXEC`: each of the two commands that kombu sends may be done alone."""
        if pipe is not None:
            yield pipe
            return
        with self.channel.conn_or_acquire(client) as shared:
            new = shared.pipeline(transaction=False)
            tags = [self._acknowledged.popleft() for _ in range(len(self._acknowledged))]
            if tags:
                new.zrem(self.unacked_index_key, *tags).hdel(self.unacked_key, *tags)
            yield new

    def ack(self, delivery_tag: str) -> None:
        # A channel whose connection was lost has none, and a task may end later.
        loop = getattr(self.channel.connection, "loop", None)
        if loop is None:
            self._ack_now(delivery_tag)
            return
        self._acknowledged.append(delivery_tag)
        self._quick_ack(delivery_tag)
        if not self._sending_is_due:
            self._sending_is_due = True
            # A pool of threads acknowledges from any of them, and timers belong to the loop.
            loop.call_soon(loop.call_later, ACK_PAUSE_S, self._send_acknowledged)

    def _ack_now(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call] # as above
        except self.channel.connection_errors:
            self._quick_ack(delivery_tag)
            raise

    def _send_acknowledged(self) -> None:
        self._sending_is_due = False
        if not self._acknowledged:
            return
        try:
            with self.pipe_or_acquire() as pipe:
                pipe.execute()
        except self.channel.connection_errors as error:
            log.warning("messages are not acknowledged", error=str(error))

    def restore_unacked_once(self, stderr: Any = None) -> None:
        """At the end of the channel; the loop no longer runs."""
        self._send_acknowledged()
        super().restore_unacked_once(stderr)  # type: ignore[no-untyped-call] # as above

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


class _Looping:
    """A transport that knows the loop of its worker, if one looks after it."""

    loop: Any = None

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        super().register_with_event_loop(connection, loop)  # type: ignore[misc] # of the class beside this one
        self.loop = loop


class Transport(_Looping, redis.Transport):
    """kombu's transport with the channel above."""

    Channel = Channel


class SentinelTransport(_Looping, redis.SentinelTransport):
    """As above, for sentinels."""

    Channel = SentinelChannel


def register() -> None:
    """Let `redis://`, `rediss://` and `sentinel://` URLs mean these transports."""
    aliases = {"redis": Transport, "rediss": Transport, "sentinel": SentinelTransport}
    TRANSPORT_ALIASES.update({scheme: f"{__name__}:{it.__name__}" for scheme, it in aliases.items()})
