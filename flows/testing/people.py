"""What people do to a run that waits: approve, reject, answer, send an event; by the rules of a real run."""

from __future__ import annotations

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import FluxError
from fluxagents.flows.state import RunState
from fluxagents.flows.testing.scenario import Answer, Edit, ScenarioError
from fluxagents.flows.testing.stage import Stage
from fluxagents.flows.testing.world import call_in_words


def acted(controller: FlowController, stage: Stage, state: RunState, answer: Answer, at_ms: int) -> e.Event:
    """What somebody did.

    Args:
        controller: Of the flow.
        stage: The tools that exist.
        state: Of the run, which waits.
        answer: What it is.
        at_ms: When.

    Raises:
        ScenarioError: If nobody could do that.
    """
    seq = state.seq
    if answer.event is not None:
        return e.EventReceived(seq=seq, at_ms=at_ms, name=answer.event, data=answer.data, by=answer.by)
    request = state.waiting_for
    assert request is not None
    if answer.reject is not None:
        return e.ApprovalRejected(
            seq=seq, at_ms=at_ms, request_id=request.id, by=answer.by, reason=answer.reject
        )
    if answer.approve is not None:
        edit = answer.approve if isinstance(answer.approve, Edit) else None
        return e.ApprovalGranted(
            seq=seq,
            at_ms=at_ms,
            request_id=request.id,
            by=answer.by,
            call=_approved(stage, request, edit),
            edited=edit is not None,
        )
    text = _as_text(answer.answer)
    return e.QuestionAnswered(
        seq=seq,
        at_ms=at_ms,
        request_id=request.id,
        by=answer.by,
        answer=text,
        facts=_facts(controller, state, request, text),
    )


def _approved(stage: Stage, request: e.HumanRequest, edit: Edit | None) -> CallTool | None:
    call = request.call
    if edit is None:
        return call
    if call is None:
        raise ScenarioError(f"node {request.node!r} asks for no call whose arguments could be edited")
    args = {**call.args, **edit.args}
    try:
        return CallTool(tool=call.tool, args=stage.check_args(call.tool, args))
    except FluxError as error:
        raise ScenarioError(
            f"node {request.node!r}: nobody can approve {call_in_words(call.tool, args)}: {error.message}",
            suggestions=error.suggestions,
        ) from error


def _facts(
    controller: FlowController, state: RunState, request: e.HumanRequest, text: str
) -> dict[str, JsonValue]:
    if request.kind != "question":
        return {}
    try:
        return controller.parse_answer(state, text)
    except FluxError as error:
        raise ScenarioError(
            f"node {request.node!r}: {error.message}", suggestions=error.suggestions
        ) from error


def _as_text(answer: str | float | bool | None) -> str:
    """What a human would write."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return str(answer)
