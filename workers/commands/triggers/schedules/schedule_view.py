"""How commands show a schedule."""

from __future__ import annotations

from typing import Any

from fluxagents.scheduler.schedules.grid import Cron, Timing
from fluxagents.scheduler.schedules.schedules import ScheduleStatus
from fluxagents.workers.commands.display.times import format_local, format_time


def document(status: ScheduleStatus) -> dict[str, Any]:
    """A schedule and how it is doing, as JSON and as the rows of `show`."""
    schedule, newest = status.schedule, status.last_run
    return {
        "name": schedule.name,
        "when": str(schedule.timing),
        "flow": schedule.flow_name or schedule.flow,
        **({"flow_digest": schedule.flow} if schedule.flow_name else {}),
        "model": schedule.model,
        "inputs": schedule.inputs,
        "lane": schedule.lane,
        "overlap": schedule.overlap,
        "catch_up": schedule.catch_up,
        **({"catch_up_limit": schedule.catch_up_limit} if schedule.catch_up == "all" else {}),
        "jitter_s": schedule.jitter_s,
        "reply_to": schedule.reply_to or None,
        "session": schedule.session,
        "created": format_time(schedule.created_ms),
        "paused_by": status.state.paused_by or None,
        "next_tick": format_time(status.next_ms),
        "next_tick_local": format_tick(schedule.timing, status.next_ms),
        "last_tick": format_time(status.last_ms) if status.last_ms is not None else None,
        "last_run": newest.run_id if newest else None,
        "last_run_status": newest.status if newest else None,
    }


def describe_timing(status: ScheduleStatus) -> str:
    """When a schedule is due, with a mark if it is paused."""
    return f"{status.schedule.timing}{' (paused)' if status.state.paused_by else ''}"


def format_tick(timing: Timing, at_ms: int) -> str | None:
    """A tick in the time zone of a cron expression; None for an interval."""
    return format_local(at_ms, timing.timezone) if isinstance(timing, Cron) else None
