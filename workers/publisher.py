"""Step messages through Celery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from fluxagents.flows.ports import Outgoing

if TYPE_CHECKING:
    from celery import Celery
    from redis import Redis

INLINE_BYTES = 65_536
"""A larger state stays in the store and the step fetches it with its claim."""


class CeleryPublisher:
    """Publishes with the app's own producer pool.

    Args:
        app: The Celery application.
        redis: The broker's Redis, to see whether a queue is empty.
    """

    unreachable: tuple[type[Exception], ...] = (OperationalError, RedisError, OSError)

    def __init__(self, app: Celery, redis: Redis) -> None:
        self._app = app
        self._redis = redis

    def publish(self, outgoing: Outgoing) -> None:
        with self._app.producer_pool.acquire(block=True) as producer:
            self._send(outgoing, producer)

    def publish_many(self, outgoing: Sequence[Outgoing]) -> None:
        with self._app.producer_pool.acquire(block=True) as producer:
            for one in outgoing:
                self._send(one, producer)

    def is_idle(self, queue: str) -> bool:
        return self._redis.llen(queue) == 0

    def _send(self, outgoing: Outgoing, producer: Any) -> None:
        dispatch = outgoing.dispatch
        shown = {"run": outgoing.run_id, "step": outgoing.seq, **dispatch.label}
        inline = len(outgoing.state) <= INLINE_BYTES
        self._app.send_task(
            dispatch.task,
            kwargs={
                "run": outgoing.run_id,
                "seq": outgoing.seq,
                "ticket": outgoing.ticket,
                "state": outgoing.state if inline else "",
            },
            task_id=f"run-{outgoing.run_id}.{outgoing.seq}.{outgoing.attempt}",
            queue=dispatch.queue,
            argsrepr="",
            kwargsrepr=repr(shown),
            root_id=f"run-{outgoing.run_id}",
            parent_id=f"run-{outgoing.run_id}.{outgoing.seq - 1}.1" if outgoing.seq > 1 else None,
            producer=producer,
            ignore_result=True,
        )
