"""Whole runs in this process: no Redis, no workers. For notebooks, for trying a flow, and for tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from fluxagents.flows.engine.lanes import NEW
from fluxagents.flows.memory.notebook_book import MemoryNotebookBook
from fluxagents.flows.memory.remark_book import MemoryPresence
from fluxagents.flows.memory.remedy_book import MemoryRemedyBook
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.memory.standing_book import MemoryStandingBook
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.texts.grammar import is_child_id
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.people.standing_approvals import StandingVoter
from fluxagents.scheduler.runs.open_runs import find_session
from fluxagents.tasks.acts.child_runs import ChildRuns
from fluxagents.tasks.acts.table import build_acts
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.dispatch import cache_controllers, step_kind
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.ports.biochem import NothingImported
from fluxagents.tasks.ports.decisions import DecisionMaker
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.protocol import Act, StepMessage, StepPorts, run_step
from fluxagents.tasks.registry import TOOLS, tool_facts
from fluxagents.tasks.tool import Tool
from fluxagents.workers.archive.run_bundle import BundleStores
from fluxagents.workers.archive.run_signature import ExportKeys
from fluxagents.workers.channels.inbox import InboxNotifier
from fluxagents.workers.chat_models.planner.offline_planner import OfflinePlanner
from fluxagents.workers.clients.local_authority import build_process_authority
from fluxagents.workers.clients.results import StoredResults
from fluxagents.workers.clients.script_client import ScriptClient
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.files.run_archive import Archive
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.models.model_store import ModelFiles


class InProcessPublisher:
    """Carries messages out in this process, one after the other, before it returns.

    What a step leads to comes before what waits: a run that has begun is finished first, and those that wait
    begin in their order.
    """

    unreachable: tuple[type[Exception], ...] = ()

    def __init__(self) -> None:
        self.carry_out: Callable[[Outgoing], object] | None = None
        """Set once what carries steps out is there: it needs this publisher itself."""
        self._waiting: deque[Outgoing] = deque()
        self._busy = False

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        self._waiting.extend(message for message in outgoing if _begins(message))
        self._waiting.extendleft(message for message in reversed(outgoing) if not _begins(message))
        if self._busy:
            return
        assert self.carry_out is not None
        self._busy = True
        try:
            while self._waiting:
                self.carry_out(self._waiting.popleft())
        finally:
            self._busy = False

    def stop(self, run_id: str, seq: int, attempt: int) -> None:
        """Nothing runs beside whoever asks."""

    def is_idle(self, queue: str) -> bool:
        return all(outgoing.dispatch.queue != queue for outgoing in self._waiting)


class LocalClient(ScriptClient):
    """As `Client`, with runs that live in this process and go on inside the call that starts or answers them.

    Args:
        folder: Where models and artifacts are kept.
        clock: The time.
        tools: The tools that exist.
        decider: Puts questions to a chat model; the built-in planner when absent.
        store: The truth about runs; in this process's memory when absent.
        flow_folders: Folders with flows of your own.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        clock: Clock | None = None,
        tools: Mapping[str, Tool] = TOOLS,
        decider: Callable[[], DecisionMaker] | None = None,
        store: RunStore | None = None,
        flow_folders: tuple[Path, ...] = (),
    ) -> None:
        self._folder = Path(folder)
        clock, publisher = clock or SystemClock(), InProcessPublisher()
        self._publisher = publisher
        store = store or MemoryRunStore(clock)
        self._model_files = models = ModelFiles(str(folder))
        self.artifacts = ArtifactFiles(str(folder))
        remedies = MemoryRemedyBook()
        authority, standing = build_process_authority(store.audit_log), MemoryStandingBook()
        self.controllers = cache_controllers(store, tool_facts(tools))
        acts = build_acts(
            clock=clock,
            decider=cache(decider or (lambda: _planner(tools))),
            notifier=InboxNotifier(),
            standing=StandingVoter(standing, authority.directory, clock, partial(find_session, store)),
            prompts=PromptManager,
            tools=tools,
            models=models,
            artifacts=self.artifacts,
            sources=Sources(
                models=models,
                artifacts=self.artifacts,
                runs=lambda: store,
                biochem=NothingImported(),
                tools=tools,
                media=MediaLibrary(),
            ),
            remedies=remedies,
            children=ChildRuns(
                steps=store,
                runs=store,
                flows=store,
                publisher=publisher,
                clock=clock,
                controllers=self.controllers,
            ),
        )
        ports = StepPorts(
            steps=store,
            runs=store,
            publisher=publisher,
            clock=clock,
            controllers=self.controllers,
            remedies=remedies,
            owner=lambda: "here|1",
        )
        publisher.carry_out = partial(_carry_out, ports, acts)
        super().__init__(
            store=store,
            publisher=publisher,
            clock=clock,
            models=models,
            flows=FlowLibrary(flow_folders),
            tools=tools,
            authority=authority,
            standing=standing,
            prompts=lambda: PromptManager().names,
        )
        self.results = StoredResults(store, models, lambda: self.artifacts)
        self._remedies, self._presence = remedies, MemoryPresence(clock)
        self._notebook_book = MemoryNotebookBook(clock)

    def _open_archive(self) -> Archive:
        return Archive(str(self._folder))

    def _open_artifacts(self) -> ArtifactFiles:
        return self.artifacts

    def bundle_stores(self) -> BundleStores:
        """Where the parts of runs lie, for exporting and importing them."""
        return BundleStores(
            runs=self.store,
            artifacts=self.artifacts,
            models=self._model_files,
            prompts=PromptManager(),
            keys=ExportKeys.in_folder(self._folder),
        )

    def tick(self) -> None:
        """Let go on whatever waited for a time that has come."""
        self._publisher.publish(self.store.wake(limit=1_000))


def _begins(outgoing: Outgoing) -> bool:
    """Whether it is the first step of a run that no other one began."""
    return outgoing.dispatch.queue.endswith(NEW) and not is_child_id(outgoing.run_id)


def _carry_out(ports: StepPorts, acts: Mapping[str, Act], outgoing: Outgoing) -> None:
    message = StepMessage(
        run=outgoing.run_id,
        seq=outgoing.seq,
        sequence_number=outgoing.sequence_number,
        state=outgoing.state,
    )
    run_step(ports, message, acts[step_kind(outgoing.dispatch.task)])


def _planner(tools: Mapping[str, Tool]) -> DecisionMaker:
    return Decider(OfflinePlanner(), "offline-planner", PromptManager(), tools)
