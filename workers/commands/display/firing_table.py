"""What came of the ticks of a schedule, or the events of a trigger, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fluxagents.scheduler.firings.firing import Firing
from fluxagents.workers.commands.display.output import print_table
from fluxagents.workers.commands.display.times import format_date, format_time


def print_firings(firings: Sequence[Firing], *, due: str, empty: str) -> None:
    """Print one row per firing; `due` heads the column of what it was for."""
    print_table(
        ("at (UTC)", due, "outcome", "run", "note"),
        [
            (
                format_date(firing.at_ms),
                format_date(firing.due_ms) if firing.due_ms else "",
                firing.outcome,
                firing.run_id,
                firing.note,
            )
            for firing in firings
        ],
        empty=empty,
    )


def firing_document(firing: Firing) -> dict[str, Any]:
    """One firing as JSON."""
    return {
        "at": format_time(firing.at_ms),
        "due": format_time(firing.due_ms) if firing.due_ms else None,
        "outcome": firing.outcome,
        "run_id": firing.run_id or None,
        "note": firing.note or None,
    }
