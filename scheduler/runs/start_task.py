"""The Celery task that starts a run, for scripts that know nothing but Celery and for schedules."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from pydantic import JsonValue

from fluxagents.flows.events import Lane
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.dispatch import START


@shared_task(bind=True, name=START)
def start(
    self: Any,
    *,
    flow: str,
    model: str,
    inputs: dict[str, JsonValue] | None = None,
    session: str = "",
    lane: Lane = "bulk",
    run_id: str | None = None,
) -> str:
    """Start a run; a second message with the same `run_id` starts nothing.

    Returns:
        The id of the run.
    """
    client: RunClient = self.app.process.client
    spec = RunSpec(model=model, inputs=inputs or {}, run_id=run_id or self.request.id)
    return next(client.batch(flow, [spec], session=session, lane=lane)).id
