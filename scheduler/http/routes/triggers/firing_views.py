"""What a request for the past of a schedule or a trigger brings, and gets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from fluxagents.scheduler.firings.firing import Firing, FiringOutcome
from fluxagents.scheduler.http.access import Body
from fluxagents.scheduler.http.times import Time

MAX_HISTORY = 500

HistoryLimit = Annotated[int, Query(ge=1, le=MAX_HISTORY, description="Most entries, the newest first.")]


class FiringView(Body):
    """One entry of a history."""

    at: datetime
    """When this was decided."""
    outcome: FiringOutcome
    due: datetime | None
    """The tick of a schedule, or when the event happened."""
    run_id: str | None
    """The run that was started."""
    note: str
    """Why, where the outcome does not say it."""


class Span(Body):
    """A span of time that has passed."""

    since: Time
    until: Time


def view_firing(firing: Firing) -> FiringView:
    """An entry as it is answered."""
    return FiringView(
        at=to_time(firing.at_ms),
        outcome=firing.outcome,
        due=to_time(firing.due_ms) if firing.due_ms else None,
        run_id=firing.run_id or None,
        note=firing.note,
    )


def to_time(at_ms: int) -> datetime:
    """Unix time in ms as a time in UTC."""
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC)
