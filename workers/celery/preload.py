"""What a worker imports before its first task, in its main process, so that forked children share it."""

from __future__ import annotations

from typing import Any

from celery import bootsteps

from fluxagents.workers.celery.queues import DECIDE, LONG, TOOLS


class Preload(bootsteps.Step):  # type: ignore[misc] # Celery ships no types
    """Bootstep that is built before the pool forks."""

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        consumed = set(worker.app.amqp.queues.consume_from)
        if consumed & {*TOOLS.queues, *LONG.queues}:
            import cobra.io  # noqa: F401, PLC0415 # seconds that each child would spend on its first tool
        if consumed & {DECIDE.queues[0]}:
            import fluxagents.workers.chat_models.chat_model  # noqa: F401, PLC0415 # as above, of the first decision
