"""The Celery tasks for triggers that wait for the network, so that no other one waits for them."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from fluxagents.scheduler.triggers.folders.folder_watch import FolderWatch
from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine

SERVE = "trigger.serve"
WATCH = "trigger.watch"

QUEUE = "human"
"""Its workers wait for the network; solvers have others."""

EXPIRES_S = 30.0
"""A call that nobody took in this time is made again when the trigger is next due."""


@shared_task(bind=True, name=SERVE)  # type: ignore[untyped-decorator] # Celery ships no types
def serve(self: Any, *, trigger: str) -> None:
    """Start what is due of a trigger.

    Raises:
        FluxError: A run could not be started; the history of the trigger says so as well.
    """
    triggers: TriggerEngine = self.app.process.triggers
    triggers.serve(trigger)


@shared_task(bind=True, name=WATCH)  # type: ignore[untyped-decorator] # Celery ships no types
def watch(self: Any, *, trigger: str) -> None:
    """Look into the folder of a trigger."""
    folders: FolderWatch = self.app.process.folders
    folders.poll(trigger)
