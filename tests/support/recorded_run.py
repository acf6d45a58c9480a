"""A small real run, recorded in this process: tools on the solver, decisions by the offline planner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.support.genomes import store_examples

from fluxagents.flows.commands import Command, ComputeEffect, Decide, NotifyHuman
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.events import Event, RunStarted
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.memory.directory import MemoryDirectory
from fluxagents.flows.memory.remedy_book import MemoryRemedyBook
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.memory.standing_book import MemoryStandingBook
from fluxagents.flows.ports.notifier import Notifier
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import RunState
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.people.standing_approvals import StandingVoter
from fluxagents.tasks.acts.child_runs import ChildRuns
from fluxagents.tasks.acts.table import build_acts
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.dispatch import DECIDE, EFFECT, NOTIFY, TOOL, cache_controllers
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.biochem import NothingImported
from fluxagents.tasks.ports.decisions import DecisionMaker
from fluxagents.tasks.ports.models import ModelStore
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.protocol import Act
from fluxagents.tasks.registry import TOOLS, tool_facts
from fluxagents.tasks.tool import Tool
from fluxagents.workers.channels.inbox import InboxNotifier
from fluxagents.workers.chat_models.planner.offline_planner import OfflinePlanner
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.models.model_store import ModelFiles

RUN_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
"""The run that the examples of tools name."""


@dataclass(frozen=True)
class RecordedRun:
    """The log of one run; see `fluxagents.tasks.ports.sources.RunHistory`."""

    log: tuple[Event, ...]
    kept: Flow = field(repr=False)

    def load(self, run_id: str) -> RunState:
        return fold(self.events(run_id))

    def events(self, run_id: str) -> tuple[Event, ...]:
        assert run_id == RUN_ID
        return self.log

    def flow(self, digest: str) -> Flow:
        assert digest == self.kept.digest
        return self.kept

    def with_event(self, at: int, event: Event) -> RecordedRun:
        """The same log with another event in one place."""
        return replace(self, log=(*self.log[:at], event, *self.log[at + 1 :]))


def record(
    folder: str,
    question: str = "Which genes are essential for growth?",
    tools: Mapping[str, Tool] = TOOLS,
    *,
    flow: Flow | None = None,
    decider: Decider | None = None,
    model: Path | None = None,
    medium: Mapping[str, float] | None = None,
) -> tuple[RecordedRun, Sources]:
    """Run `metabolic_analysis`, or the flow given, and the sources that hold what it made.

    Args:
        folder: Of models and artifacts.
        question: To the flow.
        tools: By name.
        flow: Instead of `metabolic_analysis`.
        decider: Instead of the offline planner.
        model: A file, instead of e_coli_core.
        medium: Input of the flow.

    The run goes on until it ends or waits for a human.
    """
    flow = flow or FlowLibrary().get("metabolic_analysis")
    models, artifacts, clock = ModelFiles(folder), ArtifactFiles(folder), SystemClock()
    acts = acts_in(folder, tools, decider, models=models, artifacts=artifacts)
    controller = FlowController(flow, tools=tool_facts(tools))
    ref = models.add(model) if model else models.add_named("e_coli_core")
    store_examples(artifacts, models.load(ref.ref))

    def act(command: Command, state: RunState) -> Sequence[Event]:
        return acts[kind_of(command)](controller, state, command)

    started = RunStarted(
        seq=0,
        at_ms=clock.now_ms(),
        run_id=RUN_ID,
        session="recorded",
        flow=flow.ref,
        start_node=flow.start,
        inputs={"question": question, "medium": dict(medium) if medium else None},
        model=ref.digest,
        model_name=ref.name,
    )
    state = reduce(None, started)
    _, events = controller.execute_flow(state, act)
    run = RecordedRun((started, *events), flow)
    return run, Sources(
        models=models,
        artifacts=artifacts,
        runs=lambda: run,
        biochem=NothingImported(),
        tools=tools,
        media=MediaLibrary(),
    )


def kind_of(command: Command) -> str:
    """The kind of step that carries a command out, of those that a plain flow has."""
    kinds = {Decide: DECIDE, NotifyHuman: NOTIFY, ComputeEffect: EFFECT}
    return kinds.get(type(command), TOOL)


def acts_in(
    folder: str,
    tools: Mapping[str, Tool] = TOOLS,
    decider: DecisionMaker | None = None,
    *,
    notifier: Notifier | None = None,
    prompts: PromptManager | None = None,
    models: ModelStore | None = None,
    artifacts: ArtifactStore | None = None,
) -> Mapping[str, Act]:
    """The acts by kind of step, with files in a folder and runs in memory."""
    prompts = prompts or PromptManager()
    decides = decider or Decider(OfflinePlanner(), "offline-planner", prompts, tools)
    models, artifacts = models or ModelFiles(folder), artifacts or ArtifactFiles(folder)
    clock = SystemClock()
    store = MemoryRunStore(clock)
    return build_acts(
        clock=clock,
        decider=lambda: decides,
        notifier=notifier or InboxNotifier(),
        standing=StandingVoter(MemoryStandingBook(), MemoryDirectory(), clock, lambda state: state.session),
        prompts=lambda: prompts,
        tools=tools,
        models=models,
        artifacts=artifacts,
        sources=Sources(
            models=models,
            artifacts=artifacts,
            runs=lambda: store,
            biochem=NothingImported(),
            tools=tools,
            media=MediaLibrary(),
            prompts=lambda: prompts,
        ),
        remedies=MemoryRemedyBook(),
        children=ChildRuns(
            steps=store,
            runs=store,
            flows=store,
            publisher=Unused(),
            clock=clock,
            controllers=cache_controllers(store, tool_facts(tools)),
        ),
    )


class Unused:
    """No message is sent by a run that goes on in this process."""

    unreachable: tuple[type[Exception], ...] = ()

    def publish(self, outgoing: Sequence[object]) -> None:
        raise AssertionError(outgoing)

    def stop(self, run_id: str, seq: int, attempt: int) -> None:
        raise AssertionError((run_id, seq, attempt))

    def is_idle(self, queue: str) -> bool:
        raise AssertionError(queue)
