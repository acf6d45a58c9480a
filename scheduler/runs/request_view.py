"""A request as its humans see it, by whichever door: what would happen, who asked, why, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from fluxagents.flows.engine.requests.silence import describe_silence
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.argument_form import ArgumentRow, list_arguments
from fluxagents.tasks.registry import ToolEntry


class RequestView(BaseModel):
    """Something that waits for a human, with all that is needed to answer it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    id: str
    kind: Literal["approval", "question", "escalation"]
    run_id: str
    session: str
    flow: str
    model: str
    run_question: str
    """What the run is to answer."""
    asked_by: str
    """Who wanted the run; empty where its log does not say."""
    hypothesis: str
    """What the call is to test; empty where none was stated."""
    tool: str
    """Empty where no tool is called."""
    purpose: str
    """Of the tool."""
    arguments: tuple[ArgumentRow, ...]
    """Every value of the call, with its unit."""
    effect: tuple[str, ...]
    """What the call would do, a line each; `request.effect` has the numbers."""
    missing: str
    """Whose agreement or how many opinions are missing, in a few words; empty for what takes one answer."""
    if_nobody_answers: str
    """What happens then, and when."""
    request: HumanRequest


def view_request(
    request: HumanRequest, state: RunState, flow: Flow, tools: Mapping[str, ToolEntry]
) -> RequestView:
    """Describe a request.

    Args:
        request: What waits.
        state: Of its run.
        flow: Of its run.
        tools: What is known of the tools.
    """
    call = request.call
    tool = tools.get(call.tool) if call else None
    args: Mapping[str, JsonValue] = call.args if call else {}
    return RequestView(
        id=request.id,
        kind=request.kind,
        run_id=state.run_id,
        session=state.session,
        flow=state.flow.name,
        model=state.model_name,
        run_question=str(state.inputs.get("question") or ""),
        asked_by=state.requester,
        hypothesis=call.hypothesis if call else "",
        tool=call.tool if call else "",
        purpose=tool.purpose if tool else "",
        arguments=list_arguments(tool, args),
        effect=request.effect.lines if request.effect else (),
        missing=request.missing if request.kind == "approval" or request.panel else "",
        if_nobody_answers=describe_silence(flow, state, request),
        request=request,
    )
