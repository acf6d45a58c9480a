"""The scheduler of beat: redbeat's, whose progress can be seen."""

from __future__ import annotations

from typing import Any

from redbeat.schedulers import RedBeatScheduler

from fluxagents.workers.celery.health import TICKS


class WatchedScheduler(RedBeatScheduler):  # type: ignore[misc] # redbeat ships no types
    """Notes when it ticks."""

    def tick(self, *arguments: Any, **options: Any) -> float:
        TICKS.note()
        pause_s: float = super().tick(*arguments, **options)
        return pause_s
