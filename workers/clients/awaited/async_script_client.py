"""What asynchronous scripts do with runs, on the machine itself or over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.standing import StandingApproval
from fluxagents.flows.state import RunState
from fluxagents.scheduler.people.standing_approvals import CountedApproval
from fluxagents.scheduler.runs.argument_form import ArgumentField
from fluxagents.scheduler.runs.request_view import RequestView
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.workers.clients.artifact import Artifact
from fluxagents.workers.clients.awaited.async_genomes import AsyncGenomes
from fluxagents.workers.clients.awaited.async_notebooks import AsyncNotebooks
from fluxagents.workers.clients.awaited.async_people import AsyncCollaboration, AsyncFeedback, AsyncInbox
from fluxagents.workers.clients.awaited.async_runs import (
    AsyncBatch,
    AsyncRun,
    AsyncSession,
    AsyncSessions,
    gather_async,
)
from fluxagents.workers.clients.completion import RunLike, list_run_ids
from fluxagents.workers.clients.http.http_client import HttpClient
from fluxagents.workers.clients.script_client import ScriptClient
from fluxagents.workers.clients.threads import Threads


class AsyncScriptClient:
    """The methods that `Client` and `HttpClient` share, awaited.

    Calls go on in threads, and waiting for runs occupies none.

    Args:
        client: Whose methods these are.
        threads: Where its calls go on.
    """

    def __init__(self, client: ScriptClient | HttpClient, threads: Threads) -> None:
        self._client = client
        self._threads = threads

    async def start(
        self,
        flow: str,
        *,
        model: str,
        session: str = "",
        lane: e.Lane = "interactive",
        run_id: str | None = None,
        stepwise: bool = False,
        **inputs: Any,
    ) -> AsyncRun:
        """Start a run and return at once.

        Args:
            flow: The name of a flow, or the path of its YAML file.
            model: A model's name, file or content digest.
            session: Runs that belong together share one; by default the run is its own session.
            lane: `bulk` for work that nobody waits for; it never delays interactive runs.
            run_id: With an id of your own, the same start again starts nothing.
            stepwise: Pause before every command; `AsyncRun.resume` lets one go on.
            inputs: The inputs of the flow, `question` for instance.

        Raises:
            FluxError: If the flow, the model or an input is not known or does not fit, or a run that began
                otherwise has the id.
        """
        run = await self._threads.call(
            self._client.start,
            flow,
            model=model,
            session=session,
            lane=lane,
            run_id=run_id,
            stepwise=stepwise,
            **inputs,
        )
        return AsyncRun(run, self._threads)

    def batch(
        self,
        flow: str,
        specs: Iterable[RunSpec],
        *,
        session: str = "",
        lane: e.Lane = "bulk",
        stepwise: bool = False,
    ) -> AsyncBatch:
        """Start many runs of one flow while the batch is iterated; each model is looked up once.

        Raises:
            FluxError: As `start`, while it is iterated; runs before the one that does not fit have been
                started then.
        """
        batch = self._client.batch(flow, specs, session=session, lane=lane, stepwise=stepwise)
        return AsyncBatch(batch, self._threads)

    async def ask(
        self,
        question: str,
        *,
        model: str,
        session: str = "",
        lane: e.Lane = "interactive",
        run_id: str | None = None,
        **inputs: Any,
    ) -> AsyncRun:
        """Start a run of the flow that answers a question, and return at once.

        The flow is the one of the library whose example questions are like this one, such as `strain_design`
        for "design a strain that overproduces succinate", or else `metabolic_analysis`.

        Args:
            question: What you want to know, in plain language.
            model: A model's name, file or content digest.
            session: Runs that belong together share one; by default the run is its own session.
            lane: `bulk` for work that nobody waits for.
            run_id: With an id of your own, the same start again starts nothing.
            inputs: Further inputs of the flow, such as `medium`; they replace those of the question.

        Raises:
            FluxError: If the model or an input is not known or does not fit.
        """
        run = await self._threads.call(
            self._client.ask,
            question,
            model=model,
            session=session,
            lane=lane,
            run_id=run_id,
            **inputs,
        )
        return AsyncRun(run, self._threads)

    async def check_flow(self, flow: str) -> FlowController:
        """A flow that can run, kept in the store with all flows that it runs.

        Raises:
            FluxError: If there is no such flow, or something is wrong with it.
        """
        return await self._threads.call(self._client.check_flow, flow)

    async def get(self, run_id: str) -> AsyncRun:
        """The run of this id.

        Raises:
            FluxError: If there is no such run.
        """
        return AsyncRun(await self._threads.call(self._client.get, run_id), self._threads)

    async def pause(self, run_id: str, *, by: str | None = None) -> RunState:
        """Pause a run: at once when no worker is at it, else after the step that runs now."""
        return await self._threads.call(self._client.pause, run_id, by=by)

    async def resume(self, run_id: str, *, by: str | None = None) -> RunState:
        """Let a paused run go on."""
        return await self._threads.call(self._client.resume, run_id, by=by)

    async def cancel(self, run_id: str, *, by: str | None = None, reason: str) -> RunState:
        """End a run now. A step that runs is killed and not recorded; its worker goes on with other work."""
        return await self._threads.call(self._client.cancel, run_id, by=by, reason=reason)

    async def cancel_all(self, runs: Iterable[str], *, by: str | None = None, reason: str) -> list[str]:
        """End those of the runs that have not ended; returns their ids."""
        return await self._threads.call(self._client.cancel_all, runs, by=by, reason=reason)

    async def retry(self, run_id: str, *, by: str | None = None) -> RunState:
        """Try a run again that went to the dead letters."""
        return await self._threads.call(self._client.retry, run_id, by=by)

    async def discard(self, run_id: str, *, by: str | None = None) -> RunState:
        """End a run that went to the dead letters."""
        return await self._threads.call(self._client.discard, run_id, by=by)

    async def approve(
        self,
        request_id: str,
        *,
        by: str | None = None,
        args: Mapping[str, JsonValue] | None = None,
        comment: str = "",
        digest: str = "",
    ) -> RunState:
        """Agree to a call, as it was asked for or with other arguments; see `RequestControl.approve`."""
        return await self._threads.call(
            self._client.approve, request_id, by=by, args=args, comment=comment, digest=digest
        )

    async def reject(
        self, request_id: str, *, by: str | None = None, reason: str, digest: str = ""
    ) -> RunState:
        """Refuse a call; the reason is shown to the chat model."""
        return await self._threads.call(self._client.reject, request_id, by=by, reason=reason, digest=digest)

    async def abstain(
        self, request_id: str, *, by: str | None = None, comment: str = "", digest: str = ""
    ) -> RunState:
        """Have no opinion on a request; nobody waits for this vote any more."""
        return await self._threads.call(
            self._client.abstain, request_id, by=by, comment=comment, digest=digest
        )

    async def recuse(
        self, request_id: str, *, by: str | None = None, comment: str = "", digest: str = ""
    ) -> RunState:
        """Step out of a request that one may not judge, whatever it comes to say."""
        return await self._threads.call(
            self._client.recuse, request_id, by=by, comment=comment, digest=digest
        )

    async def delegate(
        self, request_id: str, to: str, *, by: str | None = None, for_s: float = 0, comment: str = ""
    ) -> RunState:
        """Let another person vote in one's place; see `RequestControl.delegate`."""
        return await self._threads.call(
            self._client.delegate, request_id, to, by=by, for_s=for_s, comment=comment
        )

    async def edit_request(
        self,
        request_id: str,
        args: Mapping[str, JsonValue],
        *,
        by: str | None = None,
        comment: str = "",
        digest: str = "",
    ) -> RunState:
        """Change the arguments of a call that is asked for; all are asked again."""
        return await self._threads.call(
            self._client.edit_request, request_id, args, by=by, comment=comment, digest=digest
        )

    async def show_request(self, request_id: str) -> RequestView:
        """A request with all that is needed to answer it: the call, its effect, who asked, what follows."""
        return await self._threads.call(self._client.show_request, request_id)

    async def request_form(self, request_id: str) -> tuple[ArgumentField, ...]:
        """The arguments of the call that is asked for, each with what else it may be."""
        return await self._threads.call(self._client.request_form, request_id)

    async def check_edit(self, request_id: str, args: Mapping[str, JsonValue]) -> CallTool:
        """The call with other arguments, as it would be asked for; see `RequestDialogue.check`."""
        return await self._threads.call(self._client.check_edit, request_id, args)

    async def ask_back(self, request_id: str, *, question: str, by: str | None = None) -> RunState:
        """Ask the agent about a request before the vote; see `RequestDialogue.ask`."""
        return await self._threads.call(self._client.ask_back, request_id, question=question, by=by)

    async def take_over(
        self, request_id: str, *, value: Mapping[str, JsonValue], source: str, by: str | None = None
    ) -> RunState:
        """Give the result in the tool's place; see `RequestDialogue.take_over`."""
        return await self._threads.call(self._client.take_over, request_id, value=value, source=source, by=by)

    async def reply(
        self, request_id: str, *, by: str | None = None, answer: str, digest: str = ""
    ) -> RunState:
        """Answer a question or an escalation; see `RequestControl.reply`."""
        return await self._threads.call(self._client.reply, request_id, by=by, answer=answer, digest=digest)

    async def grant_standing(
        self,
        tool: str,
        *,
        session: str,
        arguments: Mapping[str, str],
        for_s: float,
        max_uses: int,
        comment: str = "",
    ) -> StandingApproval:
        """Approve calls of a tool in advance; see `RunClient.grant_standing`."""
        return await self._threads.call(
            self._client.grant_standing,
            tool,
            session=session,
            arguments=arguments,
            for_s=for_s,
            max_uses=max_uses,
            comment=comment,
        )

    async def list_standing(self, session: str = "") -> list[CountedApproval]:
        """The standing approvals, or those of a session, with what each was used for."""
        return await self._threads.call(self._client.list_standing, session)

    async def show_standing(self, approval_id: str) -> CountedApproval:
        """One standing approval, with what it was used for."""
        return await self._threads.call(self._client.show_standing, approval_id)

    async def revoke_standing(self, approval_id: str) -> CountedApproval:
        """Let a standing approval count no more; what it has approved stays approved."""
        return await self._threads.call(self._client.revoke_standing, approval_id)

    async def signal(
        self, run_id: str, name: str, *, by: str | None = None, data: Mapping[str, JsonValue] | None = None
    ) -> RunState:
        """Send a run a named event; a node that waits for it, now or later, takes it."""
        return await self._threads.call(self._client.signal, run_id, name, by=by, data=data)

    async def edit(self, run_id: str, args: Mapping[str, JsonValue], *, by: str | None = None) -> RunState:
        """Change the arguments of the tool call that a paused run makes next; see `RunControl.edit`."""
        return await self._threads.call(self._client.edit, run_id, args, by=by)

    async def next_command(self, state: RunState) -> Command | None:
        """What a run does next; of a paused one what it does once it goes on."""
        return await self._threads.call(self._client.next_command, state)

    async def request(self, request_id: str) -> HumanRequest:
        """The request of this id, which waits for an answer."""
        return await self._threads.call(self._client.request, request_id)

    async def fork(
        self,
        run_id: str,
        *,
        by: str | None = None,
        at: int | None = None,
        values: Mapping[str, JsonValue] | None = None,
        session: str = "",
        stepwise: bool = False,
    ) -> RunState:
        """Start a new run that is another one up to a step; see `HistoryControl.fork`."""
        return await self._threads.call(
            self._client.fork, run_id, by=by, at=at, values=values, session=session, stepwise=stepwise
        )

    async def rollback(
        self,
        run_id: str,
        *,
        to: int,
        by: str | None = None,
        reason: str = "no reason given",
        confirmed: bool = False,
    ) -> RunState:
        """Let a run stand again where it stood after a step; see `HistoryControl.rollback`."""
        return await self._threads.call(
            self._client.rollback, run_id, to=to, by=by, reason=reason, confirmed=confirmed
        )

    async def restart(
        self, run_id: str, *, node: str, by: str | None = None, reason: str = "", confirmed: bool = False
    ) -> RunState:
        """Let a run begin again at a node; see `HistoryControl.restart`."""
        return await self._threads.call(
            self._client.restart, run_id, node=node, by=by, reason=reason, confirmed=confirmed
        )

    async def migrate(self, run_id: str, *, flow: str, by: str | None = None) -> RunState:
        """Let a run go on with another version of its flow; see `FlowMigration.migrate`."""
        return await self._threads.call(self._client.migrate, run_id, flow=flow, by=by)

    @property
    def feedback(self) -> AsyncFeedback:
        """Rates and corrects answers and decisions."""
        return AsyncFeedback(self._client.feedback, self._threads)

    @property
    def collaboration(self) -> AsyncCollaboration:
        """Comments on runs, watches them, and claims, releases and assigns requests."""
        return AsyncCollaboration(self._client.collaboration, self._threads)

    @property
    def inbox(self) -> AsyncInbox:
        """What waits for you."""
        return AsyncInbox(self._client.inbox, self._threads)

    @property
    def sessions(self) -> AsyncSessions:
        """Makes sessions, lists, limits, shares, archives and forks them."""
        return AsyncSessions(self._client.sessions, self._threads)

    @property
    def genomes(self) -> AsyncGenomes:
        """Stores genomes, so that runs can name them."""
        return AsyncGenomes(self._client.genomes, self._threads)

    @property
    def notebooks(self) -> AsyncNotebooks:
        """Writes notebooks of sessions, puts them in order and shares them."""
        return AsyncNotebooks(self._client.notebooks, self._threads)

    def session(self, name: str) -> AsyncSession:
        """The runs of a session: to look at, wait for, steer or compare all of them."""
        return AsyncSession(self._client.session(name), self._threads)

    async def report_session(self, name: str, kind: Literal["html", "pdf"] = "html") -> bytes:
        """A session on one page: questions, answers, growth, disagreements and costs."""
        return await self._threads.call(self._client.report_session, name, kind)

    async def export_session(self, name: str, path: Path, *, with_models: bool = False) -> None:
        """Write a session with its runs as one signed file."""
        await self._threads.call(self._client.export_session, name, path, with_models=with_models)

    async def import_session(self, path: Path, *, name: str = "") -> str:
        """Take in a session that `export_session` wrote; what it is called here."""
        return await self._threads.call(self._client.import_session, path, name=name)

    async def export_run(self, run_id: str, path: Path, *, with_models: bool = False) -> None:
        """Write a run as one signed file, with all that is needed to look at it elsewhere."""
        await self._threads.call(self._client.export_run, run_id, path, with_models=with_models)

    async def artifact(self, digest: str) -> Artifact:
        """The full data of a result, by its digest or the beginning of it (six hex digits at least).

        Raises:
            FluxError: If none is stored under it, or more than one.
        """
        return await self._threads.call(self._client.artifact, digest)

    async def gather(
        self, runs: Iterable[RunLike | str], *, timeout: float | None = None, progress: bool = False
    ) -> list[AsyncRun]:
        """Wait until each of the runs has ended or needs somebody; returns them in their order.

        Args:
            runs: Runs or their ids.
            timeout: Seconds; None waits for as long as it takes.
            progress: Show a bar in a terminal or a notebook, and lines elsewhere.

        Raises:
            TimeoutError: If some still run then; they go on.
        """
        run_ids = list_run_ids(runs)
        await gather_async(self._threads, self._client.results, run_ids, timeout, progress)
        return [self.hold(run_id) for run_id in run_ids]

    async def as_completed(
        self, runs: Iterable[RunLike | str], *, timeout: float | None = None
    ) -> AsyncIterator[AsyncRun]:
        """Each of the runs as soon as it has ended or needs somebody; each comes once.

        Raises:
            TimeoutError: If some still run after so many seconds; they go on.
        """
        looks = self._threads.look_until_complete(self._client.store, list_run_ids(runs), timeout_s=timeout)
        async for look in looks:
            for state in look.completed:
                yield self.hold(state.run_id)

    def hold(self, run_id: str) -> AsyncRun:
        """The run of this id, without a look whether there is one."""
        return AsyncRun(self._client.hold(run_id), self._threads)
