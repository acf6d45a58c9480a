"""What came of one occasion to start a run: a tick of a schedule, or an event that a trigger waits for."""

from __future__ import annotations

from typing import Literal

from fluxagents.flows.events import Frozen

FiringOutcome = Literal[
    "started", "backfilled", "skipped", "buffered", "missed", "failed", "paused", "resumed"
]
"""`skipped`: an earlier run was open; `buffered`: it starts when that run has ended; `missed`: nobody was
there in time, and it is not made up for; `failed`: no run could be started."""


class Firing(Frozen):
    """One entry of the history of a schedule or a trigger."""

    at_ms: int
    """When this was decided (Unix time in ms)."""
    outcome: FiringOutcome
    due_ms: int = 0
    """The tick of a schedule, or when the event happened; 0 for neither."""
    run_id: str = ""
    """The run that was started; empty for none."""
    note: str = ""
    """Why, where the outcome does not say it."""
