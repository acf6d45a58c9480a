"""Lets a run go on with another version of its flow."""

from __future__ import annotations

from collections.abc import Callable

from fluxagents.flows import events as e
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.history.migration import Migration, plan_migration
from fluxagents.flows.people.actions import Action
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.open_runs import OpenRuns
from fluxagents.scheduler.runs.run_control import RunControl


class FlowMigration:
    """Moves runs to another version of their flow.

    Args:
        runs: What it takes to write into runs.
        control: Cancels what a run began at the node that it begins again.
        check_flow: The flow of a name or file, checked.
    """

    def __init__(
        self, runs: OpenRuns, control: RunControl, check_flow: Callable[[str], FlowController]
    ) -> None:
        self._runs = runs
        self._control = control
        self._check_flow = check_flow

    def plan(self, run_id: str, *, flow: str) -> Migration:
        """What it would mean for a run to go on with another version of its flow; nothing is changed.

        Args:
            run_id: A run that waits or is paused.
            flow: The name of the flow, or the path of its YAML file.

        Raises:
            FluxError: If it cannot, with all that speaks against it.
        """
        state = self._runs.load(run_id)
        return self._plan(state, self._check_flow(flow))

    def migrate(self, run_id: str, *, flow: str, by: str | None = None) -> RunState:
        """Let a run that waits or is paused go on with another version of its flow, from where it stands.

        It begins again at its node: what it asked there is asked again, what it began there is cancelled.

        Raises:
            FluxError: As `plan`, or if the run moved on meanwhile.
        """
        state = self._runs.load(run_id)
        permit = self._runs.permit(Action.RUN_MIGRATE, state, by=by, details={"flow": flow})
        controller = self._check_flow(flow)
        changed = e.FlowChanged(
            seq=state.seq,
            at_ms=self._runs.clock.now_ms(),
            flow=controller.flow.ref,
            node=state.node,
            inputs=self._plan(state, controller).inputs,
            by=permit.by,
        )
        migrated = self._runs.write(controller, state, changed, permit.record)
        reason = f"run {run_id} went on with version {controller.flow.version} of its flow"
        self._control.cancel_children(run_id, state.children, by=permit.by, reason=reason)
        return migrated

    def _plan(self, state: RunState, controller: FlowController) -> Migration:
        old = self._runs.store.flow(state.flow.digest)
        return plan_migration(old, controller.flow, state, now_ms=self._runs.clock.now_ms())
