"""An evaluation case: a question to a model, and what people say answers it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import Field, JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.events import Frozen
from fluxagents.flows.people.remarks import Correction, ExpectedCall, ExpectedValue, Remark
from fluxagents.flows.state import RunState, Status
from fluxagents.scheduler.collaboration.expected_call import AcceptedCall, compare_calls, drop_defaults

ZERO = 1e-9
"""Numbers below it are zero: a relative difference to zero says nothing."""


class EvaluationCase(Frozen):
    """One case; written as a file, and changed by hand as its user likes."""

    question: str
    flow: str
    """Its name."""
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    """Of the flow, beside the question."""
    model: str
    """The digest of what the run worked on."""
    model_name: str
    calls: tuple[ExpectedCall, ...] | None = None
    """All that are to be decided on, in any order; None leaves them open."""
    value: ExpectedValue | None = None
    """A number that must be found."""
    answer: str = ""
    """What should be said, in words, for whoever reads the case; it is not judged."""
    run: str
    """The run that it was made of."""
    by: str = ""
    """Who corrected it; empty where the run itself is the example."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a case."""

    status: Status
    """How its run ended; `waiting` where it asks a human, up to which its calls count."""
    calls: tuple[ExpectedCall, ...]
    """What was decided on, without defaults."""
    tools_right: bool | None
    """None where the case leaves the calls open."""
    arguments_right: bool | None
    found: tuple[float, ...]
    """Numbers of the expected name."""
    value_right: bool | None
    """None where the case expects none."""
    error: str = ""

    @property
    def is_right(self) -> bool:
        """Whether all that is expected came."""
        return (
            self.tools_right is not False
            and self.arguments_right is not False
            and self.value_right is not False
        )


def make_case(state: RunState, events: Sequence[e.Event], remark: Remark | None) -> EvaluationCase:
    """The case of a run.

    Args:
        state: Of the run.
        events: Of the run.
        remark: The correction; without one what the run did is what is expected.
    """
    inputs = {name: value for name, value in state.inputs.items() if name != "question"}
    correction = remark.body if remark is not None and isinstance(remark.body, Correction) else None
    expected = list_decided_calls(events) if correction is None else correction.calls
    return EvaluationCase(
        question=str(state.inputs.get("question", "")),
        flow=state.flow.name,
        inputs=inputs,
        model=_find_first_model(events) or state.model or "",
        model_name=state.model_name,
        calls=tuple(expected) if correction is None or correction.calls else None,
        value=correction.value if correction else None,
        answer=correction.answer if correction else "",
        run=state.run_id,
        by=remark.by if remark and correction else "",
    )


def judge_case(case: EvaluationCase, state: RunState, events: Sequence[e.Event]) -> Judgement:
    """Compare what a run of the case did with what is expected."""
    calls = list_decided_calls(events)
    tools_right = arguments_right = None
    if case.calls is not None:
        accepted = [
            AcceptedCall(frozenset({call.tool}), drop_defaults(call.tool, call.args)) for call in case.calls
        ]
        decided = [call.as_call() for call in calls]
        by_flow = list_flow_calls(events)
        # What the flow does by itself, no decision has to do.
        left = [
            each
            for each in accepted
            if any(each.fits(call.tool, call.args) for call in decided)
            or not any(each.fits(call.tool, call.args) for call in by_flow)
        ]
        tools_right, arguments_right = compare_calls(left, decided)
    found = tuple(_find_numbers(state, case.value.name)) if case.value else ()
    return Judgement(
        status=state.status,
        calls=calls,
        tools_right=tools_right,
        arguments_right=arguments_right,
        found=found,
        value_right=any(_is_close(case.value, number) for number in found) if case.value else None,
        error=state.error.message if state.error else "",
    )


def list_decided_calls(events: Iterable[e.Event]) -> tuple[ExpectedCall, ...]:
    """The calls that a chat model decided on, as humans changed them, without defaults."""
    calls: list[CallTool] = []
    for event in events:
        if isinstance(event, e.DecisionMade) and isinstance(event.decision, CallTool):
            calls.append(event.decision)
        elif isinstance(event, e.ApprovalGranted) and event.edited and event.call is not None and calls:
            calls[-1] = event.call
    return tuple(ExpectedCall(tool=call.tool, args=drop_defaults(call.tool, call.args)) for call in calls)


def list_flow_calls(events: Iterable[e.Event]) -> list[CallTool]:
    """The calls that succeeded and that no decision made: those of the flow itself."""
    calls: list[CallTool] = []
    is_decided = False
    for event in events:
        if isinstance(event, e.DecisionMade):
            is_decided = isinstance(event.decision, CallTool)
        elif isinstance(event, e.ToolSucceeded):
            if not is_decided:
                calls.append(event.call)
            is_decided = False
    return calls


def _find_first_model(events: Iterable[e.Event]) -> str:
    return next((event.model or "" for event in events if isinstance(event, e.RunStarted)), "")


def _find_numbers(state: RunState, name: str) -> Iterator[float]:
    """The numbers of a name in facts and findings, however deep."""
    documents: list[JsonValue] = [
        dict(state.facts),
        *(dict(finding.key_findings) for finding in state.findings),
    ]
    while documents:
        document = documents.pop()
        if isinstance(document, dict):
            number = document.get(name)
            if isinstance(number, int | float) and not isinstance(number, bool):
                yield float(number)
            documents += document.values()
        elif isinstance(document, list):
            documents += document


def _is_close(expected: ExpectedValue, number: float) -> bool:
    return math.isclose(expected.number, number, rel_tol=expected.tolerance, abs_tol=ZERO)
