"""Why a run is paused, as commands show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fluxagents.flows.events import Event, RunImported, RunPaused
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import visible
from fluxagents.workers.commands.display.output import echo
from fluxagents.workers.commands.display.times import format_time

Pause = RunPaused | RunImported


def find_pause(state: RunState, log: Sequence[Event]) -> Pause | None:
    """What paused a run; None for one that is not paused."""
    if state.status != "paused":
        return None
    return next((event for event in reversed(log) if isinstance(event, Pause)), None)


def pause_document(pause: Pause) -> dict[str, Any]:
    """As scripts read it."""
    return {"by": pause.by, "reason": _reason(pause), "at": format_time(pause.at_ms)}


def print_pause(pause: Pause, run_id: str) -> None:
    """Print who paused a run and why, and how it goes on."""
    reason = _reason(pause)
    why = f": {visible(reason)}" if reason else ""
    echo(f"\npaused by {visible(pause.by)}, {format_time(pause.at_ms)} UTC{why}", fg="yellow")
    echo(f"  fluxagents runs resume {run_id}\n")


def _reason(pause: Pause) -> str:
    return pause.reason if isinstance(pause, RunPaused) else "as every run that was imported"
