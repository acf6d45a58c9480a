"""Runs that have not ended, and writing an event from outside into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.publisher import Publisher
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.checks import check_name
from fluxagents.tasks.external_events import record_external_event
from fluxagents.tasks.registry import tool_facts
from fluxagents.tasks.tool import Tool

ANYONE = "anyone"
"""Who acts where nobody is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRuns:
    """What it takes to write into runs.

    Args:
        store: The truth about runs.
        publisher: Puts step messages on the queues.
        clock: The time.
        tools: The tools that exist.
    """

    store: RunStore
    publisher: Publisher
    clock: Clock
    tools: Mapping[str, Tool]

    def load(self, run_id: str) -> RunState:
        """The state of a run.

        Raises:
            FluxError: If there is no such run, or it has ended.
        """
        state = self.store.load(run_id)
        if state.ended:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"run {run_id!r} is {state.status}; it has ended")
        return state

    def append(self, state: RunState, event_at: Callable[[int], Event]) -> RunState:
        """Write an event, made for the present time (Unix time in ms), and what follows from it."""
        return self.write(self.controller(state), state, event_at(self.clock.now_ms()))

    def write(self, controller: FlowController, state: RunState, event: Event) -> RunState:
        """Write an event and what follows from it in the flow of the controller.

        Raises:
            FluxError: If it says by whom, and that is no name.
        """
        check_name(getattr(event, "by", ANYONE), "a person")
        return record_external_event(self.store, self.publisher, controller, state, event)

    def controller(self, state: RunState) -> FlowController:
        """The controller of the flow version that a run keeps."""
        return FlowController(self.store.flow(state.flow.digest), tools=tool_facts(self.tools))
