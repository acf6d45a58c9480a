"""What a worker imports before its first task, in its main process, so that forked children share it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from celery import bootsteps

from fluxagents.workers.celery.queues import DECIDE, LONG, TOOLS

TOOL_LIBRARY = "cobra.io"
"""It takes seconds to import, which each child would spend on its first task."""

CHAT_MODELS = "fluxagents.workers.chat_models.chat_model"


class Preload(bootsteps.Step):  # type: ignore[misc] # Celery ships no types
    """Bootstep that is built before the pool forks."""

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        queues = set(worker.app.amqp.queues.consume_from)
        if queues & {*TOOLS.queues, *LONG.queues}:
            self.import_tool_library()
        if queues & set(DECIDE.queues):
            # Threads that import keep heartbeats back, and the first decisions would be taken for lost.
            import_module(CHAT_MODELS).import_providers(worker.app.settings)

    def import_tool_library(self) -> None:
        """Import what tools compute with."""
        import_module(TOOL_LIBRARY)
