"""The client of runs: start one or many. Imports neither cobra nor libsbml."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.migration import Migration, plan_migration
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.flows.language.pinning import pin_subflows
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.ports.publisher import Publisher
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.state import RunState
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.runs.history_control import TimeTravel
from fluxagents.scheduler.runs.run import Run
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.tasks.dispatch import first_commit
from fluxagents.tasks.external_events import record_external_event
from fluxagents.tasks.ports.models import ModelRef, ModelStore
from fluxagents.tasks.protocol import publish
from fluxagents.tasks.registry import tool_facts
from fluxagents.tasks.tool import Tool

CHUNK = 200
"""Runs that a batch stores in one round trip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One run to be started."""

    model: str
    inputs: Mapping[str, JsonValue]
    run_id: str | None = None


class RunClient(TimeTravel):
    """Starts and steers runs through the ports of the core.

    Args:
        store: The truth about runs.
        publisher: Puts step messages on the queues.
        clock: The time.
        models: Where models live.
        flows: Flows by name.
        tools: The tools that exist.
        prompts: The names of the prompts that exist; None leaves them unchecked.
        files: Whether a model may be named as a file of this machine; not for what comes over a network.
    """

    def __init__(
        self,
        *,
        store: RunStore,
        publisher: Publisher,
        clock: Clock,
        models: ModelStore,
        flows: FlowLibrary,
        tools: Mapping[str, Tool],
        prompts: Callable[[], Collection[str] | None] = lambda: None,
        files: bool = True,
    ) -> None:
        super().__init__(store=store, publisher=publisher, clock=clock, tools=tools)
        self.models = models
        self.flows = flows
        self._prompts = prompts
        self._files = files

    def start(
        self,
        flow: str,
        *,
        model: str,
        session: str = "",
        lane: e.Lane = "interactive",
        run_id: str | None = None,
        stepwise: bool = False,
        **inputs: Any,
    ) -> Run:
        """Start a run and return at once.

        Args:
            flow: The name of a flow, or the path of its YAML file.
            model: A model's name, file or content digest.
            session: Runs that belong together share one; by default the run is its own session.
            lane: `bulk` for work that nobody waits for; it never delays interactive runs.
            run_id: With an id of your own, a second start of the same run starts nothing.
            stepwise: Pause before every command; `Run.resume` lets one go on.
            inputs: The inputs of the flow, `question` for instance.

        Raises:
            FluxError: If the flow, the model or an input is not known or does not fit.
        """
        order = Order(model=model, inputs=inputs, run_id=run_id)
        return next(iter(self.batch(flow, [order], session=session, lane=lane, stepwise=stepwise)))

    def batch(
        self,
        flow: str,
        orders: Iterable[Order],
        *,
        session: str = "",
        lane: e.Lane = "bulk",
        stepwise: bool = False,
    ) -> Iterator[Run]:
        """Start many runs of one flow, a few hundred per round trip; each model is looked up once.

        Raises:
            FluxError: As `start`; orders before the one that does not fit have been started then.
        """
        controller = self.checked(flow)
        ref = controller.flow.ref
        # A name means the same model for the whole batch.
        resolve = cache(lambda name: self.models.resolve(name, files=self._files))
        todo = iter(orders)
        while chunk := list(islice(todo, CHUNK)):
            commits = [
                self._first(
                    controller,
                    ref,
                    order,
                    model=resolve(order.model),
                    session=session,
                    lane=lane,
                    stepwise=stepwise,
                )
                for order in chunk
            ]
            issued = self.store.create_many([(commit, commit.state.model_dump_json()) for commit in commits])
            publish(self._publisher, *(outgoing for outgoing in issued if outgoing is not None))
            yield from (Run(self, commit.state.run_id) for commit in commits)

    def checked(self, flow: str) -> FlowController:
        """A flow that can run, kept in the store with all flows that it runs.

        Raises:
            FluxError: If there is no such flow, or something is wrong with it.
        """
        known = self.flows.flows()
        definition, others = pin_subflows(self.flows.get(flow), self.flows.get)
        for one in (definition, *others):
            controller = FlowController(
                one, tools=tool_facts(self.tools), prompts=self._prompts(), flows=known
            )
            problems = controller.validate_flow()
            if problems:
                raise FluxError(
                    ErrorClass.BAD_FLOW, f"flow {one.flow!r}: {problems[0]}", suggestions=problems[1:]
                )
        for one in (*others, definition):
            self.store.save_flow(one)
        return FlowController(definition, tools=tool_facts(self.tools))

    def _first(
        self,
        controller: FlowController,
        flow: e.FlowRef,
        order: Order,
        *,
        model: ModelRef,
        session: str,
        lane: e.Lane,
        stepwise: bool,
    ) -> Commit:
        inputs = check_inputs(controller.flow, order.inputs)
        now = self._clock.now_ms()
        run = order.run_id or run_id(now)
        started = e.RunStarted(
            seq=0,
            at_ms=now,
            run_id=run,
            session=session or run,
            flow=flow,
            start_node=controller.flow.start,
            inputs=inputs,
            model=model.digest,
            model_name=model.name,
            lane=lane,
            stepwise=stepwise,
        )
        return first_commit(controller, started)

    def migration(self, run_id: str, *, flow: str) -> Migration:
        """What it would mean for a run to go on with another version of its flow; nothing is changed.

        Args:
            run_id: A run that waits or is paused.
            flow: The name of the flow, or the path of its YAML file.

        Raises:
            FluxError: If it cannot, with all that speaks against it.
        """
        state = self._open(run_id)
        return self._migration(state, self.checked(flow))

    def migrate(self, run_id: str, *, flow: str, by: str) -> RunState:
        """Let a run that waits or is paused go on with another version of its flow, from where it stands.

        It begins again at its node: what it asked there is asked again, what it began there is cancelled.

        Raises:
            FluxError: As `migration`, or if the run moved on meanwhile.
        """
        state = self._open(run_id)
        controller = self.checked(flow)
        changed = e.FlowChanged(
            seq=state.seq,
            at_ms=self._clock.now_ms(),
            flow=controller.flow.ref,
            node=state.node,
            inputs=self._migration(state, controller).inputs,
            by=by,
        )
        migrated = record_external_event(self.store, self._publisher, controller, state, changed)
        reason = f"run {run_id} went on with version {controller.flow.version} of its flow"
        self._cancel_children(run_id, state.children, by=by, reason=reason)
        return migrated

    def _migration(self, state: RunState, controller: FlowController) -> Migration:
        old = self.store.flow(state.flow.digest)
        return plan_migration(old, controller.flow, state, now_ms=self._clock.now_ms())

    def get(self, run_id: str) -> Run:
        """The run of this id.

        Raises:
            FluxError: If there is no such run.
        """
        self.store.load(run_id)
        return Run(self, run_id)
