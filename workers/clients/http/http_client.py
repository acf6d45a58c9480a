"""The client of runs over HTTP: it needs an address and a key, neither Redis nor files."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

from pydantic import JsonValue

from fluxagents.flows.commands import CallTool, Command
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import FluxError
from fluxagents.flows.events import Lane
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.standing import StandingApproval
from fluxagents.flows.state import RunState
from fluxagents.scheduler.people.standing_approvals import CountedApproval
from fluxagents.scheduler.runs.argument_form import ArgumentField
from fluxagents.scheduler.runs.request_view import RequestView
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.registry import TOOLS, tool_facts
from fluxagents.workers.clients.artifact import Artifact
from fluxagents.workers.clients.client_run import ClientRun
from fluxagents.workers.clients.completion import RunLike, list_run_ids, look_until_complete
from fluxagents.workers.clients.http.api_calls import (
    call_batches,
    call_export,
    call_form,
    call_import,
    call_report,
    call_request,
    call_run,
    call_session,
    call_standing,
    call_start,
    find_request,
    read_all_standing,
    read_check,
    read_form,
    read_ids,
    read_imported,
    read_request,
    read_standing,
    read_state,
    read_view,
    refuse_other,
)
from fluxagents.workers.clients.http.connection import ApiConnection
from fluxagents.workers.clients.http.http_book import HttpBook
from fluxagents.workers.clients.http.http_genomes import HttpGenomes
from fluxagents.workers.clients.http.http_notebooks import HttpNotebooks
from fluxagents.workers.clients.http.http_people import HttpCollaboration, HttpFeedback, HttpInbox
from fluxagents.workers.clients.http.http_results import HttpResults
from fluxagents.workers.clients.http.http_runs import HttpRuns
from fluxagents.workers.clients.http.http_sessions import HttpSessions
from fluxagents.workers.clients.http.uploads import send_upload
from fluxagents.workers.clients.run_group import Batch, Session, gather_runs


class HttpClient:
    """The methods of `Client`, for whoever reaches only the API.

    Who acts is who owns the key; `by` names nobody else. What needs the store itself or files of its machine
    does not go over HTTP: a flow by its path, plans of rewinds and migrations, runs of other installations.

    Args:
        url: Of the API; `FLUXAGENTS_API_URL` when absent.
        key: The API key; `FLUXAGENTS_API_KEY` when absent.

    Raises:
        FluxError: If one of them is named nowhere; each method, as that of `Client`, or if no answer comes.
    """

    def __init__(self, url: str | None = None, key: str | None = None) -> None:
        self._api = ApiConnection(url, key)
        self.results = HttpResults(self._api)
        """Where results lie."""
        self.store: HttpRuns = self.results.runs
        """Where runs are read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def start(
        self,
        flow: str,
        *,
        model: str,
        session: str = "",
        lane: Lane = "interactive",
        run_id: str | None = None,
        stepwise: bool = False,
        **inputs: Any,
    ) -> ClientRun:
        """Start a run and return at once; an answer that is lost on the way starts nothing twice."""
        spec = RunSpec(model=model, inputs=inputs, run_id=run_id)
        call = call_start(spec, flow=flow, session=session, lane=lane, stepwise=stepwise)
        return self.hold(read_state(self._api.send(call)).run_id)

    def ask(
        self,
        question: str,
        *,
        model: str,
        session: str = "",
        lane: Lane = "interactive",
        run_id: str | None = None,
        **inputs: Any,
    ) -> ClientRun:
        """Start a run of the flow that answers a question, and return at once."""
        spec = RunSpec(model=model, inputs=inputs, run_id=run_id)
        call = call_start(spec, question=question, session=session, lane=lane)
        return self.hold(read_state(self._api.send(call)).run_id)

    def batch(
        self,
        flow: str,
        specs: Iterable[RunSpec],
        *,
        session: str = "",
        lane: Lane = "bulk",
        stepwise: bool = False,
    ) -> Batch:
        """Start many runs of one flow while the batch is iterated, a few hundred in each request."""
        calls = call_batches(specs, session, flow=flow, lane=lane, stepwise=stepwise)
        started = (run_id for call in calls for run_id in read_ids(self._api.send(call)))
        return Batch(self, self.results, started)

    def check_flow(self, flow: str) -> FlowController:
        """A flow of the installation, by its name or the digest that runs have."""
        return FlowController(self.store.flow(flow), tools=tool_facts(TOOLS))

    def get(self, run_id: str) -> ClientRun:
        """The run of this id; raises `FluxError` if there is none."""
        return self.hold(self.store.load(run_id).run_id)

    def hold(self, run_id: str) -> ClientRun:
        """The run of this id, without a look whether there is one."""
        return ClientRun(self, run_id, self.results)

    def pause(self, run_id: str, *, by: str | None = None) -> RunState:
        """Pause a run: at once when no worker is at it, else after the step that runs now."""
        return self._act(run_id, "pause", by)

    def resume(self, run_id: str, *, by: str | None = None) -> RunState:
        """Let a paused run go on."""
        return self._act(run_id, "resume", by)

    def cancel(self, run_id: str, *, by: str | None = None, reason: str) -> RunState:
        """End a run now."""
        return self._act(run_id, "cancel", by, reason=reason)

    def cancel_all(self, runs: Iterable[str], *, by: str | None = None, reason: str) -> list[str]:
        """End those of the runs that have not ended; returns their ids."""
        refuse_other(by)
        return [run_id for run_id in runs if self._cancel_open(run_id, reason)]

    def retry(self, run_id: str, *, by: str | None = None) -> RunState:
        """Try a run again that went to the dead letters."""
        return self._act(run_id, "retry", by)

    def discard(self, run_id: str, *, by: str | None = None) -> RunState:
        """End a run that went to the dead letters."""
        return self._act(run_id, "discard", by)

    def approve(
        self,
        request_id: str,
        *,
        by: str | None = None,
        args: Mapping[str, JsonValue] | None = None,
        comment: str = "",
        digest: str = "",
    ) -> RunState:
        """Agree to a call, as it was asked for or with other arguments."""
        body = {"args": None if args is None else dict(args), "comment": comment, "digest": digest}
        return self._answer(request_id, "approvals/{}/approve", by, **body)

    def reject(self, request_id: str, *, by: str | None = None, reason: str, digest: str = "") -> RunState:
        """Refuse a call; the reason is shown to the chat model."""
        return self._answer(request_id, "approvals/{}/reject", by, reason=reason, digest=digest)

    def abstain(
        self, request_id: str, *, by: str | None = None, comment: str = "", digest: str = ""
    ) -> RunState:
        """Have no opinion on a request; nobody waits for this vote any more."""
        return self._answer(request_id, "approvals/{}/abstain", by, comment=comment, digest=digest)

    def recuse(
        self, request_id: str, *, by: str | None = None, comment: str = "", digest: str = ""
    ) -> RunState:
        """Step out of a request that one may not judge, whatever it comes to say."""
        return self._answer(request_id, "approvals/{}/recuse", by, comment=comment, digest=digest)

    def delegate(
        self, request_id: str, to: str, *, by: str | None = None, for_s: float = 0, comment: str = ""
    ) -> RunState:
        """Let another person vote in one's place, for so many seconds or as long as the request waits."""
        return self._answer(request_id, "approvals/{}/delegate", by, to=to, for_s=for_s, comment=comment)

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
        body = {"args": dict(args), "comment": comment, "digest": digest}
        return self._answer(request_id, "approvals/{}/edit", by, **body)

    def show_request(self, request_id: str) -> RequestView:
        """A request with all that is needed to answer it: the call, its effect, who asked, what follows."""
        waiting = self.store.load(request_id.rpartition(".")[0]).waiting_for
        return read_view(self._api.send(find_request(request_id, waiting)))

    def request_form(self, request_id: str) -> tuple[ArgumentField, ...]:
        """What each argument of the call of an approval means and may be."""
        return read_form(self._api.send(call_form(request_id)))

    def check_edit(self, request_id: str, args: Mapping[str, JsonValue]) -> CallTool:
        """The call of an approval with other arguments; changes nothing.

        Raises:
            FluxError: If they do not fit the tool.
        """
        return read_check(
            self._api.send(call_request(request_id, "approvals/{}/check", {"args": dict(args)}))
        )

    def ask_back(self, request_id: str, *, question: str, by: str | None = None) -> RunState:
        """Ask the agent about an approval before the vote; its answer stands in the request's thread."""
        return self._answer(request_id, "approvals/{}/ask", by, question=question)

    def take_over(
        self, request_id: str, *, value: Mapping[str, JsonValue], source: str, by: str | None = None
    ) -> RunState:
        """Give the result in the tool's place; see `RequestDialogue.take_over`."""
        return self._answer(request_id, "approvals/{}/take-over", by, value=dict(value), source=source)

    def reply(self, request_id: str, *, by: str | None = None, answer: str, digest: str = "") -> RunState:
        """Answer a question or an escalation."""
        return self._answer(request_id, "questions/{}/reply", by, answer=answer, digest=digest)

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
        """Approve calls of a tool in advance; see `RunClient.grant_standing`."""
        limits = {"for_s": for_s, "max_uses": max_uses, "comment": comment}
        body = {"tool": tool, "session": session, "arguments": dict(arguments), **limits}
        return read_standing(self._api.send(call_standing("", body))).approval

    def list_standing(self, session: str = "") -> list[CountedApproval]:
        """The standing approvals, or those of a session, with what each was used for."""
        return read_all_standing(self._api.send(call_standing(f"?session={quote(session)}")))

    def show_standing(self, approval_id: str) -> CountedApproval:
        """One standing approval, with what it was used for."""
        return read_standing(self._api.send(call_standing(f"/{quote(approval_id, safe='')}")))

    def revoke_standing(self, approval_id: str) -> CountedApproval:
        """Let a standing approval count no more; what it has approved stays approved."""
        what = f"/{quote(approval_id, safe='')}/revoke"
        return read_standing(self._api.send(call_standing(what, {})))

    def signal(
        self, run_id: str, name: str, *, by: str | None = None, data: Mapping[str, JsonValue] | None = None
    ) -> RunState:
        """Send a run a named event; a node that waits for it, now or later, takes it."""
        return self._act(run_id, "signal", by, name=name, data=dict(data or {}))

    def edit(self, run_id: str, args: Mapping[str, JsonValue], *, by: str | None = None) -> RunState:
        """Change the arguments of the tool call that a paused run makes next."""
        return self._act(run_id, "edit", by, args=dict(args))

    def next_command(self, state: RunState) -> Command | None:
        """What a run does next; of a paused one what it does once it goes on."""
        return self.check_flow(state.flow.digest).next_command(state)

    def request(self, request_id: str) -> HumanRequest:
        """The request of this id, which waits for an answer."""
        waiting = self.store.load(request_id.rpartition(".")[0]).waiting_for
        return read_request(self._api.send(find_request(request_id, waiting)))

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
        """Start a new run that is another one up to a step."""
        body = {"at": at, "values": dict(values or {}), "session": session, "stepwise": stepwise}
        return self._act(run_id, "fork", by, **body)

    def rollback(
        self,
        run_id: str,
        *,
        to: int,
        by: str | None = None,
        reason: str = "no reason given",
        confirmed: bool = False,
    ) -> RunState:
        """Let a run stand again where it stood after a step."""
        return self._act(run_id, "rollback", by, to=to, reason=reason, confirmed=confirmed)

    def restart(
        self, run_id: str, *, node: str, by: str | None = None, reason: str = "", confirmed: bool = False
    ) -> RunState:
        """Let a run begin again at a node."""
        return self._act(run_id, "rollback", by, node=node, reason=reason, confirmed=confirmed)

    def migrate(self, run_id: str, *, flow: str, by: str | None = None) -> RunState:
        """Let a run go on with another version of its flow."""
        return self._act(run_id, "migrate", by, flow=flow)

    @property
    def feedback(self) -> HttpFeedback:
        """Rates and corrects answers and decisions."""
        return HttpFeedback(self._api)

    @property
    def collaboration(self) -> HttpCollaboration:
        """Comments on runs, watches them, and claims, releases and assigns requests."""
        return HttpCollaboration(self._api)

    @property
    def inbox(self) -> HttpInbox:
        """What waits for you."""
        return HttpInbox(self._api)

    @property
    def sessions(self) -> HttpSessions:
        """Makes sessions, lists, limits, shares, archives and forks them."""
        return HttpSessions(self._api, self.store)

    @property
    def genomes(self) -> HttpGenomes:
        """Stores genomes, so that runs can name them."""
        return HttpGenomes(self._api)

    @property
    def notebooks(self) -> HttpNotebooks:
        """Writes notebooks of sessions, puts them in order and shares them."""
        return HttpNotebooks(self._api, self.store)

    def session(self, name: str) -> Session:
        """The runs of a session: to look at, wait for, steer or compare all of them."""
        return Session(self, self.results, self.sessions, name)

    def report_session(self, name: str, kind: Literal["html", "pdf"] = "html") -> bytes:
        """A session on one page: questions, answers, growth, disagreements and costs."""
        return self._api.send(call_report(name, kind))

    def export_session(self, name: str, path: Path, *, with_models: bool = False) -> None:
        """Write a session with its runs as one signed file."""
        path.write_bytes(self._api.send(call_export(call_session(name), with_models)))

    def import_session(self, path: Path, *, name: str = "") -> str:
        """Take in a session that `export_session` wrote; what it is called here."""
        return read_imported(self._api.send(call_import(send_upload(self._api, path), name)))

    def export_run(self, run_id: str, path: Path, *, with_models: bool = False) -> None:
        """Write a run as one signed file, with all that is needed to look at it elsewhere."""
        path.write_bytes(self._api.send(call_export(call_run(run_id), with_models)))

    @property
    def schedules(self) -> HttpBook:
        """Schedules, as the API describes them."""
        return HttpBook(self._api, "schedules")

    @property
    def triggers(self) -> HttpBook:
        """Triggers, as the API describes them."""
        return HttpBook(self._api, "triggers")

    @property
    def webhooks(self) -> HttpBook:
        """Webhooks, as the API describes them."""
        return HttpBook(self._api, "webhooks")

    def artifact(self, digest: str) -> Artifact:
        """The full data of a result, by its digest or the beginning of it, for those who may see all runs."""
        return self.results.artifact(digest)

    def gather(
        self, runs: Iterable[RunLike | str], *, timeout: float | None = None, progress: bool = False
    ) -> list[ClientRun]:
        """Wait until each of the runs has ended or needs somebody; returns them in their order.

        Args:
            runs: Runs or their ids.
            timeout: Seconds; None waits for as long as it takes.
            progress: Show a bar in a terminal or a notebook, and lines elsewhere.

        Raises:
            TimeoutError: If some still run then; they go on.
        """
        run_ids = list_run_ids(runs)
        gather_runs(self.results, run_ids, timeout, progress)
        return [self.hold(run_id) for run_id in run_ids]

    def as_completed(
        self, runs: Iterable[RunLike | str], *, timeout: float | None = None
    ) -> Iterator[ClientRun]:
        """Each of the runs as soon as it has ended or needs somebody; each comes once.

        Raises:
            TimeoutError: If some still run after so many seconds; they go on.
        """
        for look in look_until_complete(self.store, list_run_ids(runs), timeout_s=timeout):
            yield from (self.hold(state.run_id) for state in look.completed)
            time.sleep(look.pause_s)

    def _act(self, run_id: str, act: str, by: str | None, **body: Any) -> RunState:
        refuse_other(by)
        return read_state(self._api.send(call_run(run_id, f"/{act}", body)))

    def _answer(self, request_id: str, what: str, by: str | None, **body: Any) -> RunState:
        refuse_other(by)
        return read_state(self._api.send(call_request(request_id, what, body)))

    def _cancel_open(self, run_id: str, reason: str) -> bool:
        """Cancel a run unless it has ended; whether this call did."""
        if self.store.load(run_id).has_ended:
            return False
        try:
            self.cancel(run_id, reason=reason)
        except FluxError:
            if not self.store.load(run_id).has_ended:
                raise
            return False
        return True
