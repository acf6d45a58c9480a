"""What a worker imports before its first task, in its main process, so that forked children share it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from celery import bootsteps

from fluxagents.workers.celery.queues import DECIDE, LONG, TOOLS

MODULES = {
    **dict.fromkeys((*TOOLS.queues, *LONG.queues), "cobra.io"),
    DECIDE.queues[0]: "fluxagents.workers.chat_models.chat_model",
}
"""Queue -> what takes seconds to import, which each child would spend on its first task."""


class Preload(bootsteps.Step):  # type: ignore[misc] # Celery ships no types
    """Bootstep that is built before the pool forks."""

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        for queue in worker.app.amqp.queues.consume_from:
            if queue in MODULES:
                import_module(MODULES[queue])
