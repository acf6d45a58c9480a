"""What commands about one recorded run need: its log, its state, and the flow that it followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.state import RunState
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.registry import tool_facts
from fluxagents.workers.commands.command_client import CommandClient

if TYPE_CHECKING:
    from fluxagents.tasks.chat.request import RecordedRequest


@dataclass(frozen=True, slots=True)
class RunLog:
    """A run in Redis or in the archive."""

    client: CommandClient
    state: RunState
    events: tuple[Event, ...]

    def flow(self, digest: str) -> Flow:
        """The version of a flow that the run follows or followed, also if only the library still has it.

        Raises:
            FluxError: If it is nowhere.
        """
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
        return FlowController(self.flow(digest), tools=tool_facts(self.client.tools))

    def request(
        self, digest: str, step: int | None, prompts: PromptManager, *, of_summary: bool = False
    ) -> RecordedRequest:
        """What a decision of the run sent to the chat model, composed again from the log.

        Args:
            digest: The version of the flow that the run followed then.
            step: The step of the decision; None if there is only one.
            prompts: The prompts with all their versions.
            of_summary: The request for the summary that preceded the decision.

        Raises:
            FluxError: As `flow`, or if there is no such decision.
        """
        # langchain takes 0.3 s to import, and only two commands compose a request.
        from fluxagents.tasks.chat.request import rebuild_request  # noqa: PLC0415

        return rebuild_request(
            self.events, self.flow(digest), step, prompts, self.client.tools, of_summary=of_summary
        )


def open_log(run_id: str, client: CommandClient | None = None) -> RunLog:
    """The log of a run.

    Raises:
        FluxError: If there is no such run, or its log cannot be read.
    """
    client = client or CommandClient()
    return RunLog(client, client.store.load(run_id), client.store.events(run_id))
