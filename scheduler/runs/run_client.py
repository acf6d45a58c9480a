"""The client of runs: starts, controls and rewinds them. Imports neither cobra nor libsbml."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any, Self

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.history.migration import Migration
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.standing import StandingApproval, read_range
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Actor, Resource
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.publisher import Publisher
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.people.standing_approvals import CountedApproval, StandingApprovals
from fluxagents.scheduler.people.standing_book import StandingBook
from fluxagents.scheduler.runs.argument_form import ArgumentField
from fluxagents.scheduler.runs.flow_migration import FlowMigration
from fluxagents.scheduler.runs.history_control import HistoryControl, Rewind
from fluxagents.scheduler.runs.open_runs import OpenRuns
from fluxagents.scheduler.runs.request_control import RequestControl
from fluxagents.scheduler.runs.request_dialogue import RequestDialogue
from fluxagents.scheduler.runs.request_view import RequestView
from fluxagents.scheduler.runs.run import Run
from fluxagents.scheduler.runs.run_control import RunControl
from fluxagents.scheduler.runs.run_ids import run_id as new_id
from fluxagents.scheduler.runs.run_starter import RunSpec, RunStarter
from fluxagents.tasks.ports.models import ModelStore
from fluxagents.tasks.tool import Tool


class RunClient:
    """Starts, controls and rewinds runs through the ports of the core.

    Args:
        store: The truth about runs.
        publisher: Puts step messages on the queues.
        clock: The time.
        models: Where models live.
        flows: Flows by name.
        tools: The tools that exist.
        prompts: The names of the prompts that exist; None leaves them unchecked.
        standing: Where standing approvals are kept; without it there are none.
        authority: Decides what whoever acts may do.
        files: Whether a model may be named as a file of this machine; not for what comes over a network.
        traced_share: Of the runs that are traced, 0 to 1.
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
        authority: Authority,
        prompts: Callable[[], Collection[str] | None] = lambda: None,
        standing: StandingBook | None = None,
        files: bool = True,
        traced_share: float = 0.0,
    ) -> None:
        self.store = store
        self.models = models
        self.flows = flows
        self.tools = tools
        self.authority = authority
        self._prompts = prompts
        self._standing = standing
        self._files = files
        self._traced_share = traced_share
        runs = OpenRuns(store=store, publisher=publisher, clock=clock, tools=tools, authority=authority)
        self.runs = runs
        self.control = RunControl(runs)
        self.requests = RequestControl(runs)
        self.dialogue = RequestDialogue(runs, self.requests)
        self.history = HistoryControl(runs, self.control)
        self.starter = RunStarter(
            runs, models=models, flows=flows, prompts=prompts, files=files, traced_share=traced_share
        )
        self._migration = FlowMigration(runs, self.control, self.starter.check_flow)

    def acting_as(self, actor: Actor) -> Self:
        """The same client for another actor, as a service needs it for each request; cheap."""
        client = copy(self)
        RunClient.__init__(
            client,
            store=self.store,
            publisher=self.runs.publisher,
            clock=self.runs.clock,
            models=self.models,
            flows=self.flows,
            tools=self.tools,
            authority=self.authority.acting_as(actor),
            prompts=self._prompts,
            standing=self._standing,
            files=self._files,
            traced_share=self._traced_share,
        )
        return client

    def may_see(self, state: RunState) -> bool:
        """Whether whoever acts may see a run and what it found."""
        on = Resource(kind="run", id=state.run_id, session=self.runs.session_of(state))
        return self.authority.may(Action.RUN_READ, on)

    def record(
        self,
        action: Action,
        state: RunState,
        *,
        by: str | None = None,
        details: Mapping[str, JsonValue] | None = None,
    ) -> str:
        """Check and log an act about a run that its own log does not keep, such as a rating.

        Returns:
            The person in whose name it is done.

        Raises:
            FluxError: `PERMISSION` if whoever acts may not.
        """
        on = Resource(kind="run", id=state.run_id, session=self.runs.session_of(state))
        return self.authority.record(action, on, by=by, details=details)

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
            run_id: With an id of your own, the same start again starts nothing.
            stepwise: Pause before every command; `Run.resume` lets one go on.
            inputs: The inputs of the flow, `question` for instance.

        Raises:
            FluxError: If the flow, the model or an input is not known or does not fit, or a run that began
                otherwise has the id.
        """
        spec = RunSpec(model=model, inputs=inputs, run_id=run_id)
        return next(self.batch(flow, [spec], session=session, lane=lane, stepwise=stepwise))

    def batch(
        self,
        flow: str,
        specs: Iterable[RunSpec],
        *,
        session: str = "",
        lane: e.Lane = "bulk",
        stepwise: bool = False,
    ) -> Iterator[Run]:
        """Start many runs of one flow, a few hundred per round trip; each model is looked up once.

        Raises:
            FluxError: As `start`; runs before the one that does not fit have been started then.
        """
        started = self.starter.start_many(flow, specs, session=session, lane=lane, stepwise=stepwise)
        return (Run(self.control, run_id) for run_id in started)

    def check_flow(self, flow: str) -> FlowController:
        """A flow that can run, kept in the store with all flows that it runs.

        Raises:
            FluxError: If there is no such flow, or something is wrong with it.
        """
        return self.starter.check_flow(flow)

    def get(self, run_id: str) -> Run:
        """The run of this id.

        Raises:
            FluxError: If there is no such run.
        """
        self.store.load(run_id)
        return Run(self.control, run_id)

    def pause(self, run_id: str, *, by: str | None = None) -> RunState:
        """Pause a run: at once when no worker is at it, else after the step that runs now."""
        return self.control.pause(run_id, by=by)

    def resume(self, run_id: str, *, by: str | None = None) -> RunState:
        """Let a paused run go on."""
        return self.control.resume(run_id, by=by)

    def cancel(self, run_id: str, *, by: str | None = None, reason: str) -> RunState:
        """End a run now. A step that runs is killed and not recorded; its worker goes on with other work."""
        return self.control.cancel(run_id, by=by, reason=reason)

    def cancel_all(self, runs: Iterable[str], *, by: str | None = None, reason: str) -> list[str]:
        """End those of the runs that have not ended; returns their ids."""
        return self.control.cancel_all(runs, by=by, reason=reason)

    def retry(self, run_id: str, *, by: str | None = None) -> RunState:
        """Try a run again that went to the dead letters."""
        return self.control.retry(run_id, by=by)

    def discard(self, run_id: str, *, by: str | None = None) -> RunState:
        """End a run that went to the dead letters."""
        return self.control.discard(run_id, by=by)

    def approve(
        self,
        request_id: str,
        *,
        by: str | None = None,
        args: Mapping[str, JsonValue] | None = None,
        comment: str = "",
        digest: str = "",
    ) -> RunState:
        """Agree to a call, as it was asked for or with other arguments; see `RequestControl.approve`."""
        return self.requests.approve(request_id, by=by, args=args, comment=comment, digest=digest)

    def reject(self, request_id: str, *, by: str | None = None, reason: str, digest: str = "") -> RunState:
        """Refuse a call; the reason is shown to the chat model."""
        return self.requests.reject(request_id, by=by, reason=reason, digest=digest)

    def abstain(
        self, request_id: str, *, by: str | None = None, comment: str = "", digest: str = ""
    ) -> RunState:
        """Have no opinion on a request; nobody waits for this vote any more."""
        return self.requests.abstain(request_id, by=by, comment=comment, digest=digest)

    def recuse(
        self, request_id: str, *, by: str | None = None, comment: str = "", digest: str = ""
    ) -> RunState:
        """Step out of a request that one may not judge, whatever it comes to say."""
        return self.requests.recuse(request_id, by=by, comment=comment, digest=digest)

    def delegate(
        self, request_id: str, to: str, *, by: str | None = None, for_s: float = 0, comment: str = ""
    ) -> RunState:
        """Let another person vote in one's place; see `RequestControl.delegate`."""
        return self.requests.delegate(request_id, to, by=by, for_s=for_s, comment=comment)

    def edit_request(
        self,
        request_id: str,
        args: Mapping[str, JsonValue],
        *,
        by: str | None = None,
        comment: str = "",
        digest: str = "",
    ) -> RunState:
        """Change the arguments of a call that is asked for; all are asked again."""
        return self.requests.edit_request(request_id, args, by=by, comment=comment, digest=digest)

    def reply(self, request_id: str, *, by: str | None = None, answer: str, digest: str = "") -> RunState:
        """Answer a question or an escalation; see `RequestControl.reply`."""
        return self.requests.reply(request_id, by=by, answer=answer, digest=digest)

    @property
    def _standing_approvals(self) -> StandingApprovals:
        """Votes in advance: grant, list and revoke them.

        Raises:
            FluxError: If the client has no store for them.
        """
        if self._standing is None:
            raise FluxError(ErrorClass.BAD_ARGUMENT, "this client keeps no standing approvals")
        clock = self.runs.clock
        return StandingApprovals(self._standing, self.authority, clock, lambda: new_id(clock.now_ms()))

    def grant_standing(
        self,
        tool: str,
        *,
        session: str,
        arguments: Mapping[str, str],
        for_s: float,
        max_uses: int,
        comment: str = "",
    ) -> StandingApproval:
        """Approve calls of a tool in advance; see `StandingApprovals.grant`.

        Args:
            tool: The tool.
            session: The session of the runs.
            arguments: Ranges by where an argument stands, such as `reaction_bounds.EX_glc__D_e.0`: `-15..-5`,
                `a|b` for one of some values, or `*` for anything.
            for_s: For how many seconds.
            max_uses: How often at most.
            comment: Why; it stands beside each vote.

        Raises:
            FluxError: If a range is none, the tool needs no approval, or whoever acts may not approve there.
        """
        if tool not in self.tools or not self.tools[tool].needs_approval:
            known = [name for name, each in self.tools.items() if each.needs_approval]
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{quote(tool)} is no tool that needs an approval",
                suggestions=nearest(tool, known) or (f"those that do: {', '.join(known)}",),
            )
        try:
            ranges = {name: read_range(text) for name, text in arguments.items()}
        except ValueError as error:
            raise FluxError(ErrorClass.BAD_ARGUMENT, str(error)) from error
        return self._standing_approvals.grant(
            tool,
            session=session,
            arguments=ranges,
            until_ms=self.runs.clock.now_ms() + round(for_s * 1_000),
            max_uses=max_uses,
            comment=comment,
        )

    def list_standing(self, session: str = "") -> list[CountedApproval]:
        """The standing approvals, or those of a session, with what each was used for."""
        return self._standing_approvals.list(session)

    def show_standing(self, approval_id: str) -> CountedApproval:
        """One standing approval, with what it was used for."""
        return self._standing_approvals.show(approval_id)

    def revoke_standing(self, approval_id: str) -> CountedApproval:
        """Let a standing approval count no more; what it has approved stays approved."""
        return self._standing_approvals.revoke(approval_id)

    def signal(
        self, run_id: str, name: str, *, by: str | None = None, data: Mapping[str, JsonValue] | None = None
    ) -> RunState:
        """Send a run a named event; a node that waits for it, now or later, takes it."""
        return self.control.signal(run_id, name, by=by, data=data)

    def edit(self, run_id: str, args: Mapping[str, JsonValue], *, by: str | None = None) -> RunState:
        """Change the arguments of the tool call that a paused run makes next; see `RunControl.edit`."""
        return self.control.edit(run_id, args, by=by)

    def next_command(self, state: RunState) -> Command | None:
        """What a run does next; of a paused one what it does once it goes on."""
        return self.control.next_command(state)

    def request(self, request_id: str) -> HumanRequest:
        """The request of this id, which waits for an answer."""
        return self.requests.request(request_id)

    def show_request(self, request_id: str) -> RequestView:
        """A request with all that is needed to answer it: the call, its effect, who asked, what follows."""
        return self.dialogue.view(request_id)

    def request_form(self, request_id: str) -> tuple[ArgumentField, ...]:
        """The arguments of the call that is asked for, each with what else it may be."""
        return self.dialogue.form(request_id)

    def check_edit(self, request_id: str, args: Mapping[str, JsonValue]) -> CallTool:
        """The call with other arguments, as it would be asked for; see `RequestDialogue.check`."""
        return self.dialogue.check(request_id, args)

    def ask_back(self, request_id: str, *, question: str, by: str | None = None) -> RunState:
        """Ask the agent about a request before the vote; see `RequestDialogue.ask`."""
        return self.dialogue.ask(request_id, question=question, by=by)

    def take_over(
        self, request_id: str, *, value: Mapping[str, JsonValue], source: str, by: str | None = None
    ) -> RunState:
        """Give the result in the tool's place; see `RequestDialogue.take_over`."""
        return self.dialogue.take_over(request_id, value=value, source=source, by=by)

    def fork(
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
        return self.history.fork(run_id, by=by, at=at, values=values, session=session, stepwise=stepwise)

    def adopt(self, events: Sequence[e.Event], *, by: str | None = None) -> RunState:
        """Store a run that was recorded elsewhere; see `HistoryControl.adopt`."""
        return self.history.adopt(events, by=by)

    def plan_rewind(self, run_id: str, *, to: int | None = None, node: str | None = None) -> Rewind:
        """Find what a rewind to a step or a node would do; see `HistoryControl.plan_rewind`."""
        return self.history.plan_rewind(run_id, to=to, node=node)

    def rollback(
        self,
        run_id: str,
        *,
        to: int,
        by: str | None = None,
        reason: str = "no reason given",
        confirmed: bool = False,
    ) -> RunState:
        """Let a run stand again where it stood after a step; see `HistoryControl.rollback`."""
        return self.history.rollback(run_id, to=to, by=by, reason=reason, confirmed=confirmed)

    def restart(
        self, run_id: str, *, node: str, by: str | None = None, reason: str = "", confirmed: bool = False
    ) -> RunState:
        """Let a run begin again at a node; see `HistoryControl.restart`."""
        return self.history.restart(run_id, node=node, by=by, reason=reason, confirmed=confirmed)

    def rewind(
        self, plan: Rewind, *, by: str | None = None, reason: str, confirmed: bool = False
    ) -> RunState:
        """Carry out what `plan_rewind` returned; see `HistoryControl.rewind`."""
        return self.history.rewind(plan, by=by, reason=reason, confirmed=confirmed)

    def way_back(self, run_id: str, *, to: int | None = None, node: str | None = None) -> Rewind:
        """The earlier name of `plan_rewind`."""
        return self.plan_rewind(run_id, to=to, node=node)

    def go_back(
        self, way: Rewind, *, by: str | None = None, reason: str, confirmed: bool = False
    ) -> RunState:
        """The earlier name of `rewind`."""
        return self.rewind(way, by=by, reason=reason, confirmed=confirmed)

    def migration(self, run_id: str, *, flow: str) -> Migration:
        """What another version of its flow would mean for a run; see `FlowMigration.plan`."""
        return self._migration.plan(run_id, flow=flow)

    def migrate(self, run_id: str, *, flow: str, by: str | None = None) -> RunState:
        """Let a run go on with another version of its flow; see `FlowMigration.migrate`."""
        return self._migration.migrate(run_id, flow=flow, by=by)
