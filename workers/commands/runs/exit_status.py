"""The exit status of a command that followed a run."""

from __future__ import annotations

from collections.abc import Mapping

from fluxagents.flows.state import Status

_EXIT_STATUS: Mapping[Status, int] = {"finished": 0, "running": 0, "waiting": 3, "paused": 3}


def exit_status(status: Status) -> int:
    """0 for a run that finished or still runs, 3 for one that waits for a human or is paused, else 1."""
    return _EXIT_STATUS.get(status, 1)
