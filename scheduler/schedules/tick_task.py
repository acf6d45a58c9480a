"""The Celery task behind every schedule. Beat knocks; the grid says whether a run is due."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from fluxagents.scheduler.schedules.schedule import TICK, Schedule
from fluxagents.scheduler.schedules.schedule_ticker import ScheduleTicker


@shared_task(bind=True, name=TICK)  # type: ignore[untyped-decorator] # Celery ships no types
def tick(self: Any, *, schedule: str) -> str:
    """Start the runs of a schedule's ticks that are due, unless they were started already.

    Ticks are computed from the schedule's own grid when the message arrives, and the ids of their runs from
    the schedule's name and the tick. So a message may come any number of times, from any number of beats,
    early, late or for a tick that another message has answered: each tick has one run at most. Beat knocks
    more often than the schedule is due, so that a message that Redis loses is made up for.

    The message carries the `Schedule` as JSON.

    Returns:
        The id of the last tick's run; empty before the first tick.
    """
    ticker: ScheduleTicker = self.app.process.ticker
    return ticker.tick(Schedule.model_validate_json(schedule))
