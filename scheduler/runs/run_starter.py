"""Starts runs: checks their flow and inputs, writes their first commit, publishes their first step."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Any

from fluxagents.flows import events as e
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.flows.language.pinning import pin_subflows
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.flows.ports.run_store import require_start
from fluxagents.flows.texts.checks import check_document, check_name, check_run_id, check_text
from fluxagents.flows.texts.trace_context import begin_trace
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.runs.open_runs import OpenRuns
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.scheduler.runs.start_conflict import refuse_other_start
from fluxagents.tasks.dispatch import first_commit
from fluxagents.tasks.ports.models import ModelRef, ModelStore
from fluxagents.tasks.protocol import publish
from fluxagents.tasks.registry import tool_facts

_DIGEST = re.compile(r"[0-9a-f]{64}")

CHUNK = 200
"""Runs that a batch stores in one round trip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One run to be started.

    Raises:
        FluxError: `BAD_ARGUMENT` if the id cannot be one, or an input is too large or no JSON.
    """

    model: str
    inputs: Mapping[str, Any]
    """JSON; typed as such they would refuse a medium that a type checker knows as `dict[str, float]`."""
    run_id: str | None = None
    trigger: e.Trigger | None = None
    """What starts it; none where somebody does by hand."""
    traceparent: str | None = None
    """The trace that it joins, as it came in a header of that name."""

    def __post_init__(self) -> None:
        """Refuse what no run may have; every start comes through here, also that of a message."""
        if self.run_id is not None:
            check_run_id(self.run_id)
        check_text(self.model, "the model")
        check_document(self.inputs, "input")


class RunStarter:
    """Starts one run or many.

    Args:
        runs: What it takes to write into runs.
        models: Where models live.
        flows: Flows by name.
        prompts: The names of the prompts that exist; None leaves them unchecked.
        files: Whether a model may be named as a file of this machine; not for what comes over a network.
        traced_share: Of the runs that are traced, 0 to 1.
    """

    def __init__(
        self,
        runs: OpenRuns,
        *,
        models: ModelStore,
        flows: FlowLibrary,
        prompts: Callable[[], Collection[str] | None],
        files: bool,
        traced_share: float,
    ) -> None:
        self._runs = runs
        self._models = models
        self._flows = flows
        self._prompts = prompts
        self._files = files
        self._traced_share = traced_share

    def start_many(
        self,
        flow: str,
        specs: Iterable[RunSpec],
        *,
        session: str,
        lane: e.Lane,
        stepwise: bool,
    ) -> Iterator[str]:
        """Start many runs of one flow, a few hundred per round trip; each model is looked up once.

        Yields:
            The id of each run.

        Raises:
            FluxError: If whoever acts may not; if the flow, the model or an input is not known or does not
                fit, or a run that began otherwise has the id; the runs before it have been started then.
        """
        if session:
            check_name(session, "a session")
        on = Resource(kind="session", id=session or "of its own", session=session)
        permit = self._runs.authority.permit(Action.RUN_START, on)
        controller = self.check_flow(flow)
        ref = controller.flow.ref
        # A name means the same model for the whole batch.
        resolve = cache(lambda name: self._models.resolve(name, files=self._files))
        remaining = iter(specs)
        while chunk := list(islice(remaining, CHUNK)):
            commits = [
                self._first_commit(
                    controller,
                    ref,
                    spec,
                    model=resolve(spec.model),
                    session=session,
                    lane=lane,
                    stepwise=stepwise,
                    requester=permit.by,
                )
                for spec in chunk
            ]
            issued = self._create(commits, permit.record)
            publish(self._runs.publisher, *(outgoing for outgoing in issued if outgoing is not None))
            self._refuse_other_starts(
                commit
                for spec, commit, outgoing in zip(chunk, commits, issued, strict=True)
                if spec.run_id and outgoing is None
            )
            yield from (commit.state.run_id for commit in commits)

    def _create(self, commits: list[Commit], record: AuditRecord) -> list[Outgoing | None]:
        """Store runs with the act that wants them: one entry for all; none for a single run that exists."""
        if len(commits) == 1:
            state = commits[0].state
            on = Resource(kind="run", id=state.run_id, session=state.session)
            commit = replace(commits[0], record=record.model_copy(update={"on": on}))
            return [self._runs.store.create(commit, state.model_dump_json())]
        runs = [commit.state.run_id for commit in commits]
        return self._runs.store.create_many(
            [(commit, commit.state.model_dump_json()) for commit in commits],
            record=record.model_copy(update={"details": {**record.details, "runs": runs}}),
        )

    def _refuse_other_starts(self, unpublished: Iterable[Commit]) -> None:
        """Check that the runs which exist already under the ids of commits began as the commits say."""
        wanted = [require_start(commit.events[0]) for commit in unpublished]
        if wanted:
            known = self._runs.store.starts_of([start.run_id for start in wanted])
            for each, other in zip(known, wanted, strict=True):
                refuse_other_start(each, other)

    def check_flow(self, flow: str) -> FlowController:
        """A flow that can run, kept in the store with all flows that it runs.

        Args:
            flow: Its name, its file where files may be named, or the digest of one that was checked before.

        Raises:
            FluxError: If there is no such flow, or something is wrong with it.
        """
        if _DIGEST.fullmatch(flow):
            return FlowController(self._runs.store.flow(flow), tools=tool_facts(self._runs.tools))
        known = self._flows.flows()
        definition, others = pin_subflows(self._flows.get(flow), self._flows.get)
        for each in (definition, *others):
            controller = FlowController(
                each, tools=tool_facts(self._runs.tools), prompts=self._prompts(), flows=known
            )
            problems = controller.validate_flow()
            if problems:
                raise FluxError(
                    ErrorClass.BAD_FLOW, f"flow {each.flow!r}: {problems[0]}", suggestions=problems[1:]
                )
        for each in (*others, definition):
            self._runs.store.save_flow(each)
        return FlowController(definition, tools=tool_facts(self._runs.tools))

    def _first_commit(
        self,
        controller: FlowController,
        flow: e.FlowRef,
        spec: RunSpec,
        *,
        model: ModelRef,
        session: str,
        lane: e.Lane,
        stepwise: bool,
        requester: str,
    ) -> Commit:
        inputs = check_inputs(controller.flow, spec.inputs)
        now = self._runs.clock.now_ms()
        run = spec.run_id or run_id(now)
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
            requester=requester,
            trigger=spec.trigger,
            trace=begin_trace(run, share=self._traced_share, parent=spec.traceparent or ""),
        )
        return first_commit(controller, started)
