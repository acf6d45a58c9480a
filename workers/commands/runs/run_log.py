"""What commands about one recorded run need: its log, its state, and the flow that it followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fluxagents.flows.engine.controller import FlowController
    from fluxagents.flows.events import Event
    from fluxagents.flows.language.definition import Flow
    from fluxagents.flows.state import RunState
    from fluxagents.workers.client import Client


@dataclass(frozen=True, slots=True)
class RunLog:
    """A run in Redis or in the archive."""

    client: Client
    state: RunState
    events: tuple[Event, ...]

    def flow(self, digest: str) -> Flow:
        """The version of a flow that the run follows or followed, also if only the library still has it.

        Raises:
            FluxError: If it is nowhere.
        """
        from fluxagents.flows.errors import ErrorClass, FluxError

        try:
            return self.client.store.flow(digest)
        except FluxError as error:
            if error.kind is not ErrorClass.BAD_FLOW:
                raise
        for flow in self.client.flows.flows().values():
            if flow.digest == digest:
                return flow
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"flow {digest[:12]!r} ({self.state.flow.name!r}) of run {self.state.run_id!r} is not stored",
            suggestions=("use the Redis that the run was started with: it keeps every flow",),
        )

    def controller(self, digest: str) -> FlowController:
        """What decides in such a flow, with the tools of this installation; raises as `flow`."""
        from fluxagents.flows.engine.controller import FlowController
        from fluxagents.tasks.registry import tool_facts

        return FlowController(self.flow(digest), tools=tool_facts(self.client.tools))


def open_log(run_id: str, client: Client | None = None) -> RunLog:
    """The log of a run.

    Raises:
        FluxError: If there is no such run, or its log cannot be read.
    """
    from fluxagents.workers.client import Client

    client = client or Client()
    return RunLog(client, client.store.load(run_id), client.store.events(run_id))
