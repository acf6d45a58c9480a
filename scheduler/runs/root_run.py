"""The run that led to another one and that no run began."""

from __future__ import annotations

from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.flows.state import RunState


def find_root(runs: RunQueries, state: RunState) -> RunState:
    """The run at the top of a line of parents; the run itself if no other began it."""
    while state.parent:
        state = runs.load(state.parent)
    return state
