"""What people do with a request beside voting: look at it, try other arguments, ask back, or take over."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.thread import MAX_REMARKS, REMARK_CHARACTERS
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.checks import check_document, check_text
from fluxagents.flows.texts.grammar import MAX_REASON
from fluxagents.scheduler.people.authority import AnswerPermit
from fluxagents.scheduler.runs.argument_form import ArgumentField, build_form
from fluxagents.scheduler.runs.open_runs import OpenRuns
from fluxagents.scheduler.runs.request_control import RequestControl
from fluxagents.scheduler.runs.request_view import RequestView, view_request
from fluxagents.tasks.external_events import read_again_when_moved_on
from fluxagents.tasks.registry import entries_of

MAX_VALUE_BYTES = 8_192
"""Of the result that a human gives in a tool's place."""


class RequestDialogue:
    """Shows requests, and writes what people say about them into their runs.

    Args:
        runs: What it takes to write into runs.
        requests: Finds requests.
    """

    def __init__(self, runs: OpenRuns, requests: RequestControl) -> None:
        self._runs = runs
        self._requests = requests

    def view(self, request_id: str) -> RequestView:
        """All that is needed to answer a request.

        Raises:
            FluxError: If it does not wait for an answer.
        """
        request, state = self._open(request_id)
        flow = self._runs.store.flow(state.flow.digest)
        return view_request(request, state, flow, entries_of(self._runs.tools))

    def form(self, request_id: str) -> tuple[ArgumentField, ...]:
        """The arguments of the call that is asked for, each with what else it may be; empty without a call.

        Raises:
            FluxError: If the request does not wait for an answer.
        """
        request, _ = self._open(request_id)
        tool = entries_of(self._runs.tools).get(request.call.tool) if request.call else None
        return build_form(tool, request.call.args) if tool and request.call else ()

    def check(self, request_id: str, args: Mapping[str, JsonValue]) -> CallTool:
        """The call with other arguments, as it would be asked for; writes nothing.

        Raises:
            FluxError: `BAD_ARGUMENT` naming each argument that does not fit, or if there is no call to edit.
        """
        request, _ = self._open(request_id)
        return self._edit(request, args)

    @read_again_when_moved_on
    def ask(self, request_id: str, *, question: str, by: str | None = None) -> RunState:
        """Ask back before the vote; the agent answers in the request's thread, from what the run found.

        Raises:
            FluxError: If the request is closed or is another's to answer, or a question waits for its answer.
        """
        check_text(question, "the question", REMARK_CHARACTERS)
        request, state = self._open(request_id)
        if request.open_question:
            raise ConflictError(f"request {request_id!r} has a question that waits for its answer")
        if len(request.thread) >= MAX_REMARKS:
            raise ConflictError(f"request {request_id!r} has {MAX_REMARKS} remarks, and keeps no more")
        permit, now_ms = self._permit(Action.REQUEST_ASK, state, request, by=by)
        asked = e.ExplanationAsked(
            seq=state.seq,
            at_ms=now_ms,
            request_id=request_id,
            by=permit.by,
            channel=permit.record.channel,
            question=question,
        )
        return self._runs.append_all(state, [asked], permit.record)

    @read_again_when_moved_on
    def take_over(
        self, request_id: str, *, value: Mapping[str, JsonValue], source: str, by: str | None = None
    ) -> RunState:
        """Give the result in the tool's place: the call is not made, and the result is marked as a human's.

        Args:
            request_id: Of an approval of a call.
            value: What the tool would have found, by the names of its summary.
            source: Where the person has it from.
            by: The person in whose name.

        Raises:
            FluxError: If the request is closed, is for no call or another's to answer, or the value lacks
                what the flow takes from it.
        """
        check_text(source, "the source", MAX_REASON)
        _check_value(value)
        request, state = self._open(request_id)
        call = request.call
        if call is None:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"request {request_id!r} asks for no call of a tool")
        facts = self._runs.controller(state).extract_facts(state, value)
        permit, now_ms = self._permit(Action.REQUEST_TAKE_OVER, state, request, by=by)
        if request.policy.rejections > 1:
            raise FluxError(
                ErrorClass.PERMISSION,
                f"{permit.by!r} cannot take over request {request_id!r} alone: its policy takes "
                f"{request.policy.rejections} people to keep the call from being made",
            )
        taken = e.CallTakenOver(
            seq=state.seq,
            at_ms=now_ms,
            node=state.node,
            request_id=request_id,
            by=permit.by,
            channel=permit.record.channel,
            call=call,
            value=dict(value),
            source=source,
            facts=facts,
        )
        return self._runs.append_all(state, [taken], permit.record)

    def _open(self, request_id: str) -> tuple[HumanRequest, RunState]:
        request = self._requests.request(request_id)
        return request, self._runs.load(request_id.rpartition(".")[0])

    def _edit(self, request: HumanRequest, args: Mapping[str, JsonValue]) -> CallTool:
        check_document(args, "argument")
        if request.call is None:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"request {request.id!r} has no arguments to edit")
        checked = self._runs.tools[request.call.tool].parse({**request.call.args, **args})
        edited = checked.model_dump(mode="json", exclude_unset=True)
        return request.call.model_copy(update={"args": edited})

    def _permit(
        self, action: Action, state: RunState, request: HumanRequest, *, by: str | None
    ) -> tuple[AnswerPermit, int]:
        now_ms = self._runs.clock.now_ms()
        on = Resource(kind="request", id=request.id, session=self._runs.session_of(state))
        permit = self._runs.authority.permit_answer(action, on, request, at_ms=now_ms, by=by)
        return permit, now_ms


def _check_value(value: Mapping[str, JsonValue]) -> None:
    check_document(value, "value")
    size = len(json.dumps(dict(value), ensure_ascii=False).encode())
    if not value or size > MAX_VALUE_BYTES:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"the result that takes the place of a tool's has {size} bytes",
            suggestions=(
                f"give values by name, such as growth_per_h=0.41, of at most {MAX_VALUE_BYTES} bytes",
            ),
        )
