"""The runs that a step begins: of a `map` or `subflow` node, or the shards of a tool call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fluxagents.flows.events import RunCancelled
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.publisher import Publisher
from fluxagents.flows.ports.run_store import FlowVersions, RunQueries, StepStore
from fluxagents.flows.state import TERMINAL, RunState
from fluxagents.tasks.dispatch import Controllers
from fluxagents.tasks.external_events import read_again_when_moved_on, record_external_event


@dataclass(frozen=True, kw_only=True)
class ChildRuns:
    """What an act may do with the runs that its step began."""

    steps: StepStore
    runs: RunQueries
    flows: FlowVersions
    publisher: Publisher
    clock: Clock
    controllers: Controllers

    def load(self, run_id: str) -> RunState:
        """The state of one of them."""
        return self.runs.load(run_id)

    def flow(self, digest: str) -> Flow:
        """A stored flow."""
        return self.flows.flow(digest)

    def save_flow(self, flow: Flow) -> None:
        """Store the flow of runs that begin when the step is committed: it must be there before them."""
        self.flows.save_flow(flow)

    def cancel_unfinished(self, runs: Sequence[str], reason: str) -> int:
        """Cancel those that have not ended.

        Returns:
            How many there were.
        """
        unfinished = [run_id for run_id in runs if self.runs.load(run_id).status not in TERMINAL]
        for run_id in unfinished:
            self._cancel(run_id, reason)
        return len(unfinished)

    @read_again_when_moved_on
    def _cancel(self, run_id: str, reason: str) -> None:
        run = self.runs.load(run_id)
        if run.status in TERMINAL:
            return
        event = RunCancelled(seq=run.seq, at_ms=self.clock.now_ms(), by="its parent", reason=reason)
        controller = self.controllers(run.flow.digest)
        record_external_event(self.steps, self.publisher, controller, run, event)
