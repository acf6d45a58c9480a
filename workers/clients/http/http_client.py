"""The client of runs over HTTP: it needs an address and a key, neither Redis nor files."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx2
from pydantic import JsonValue

from fluxagents.flows.events import Event, HumanRequest, Lane
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.request_view import RequestView
from fluxagents.scheduler.runs.run import Run
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.workers.clients.http.api_calls import (
    SUCCESS,
    TRIES,
    ApiCall,
    call_batches,
    call_events,
    call_request,
    call_run,
    call_runs,
    call_session,
    call_start,
    call_table,
    explain_outage,
    find_request,
    is_in_flight,
    read_events,
    read_ids,
    read_problem,
    read_request,
    read_state,
    read_states,
    read_table,
    read_view,
    refuse_other,
)
from fluxagents.workers.clients.http.connection import PAUSE_S, connection_options

if TYPE_CHECKING:
    import pandas as pd


class HttpClient:
    """The methods of `Client` that concern runs, for whoever reaches only the API.

    Who acts is who owns the key. What needs files of this machine, such as a flow by its path, does not go
    over HTTP.

    Args:
        url: Of the API; `FLUXAGENTS_API_URL` when absent.
        key: The API key; `FLUXAGENTS_API_KEY` when absent.

    Raises:
        FluxError: If one of them is named nowhere; each method, as that of `Client`, or if no answer comes.
    """

    def __init__(self, url: str | None = None, key: str | None = None) -> None:
        self._http = httpx2.Client(**connection_options(url, key))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def store(self) -> Self:
        """Where a `Run` is read."""
        return self

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
    ) -> Run:
        """Start a run and return at once; an answer that is lost on the way starts nothing twice."""
        spec = RunSpec(model=model, inputs=inputs, run_id=run_id)
        call = call_start(spec, flow=flow, session=session, lane=lane, stepwise=stepwise)
        return self.hold(read_state(self._send(call)).run_id)

    def ask(
        self,
        question: str,
        *,
        model: str,
        session: str = "",
        lane: Lane = "interactive",
        run_id: str | None = None,
        **inputs: Any,
    ) -> Run:
        """Start a run of the flow that answers a question, and return at once."""
        spec = RunSpec(model=model, inputs=inputs, run_id=run_id)
        call = call_start(spec, question=question, session=session, lane=lane)
        return self.hold(read_state(self._send(call)).run_id)

    def batch(
        self,
        flow: str,
        specs: Iterable[RunSpec],
        *,
        session: str = "",
        lane: Lane = "bulk",
        stepwise: bool = False,
    ) -> Iterator[Run]:
        """Start many runs of one flow while it is iterated, a few hundred in each request."""
        for call in call_batches(specs, session, flow=flow, lane=lane, stepwise=stepwise):
            yield from map(self.hold, read_ids(self._send(call)))

    def get(self, run_id: str) -> Run:
        """The run of this id; raises `FluxError` if there is none."""
        return self.hold(self.load(run_id).run_id)

    def hold(self, run_id: str) -> Run:
        """The run of this id, without a look whether there is one."""
        return Run(self, run_id)

    def load(self, run_id: str) -> RunState:
        """The state of a run."""
        return read_state(self._send(call_run(run_id)))

    def events(self, run_id: str) -> tuple[Event, ...]:
        """All events of a run in order."""
        log: list[Event] = []
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = read_events(self._send(call_events(run_id, cursor)))
            log += page
        return tuple(log)

    def pause(self, run_id: str, *, by: str | None = None) -> RunState:
        """Pause a run: at once when no worker is at it, else after the step that runs now."""
        refuse_other(by)
        return self._act(run_id, "pause")

    def resume(self, run_id: str, *, by: str | None = None) -> RunState:
        """Let a paused run go on."""
        refuse_other(by)
        return self._act(run_id, "resume")

    def cancel(self, run_id: str, *, by: str | None = None, reason: str = "no reason given") -> RunState:
        """End a run now."""
        refuse_other(by)
        return self._act(run_id, "cancel", reason=reason)

    def retry(self, run_id: str) -> RunState:
        """Try a run again that went to the dead letters."""
        return self._act(run_id, "retry")

    def discard(self, run_id: str) -> RunState:
        """End a run that went to the dead letters."""
        return self._act(run_id, "discard")

    def signal(self, run_id: str, name: str, *, data: Mapping[str, JsonValue] | None = None) -> RunState:
        """Send a run a named event; a node that waits for it, now or later, takes it."""
        return self._act(run_id, "signal", name=name, data=dict(data or {}))

    def edit(self, run_id: str, args: Mapping[str, JsonValue]) -> RunState:
        """Change the arguments of the tool call that a paused run makes next."""
        return self._act(run_id, "edit", args=dict(args))

    def fork(
        self,
        run_id: str,
        *,
        at: int | None = None,
        values: Mapping[str, JsonValue] | None = None,
        stepwise: bool = False,
    ) -> RunState:
        """Start a new run that is another one up to a step."""
        return self._act(run_id, "fork", at=at, values=dict(values or {}), stepwise=stepwise)

    def rollback(
        self, run_id: str, *, to: int, reason: str = "no reason given", confirmed: bool = False
    ) -> RunState:
        """Let a run stand again where it stood after a step."""
        return self._act(run_id, "rollback", to=to, reason=reason, confirmed=confirmed)

    def restart(
        self, run_id: str, *, node: str, reason: str = "no reason given", confirmed: bool = False
    ) -> RunState:
        """Let a run begin again at a node."""
        return self._act(run_id, "rollback", node=node, reason=reason, confirmed=confirmed)

    def migrate(self, run_id: str, *, flow: str) -> RunState:
        """Let a run go on with another version of its flow."""
        return self._act(run_id, "migrate", flow=flow)

    def request(self, request_id: str) -> HumanRequest:
        """The request of this id, which waits for an answer."""
        waiting = self.load(request_id.rpartition(".")[0]).waiting_for
        return read_request(self._send(find_request(request_id, waiting)))

    def approve(
        self,
        request_id: str,
        *,
        args: Mapping[str, JsonValue] | None = None,
        comment: str = "",
        digest: str = "",
    ) -> RunState:
        """Agree to a call, as it was asked for or with other arguments."""
        body = {"args": None if args is None else dict(args), "comment": comment, "digest": digest}
        return self._answer(request_id, "approvals/{}/approve", body)

    def reject(self, request_id: str, *, reason: str, digest: str = "") -> RunState:
        """Refuse a call; the reason is shown to the chat model."""
        return self._answer(request_id, "approvals/{}/reject", {"reason": reason, "digest": digest})

    def abstain(self, request_id: str, *, comment: str = "", digest: str = "") -> RunState:
        """Have no opinion on a request; nobody waits for this vote any more."""
        return self._answer(request_id, "approvals/{}/abstain", {"comment": comment, "digest": digest})

    def recuse(self, request_id: str, *, comment: str = "", digest: str = "") -> RunState:
        """Step out of a request that one may not judge, whatever it comes to say."""
        return self._answer(request_id, "approvals/{}/recuse", {"comment": comment, "digest": digest})

    def delegate(self, request_id: str, to: str, *, for_s: float = 0, comment: str = "") -> RunState:
        """Let another person vote in one's place, for so many seconds or as long as the request waits."""
        body = {"to": to, "for_s": for_s, "comment": comment}
        return self._answer(request_id, "approvals/{}/delegate", body)

    def edit_request(
        self, request_id: str, args: Mapping[str, JsonValue], *, comment: str = "", digest: str = ""
    ) -> RunState:
        """Change the arguments of a call that is asked for; all are asked again."""
        body = {"args": dict(args), "comment": comment, "digest": digest}
        return self._answer(request_id, "approvals/{}/edit", body)

    def show_request(self, request_id: str) -> RequestView:
        """A request with all that is needed to answer it: the call, its effect, who asked, what follows."""
        waiting = self.load(request_id.rpartition(".")[0]).waiting_for
        return read_view(self._send(find_request(request_id, waiting)))

    def ask_back(self, request_id: str, *, question: str) -> RunState:
        """Ask the agent about an approval before the vote; its answer stands in the request's thread."""
        return self._answer(request_id, "approvals/{}/ask", {"question": question})

    def take_over(self, request_id: str, *, value: Mapping[str, JsonValue], source: str) -> RunState:
        """Give the result in the tool's place; see `RequestDialogue.take_over`."""
        body = {"value": dict(value), "source": source}
        return self._answer(request_id, "approvals/{}/take-over", body)

    def reply(self, request_id: str, *, answer: str, digest: str = "") -> RunState:
        """Answer a question or an escalation."""
        return self._answer(request_id, "questions/{}/reply", {"answer": answer, "digest": digest})

    def _answer(self, request_id: str, what: str, body: Mapping[str, Any]) -> RunState:
        return read_state(self._send(call_request(request_id, what, body)))

    def cancel_session(self, session: str, *, reason: str = "no reason given") -> list[str]:
        """End those runs of a session that have not ended; their ids."""
        return read_ids(self._send(call_session(session, "/cancel", {"reason": reason})))

    def session_states(self, session: str) -> list[RunState]:
        """The states of the runs of a session, the newest first."""
        states: list[RunState] = []
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = read_states(self._send(call_runs(session, cursor)))
            states += page
        return states

    def gather(self, runs: Iterable[Run | str], *, timeout: float | None = None) -> list[Run]:
        """Wait until each of the runs has ended or needs somebody; returns them in their order.

        Raises:
            TimeoutError: If some still run after so many seconds; they go on.
        """
        held = [self.hold(run) if isinstance(run, str) else run for run in runs]
        deadline = None if timeout is None else time.monotonic() + timeout
        for run in held:
            run.wait(None if deadline is None else max(deadline - time.monotonic(), 0))
        return held

    def table(self, run_id: str, artifact: str, name: str) -> pd.DataFrame:
        """A table of a result of a run; units are in the names of the columns."""
        return read_table(self._send(call_table(run_id, artifact, name)))

    def _act(self, run_id: str, act: str, **body: Any) -> RunState:
        return read_state(self._send(call_run(run_id, f"/{act}", body)))

    def _send(self, call: ApiCall) -> bytes:
        """The body of the answer; raises the error that it tells of."""
        tries = TRIES if call.is_repeatable else 1
        while True:
            tries -= 1
            try:
                answer = self._http.request(call.method, call.path, json=call.body, headers=call.headers)
            except httpx2.TransportError as error:
                if not tries:
                    raise explain_outage(str(self._http.base_url), error) from error
                time.sleep(PAUSE_S)
                continue
            if answer.status_code in SUCCESS:
                return answer.content
            problem = read_problem(answer.status_code, answer.content)
            if not tries or not is_in_flight(answer.content):
                raise problem
            time.sleep(PAUSE_S)
