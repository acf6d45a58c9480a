"""What a notebook tells: words, and runs as they are now."""

from __future__ import annotations

from collections.abc import Callable

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.notebook import Notebook, TextBlock
from fluxagents.flows.state import RunState

LoadRun = Callable[[str], RunState]
"""The state of a run; raises `UNKNOWN_ID` if there is none."""


def read_contents(notebook: Notebook, load: LoadRun) -> list[TextBlock | RunState]:
    """Its blocks; runs that have left the store are left out."""
    contents = (
        block if isinstance(block, TextBlock) else find_run(notebook.session, block.run, load)
        for block in notebook.blocks
    )
    return [content for content in contents if content is not None]


def find_run(session: str, run_id: str, load: LoadRun) -> RunState | None:
    """A run of the session; None if there is none, as nobody reads those of others under a link."""
    try:
        state = load(run_id)
    except FluxError as error:
        if error.kind is not ErrorClass.UNKNOWN_ID:
            raise
        return None
    return state if state.session == session else None
