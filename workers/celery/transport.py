"""The Redis transport of kombu, with one fault mended: a worker outlives the loss of its broker."""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis


class Channel(redis.Channel):
    """A channel that is closed after its connection is gone says so with an error that its callers expect.

    A consumer that loses Redis closes its connection twice. The second time, kombu 5.7 wants to hand
    unacknowledged messages back through a connection that it has already forgotten, and the
    `AttributeError` ends the worker's main process (celery/kombu#582). Those messages need nothing here:
    the reconciler publishes their steps again.
    """

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
