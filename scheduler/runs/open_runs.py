"""Runs that have not ended, and writing an event from outside into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.events import Event
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.publisher import Publisher
from fluxagents.flows.ports.run_store import RunQueries, RunStore
from fluxagents.flows.state import RunState
from fluxagents.scheduler.people.authority import Authority, Permit
from fluxagents.tasks.external_events import record_external_event
from fluxagents.tasks.registry import tool_facts
from fluxagents.tasks.tool import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRuns:
    """What it takes to write into runs.

    Args:
        store: The truth about runs.
        publisher: Puts step messages on the queues.
        clock: The time.
        tools: The tools that exist.
        authority: Decides what whoever acts may do.
    """

    store: RunStore
    publisher: Publisher
    clock: Clock
    tools: Mapping[str, Tool]
    authority: Authority

    def load(self, run_id: str) -> RunState:
        """The state of a run.

        Raises:
            FluxError: If there is no such run, or it has ended.
        """
        state = self.store.load(run_id)
        if state.has_ended:
            raise ConflictError(f"run {run_id!r} is {state.status}; it has ended")
        return state

    def permit(
        self,
        action: Action,
        state: RunState,
        *,
        by: str | None,
        details: Mapping[str, JsonValue] | None = None,
    ) -> Permit:
        """Check whether whoever acts may do this to a run.

        Raises:
            FluxError: `PERMISSION` if not.
        """
        on = Resource(kind="run", id=state.run_id, session=self.session_of(state))
        return self.authority.permit(action, on, by=by, details=details)

    def session_of(self, state: RunState) -> str:
        """The session whose roles count for a run; see `find_session`."""
        return find_session(self.store, state)

    def append(
        self, state: RunState, event_at: Callable[[int], Event], record: AuditRecord | None
    ) -> RunState:
        """Write an event, made for the present time (Unix time in ms), and what follows from it.

        Args:
            state: Of the run.
            event_at: Makes the event.
            record: The act, as it was permitted; None for what follows from an act on another run.
        """
        return self.write(self.controller(state), state, event_at(self.clock.now_ms()), record)

    def append_all(self, state: RunState, events: Sequence[Event], record: AuditRecord) -> RunState:
        """Write what one act of a person comes to, and what follows from it."""
        return record_external_event(
            self.store, self.publisher, self.controller(state), state, *events, record=record
        )

    def write(
        self, controller: FlowController, state: RunState, event: Event, record: AuditRecord | None
    ) -> RunState:
        """Write an event and what follows from it in the flow of the controller."""
        return record_external_event(self.store, self.publisher, controller, state, event, record=record)

    def controller(self, state: RunState) -> FlowController:
        """The controller of the flow version that a run keeps."""
        return FlowController(self.store.flow(state.flow.digest), tools=tool_facts(self.tools))


def find_session(runs: RunQueries, state: RunState) -> str:
    """The session whose roles count for a run; one that another run began has those of the other.

    While the other is not here, as during an import, it is that of the run: roles in no session reach it.
    """
    while state.parent:
        try:
            state = runs.load(state.parent)
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            break
    return state.session
