"""Step messages through Celery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kombu.exceptions import BatchPublishError, OperationalError
from redis.exceptions import RedisError

from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.flows.texts.trace_context import TRACEPARENT, build_step_context
from fluxagents.tasks.dispatch import TRACE

if TYPE_CHECKING:
    from celery import Celery
    from redis import Redis

INLINE_BYTES = 65_536
"""A larger state stays in the store and the step fetches it with its claim."""

BATCH = 500
"""Redis commands in one round trip."""


def task_id(run_id: str, seq: int, attempt: int) -> str:
    """The id of the Celery task that carries a step."""
    return f"run-{run_id}.{seq}.{attempt}"


HARD_LIMIT_S = 60
"""How long a step may go on after it was told that its time is over."""


def _limits(seconds: float) -> dict[str, float]:
    return {"soft_time_limit": seconds, "time_limit": seconds + HARD_LIMIT_S} if seconds else {}


class CeleryPublisher:
    """Publishes with the app's own producer pool.

    Args:
        app: The Celery application.
        redis: The broker's Redis, to see whether a queue is empty.
    """

    unreachable: tuple[type[Exception], ...] = (OperationalError, BatchPublishError, RedisError, OSError)

    def __init__(self, app: Celery, redis: Redis) -> None:
        self._app = app
        self._redis = redis

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        # A batch sends each message with its event for Flower, and all messages, in one round trip.
        with self._app.producer_pool.acquire(block=True) as producer, producer.batch(max_size=BATCH):
            for message in outgoing:
                self._send(message, producer)

    def stop(self, run_id: str, seq: int, attempt: int) -> None:
        # KILL: a solver in C answers no other signal before it is done.
        self._app.control.revoke(task_id(run_id, seq, attempt), terminate=True, signal="SIGKILL")

    def is_idle(self, queue: str) -> bool:
        return self._redis.llen(queue) == 0

    def _send(self, outgoing: Outgoing, producer: Any) -> None:
        dispatch = outgoing.dispatch
        shown = {"run": outgoing.run_id, "step": outgoing.seq, **dispatch.label}
        inline = len(outgoing.state) <= INLINE_BYTES
        amqp = self._app.amqp
        # What `send_task` does, without the options that a step never has: a fifth of a step's time.
        message = amqp.create_task_message(
            task_id(outgoing.run_id, outgoing.seq, outgoing.attempt),
            dispatch.task,
            (),
            {
                "run": outgoing.run_id,
                "seq": outgoing.seq,
                "ticket": outgoing.sequence_number,
                "state": outgoing.state if inline else "",
            },
            argsrepr="",
            kwargsrepr=repr(shown),
            root_id=f"run-{outgoing.run_id}",
            parent_id=task_id(outgoing.run_id, outgoing.seq - 1, 1) if outgoing.seq > 1 else None,
            create_sent_event=True,
            ignore_result=True,
            **_limits(dispatch.time_limit_s),
        )
        if TRACE in dispatch.label:
            message.headers[TRACEPARENT] = build_step_context(
                dispatch.label[TRACE], outgoing.run_id, outgoing.seq
            )
        # Workers declare the queues that they read; a message to a queue by name needs no declaration.
        # Inside a batch there is nothing to retry: what cannot be sent at its end is sent by the reconciler.
        amqp.send_task_message(
            producer, dispatch.task, message, queue=dispatch.queue, declare=(), retry=False
        )
