"""Whole runs in this process: no Redis, no workers. For notebooks, for trying a flow, and for tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.tasks import dispatch
from fluxagents.tasks.acts import acts, child_runs
from fluxagents.tasks.effects import Decides, Effects
from fluxagents.tasks.protocol import Act, StepMessage, run_step
from fluxagents.tasks.registry import TOOLS
from fluxagents.tasks.tool import Tool
from fluxagents.workers.archive.run_bundle import BundleStores
from fluxagents.workers.channels.inbox import InboxNotifier
from fluxagents.workers.clock import SystemClock
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.models.model_store import ModelFiles

ACTS: Mapping[str, Act] = MappingProxyType(
    {
        dispatch.DECIDE: acts.decide,
        dispatch.NOTIFY: acts.notify,
        dispatch.EXPIRE: acts.expire,
        dispatch.BEGIN: child_runs.begin,
        dispatch.JOIN: child_runs.join,
    }
)
"""What each task does; all others are tools."""


class Here:
    """A publisher that carries messages out in this process, one after the other, before it returns."""

    unreachable: tuple[type[Exception], ...] = ()

    def __init__(self) -> None:
        self.effects: Effects | None = None
        self._waiting: deque[Outgoing] = deque()
        self._busy = False

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        self._waiting.extend(outgoing)
        if self._busy:
            return
        assert self.effects is not None
        self._busy = True
        try:
            while self._waiting:
                self._carry_out(self.effects, self._waiting.popleft())
        finally:
            self._busy = False

    def stop(self, run_id: str, seq: int, attempt: int) -> None:
        """Nothing runs beside whoever asks."""

    def is_idle(self, queue: str) -> bool:
        return all(one.dispatch.queue != queue for one in self._waiting)

    @staticmethod
    def _carry_out(effects: Effects, one: Outgoing) -> None:
        message = StepMessage(
            run=one.run_id, seq=one.seq, sequence_number=one.sequence_number, state=one.state
        )
        run_step(effects, message, ACTS.get(one.dispatch.task, acts.call_tool))


class LocalClient(RunClient):
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
        decider: Callable[[], Decides] | None = None,
        store: RunStore | None = None,
        flow_folders: tuple[Path, ...] = (),
    ) -> None:
        here = Here()
        self._folder = str(folder)
        clock = clock or SystemClock()
        self.effects = Effects(
            store=store or MemoryRunStore(clock),
            publisher=here,
            clock=clock,
            notifier=InboxNotifier(),
            models=ModelFiles(str(folder)),
            artifacts=ArtifactFiles(str(folder)),
            decider=cache(decider or (lambda: _planner(tools))),
            tools=tools,
            owner=lambda: "here|1",
            queues=(),
            flow_folders=flow_folders,
        )
        here.effects = self.effects
        super().__init__(
            store=self.effects.store,
            publisher=here,
            clock=clock,
            models=self.effects.models,
            flows=FlowLibrary(flow_folders),
            tools=tools,
            prompts=lambda: self.effects.prompts().names,
        )

    def bundle_stores(self) -> BundleStores:
        """Where the parts of runs lie, for exporting and importing them."""
        return BundleStores.open(self._folder, self.store, self.effects.prompts())

    def tick(self) -> None:
        """Let go on whatever waited for a time that has come."""
        self.effects.publisher.publish(self.effects.store.wake(limit=1_000))


def _planner(tools: Mapping[str, Tool]) -> Decides:
    from fluxagents.tasks.chat.decider import Decider  # noqa: PLC0415 - langchain takes a second to import
    from fluxagents.workers.chat_models.planner.offline_planner import OfflinePlanner  # noqa: PLC0415

    return Decider(OfflinePlanner(), "offline-planner", PromptManager(), tools)
