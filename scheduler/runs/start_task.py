"""The Celery task that starts a run, for scripts that know nothing but Celery and for schedules."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from pydantic import JsonValue

from fluxagents.flows.events import Lane
from fluxagents.flows.people.actor import SYSTEM, Actor, Proof
from fluxagents.flows.texts.checks import check_text
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.flows.texts.trace_context import TRACEPARENT
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
    """Start a run; the same message again starts nothing, another one with the same `run_id` fails.

    Args:
        self: The task.
        flow: The name of a flow that the workers know, or the digest of one that is stored.
        model: A model's name or content digest.
        inputs: The inputs of the flow.
        session: Runs that belong together share one; by default the run is its own session.
        lane: `bulk` for work that nobody waits for.
        run_id: The id of the run; by default that of the Celery task.

    Returns:
        The id of the run.

    Raises:
        FluxError: As `RunClient.start`; the task fails then and nothing is started.
    """
    check_text(flow, "the flow", MAX_NAME)
    client: RunClient = self.app.process.client
    spec = RunSpec(
        model=model,
        inputs=inputs or {},
        run_id=run_id or self.request.id,
        traceparent=(self.request.headers or {}).get(TRACEPARENT),
    )
    # Whoever can send messages acts for the installation; a signature shows that it knows the message key.
    sender = Actor(name=SYSTEM, channel="message", proof=Proof(kind="message", id=self.request.id))
    return next(client.acting_as(sender).batch(flow, [spec], session=session, lane=lane)).id
