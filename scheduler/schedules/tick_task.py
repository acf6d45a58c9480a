"""The Celery task behind every schedule. Beat knocks; the grid says whether a run is due."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.scheduler.schedules.schedules import TICK, Schedule


@shared_task(bind=True, name=TICK)  # type: ignore[untyped-decorator] # Celery ships no types
def tick(self: Any, *, schedule: str) -> str:
    """Start the run of a schedule's latest tick, unless it was started already.

    The tick is computed from the schedule's own grid when the message arrives, and its run's id from the
    schedule's name and the tick. So a message may come any number of times, from any number of beats, early,
    late or for a tick that another message has answered: each tick has one run at most. Beat knocks more
    often than the schedule is due, so that a message that Redis loses is made up for within the hour. When
    beat or all workers were down for several ticks, the latest of them is run once and the others never.

    The message carries the `Schedule` as JSON.

    Returns:
        The id of the latest tick's run; empty before the first tick.
    """
    clock: Clock = self.app.process.clock
    client: RunClient = self.app.process.client
    plan = Schedule.model_validate_json(schedule)
    due_ms = plan.last_tick(clock.now_ms())
    if due_ms is None:
        return ""
    run = plan.tick_run(due_ms)
    if not _exists(client.store, run):
        owner = Actor(name=plan.owner, channel="schedule", proof=Proof(kind="schedule", id=plan.name))
        spec = RunSpec(model=plan.model, inputs=plan.inputs, run_id=run)
        next(client.acting_as(owner).batch(plan.flow, [spec], session=plan.session, lane=plan.lane))
    return run


def _exists(runs: RunQueries, run: str) -> bool:
    try:
        runs.load(run)
    except FluxError as error:
        if error.kind is not ErrorClass.UNKNOWN_ID:
            raise
        return False
    return True
