"""The exit status of a command that followed a run."""

from __future__ import annotations

from collections.abc import Mapping

from fluxagents.flows.state import RunState, Status

_EXIT_STATUS: Mapping[Status, int] = {"finished": 0, "running": 0, "waiting": 3, "paused": 3}

NOT_ANSWERED = 4
"""A run finished, and not all that was asked is answered."""


def exit_status(state: RunState) -> int:
    """0 for a run that has answered or still runs, 3 for one that waits for a human or is paused, else 1.

    4 for a finished run that has answered a part of the question or nothing.
    """
    if state.status == "finished" and state.answered in {"partly", "no"}:
        return NOT_ANSWERED
    return _EXIT_STATUS.get(state.status, 1)
