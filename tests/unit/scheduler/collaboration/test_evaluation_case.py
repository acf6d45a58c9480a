"""An evaluation case is made of a run and a correction, and says what of a run is right."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.story import Story, decided, succeeded

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.people.remarks import Correction, ExpectedCall, ExpectedValue, Remark
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.collaboration.evaluation_case import EvaluationCase, judge_case, make_case

FBA = CallTool(tool="run_metabolic_fba", args={"objective": "ATPM", "fraction_of_optimum": None})
GENES = CallTool(tool="run_gene_deletion_analysis", args={"genes": ["b0720", "b1136"]})


def tell(*calls: CallTool, **found: Any) -> tuple[e.Event, ...]:
    story = Story(inputs={"question": "How fast?", "medium": "M9"}, model="sha256:" + "a" * 64)
    for number, call in enumerate(calls, 1):
        story.step(2 * number, decided(call)).step(2 * number + 1, succeeded(call, **found))
    story.step(99, e.RunFinished(seq=0, at_ms=0, node="end", answer="so"))
    return tuple(story.events)


def correct(**said: Any) -> Remark:
    return Remark(number=1, at_ms=1, by="ann", body=Correction(**said))


def judge(case: EvaluationCase, events: tuple[e.Event, ...]) -> tuple[bool | None, bool | None, bool | None]:
    judgement = judge_case(case, fold(events), events)
    return judgement.tools_right, judgement.arguments_right, judgement.value_right


def test_a_case_has_the_question_the_model_and_what_people_expect() -> None:
    events = tell(GENES)
    case = make_case(fold(events), events, correct(calls=[ExpectedCall(tool=FBA.tool)], answer="fast"))
    assert (case.question, case.inputs, case.flow) == ("How fast?", {"medium": "M9"}, "growth_check")
    assert (case.model, case.by, case.answer) == ("sha256:" + "a" * 64, "ann", "fast")
    assert case.calls == (ExpectedCall(tool=FBA.tool),)
    as_it_was = make_case(fold(events), events, None)
    assert as_it_was.calls == (ExpectedCall(tool=GENES.tool, args=GENES.args),)
    assert judge(as_it_was, events) == (True, True, None)


@pytest.mark.parametrize(
    ("calls", "verdict"),
    [
        ((GENES, FBA), (True, True)),
        ((FBA, GENES.model_copy(update={"args": {"genes": ["b1136", "b0720"]}})), (True, True)),
        ((FBA, GENES.model_copy(update={"args": {"genes": ["b0720"]}})), (True, False)),
        ((FBA,), (False, False)),
        ((FBA, GENES, GENES), (False, False)),
    ],
)
def test_calls_are_compared_in_any_order_without_defaults(
    calls: tuple[CallTool, ...], verdict: tuple[bool, bool]
) -> None:
    events = tell(GENES)
    expected = [
        ExpectedCall(tool=FBA.tool, args={"objective": "ATPM"}),
        ExpectedCall(tool=GENES.tool, args=GENES.args),
    ]
    case = make_case(fold(events), events, correct(calls=expected))
    assert judge(case, tell(*calls))[:2] == verdict


@pytest.mark.parametrize(
    ("found", "is_right"),
    [
        ({"growth_per_h": 0.8739}, True),
        ({"fluxes": [{"growth_per_h": 0.87391}]}, True),
        ({"growth_per_h": 0.8}, False),
        ({}, False),
    ],
)
def test_a_value_is_sought_however_deep_it_lies(found: dict[str, Any], is_right: bool) -> None:
    events = tell(FBA, **found)
    value = ExpectedValue(name="growth_per_h", number=0.8739, tolerance=1e-4)
    case = make_case(fold(events), events, correct(value=value))
    assert case.calls is None
    assert judge(case, events) == (None, None, is_right)


def test_a_call_that_a_human_changed_is_the_changed_one() -> None:
    story = Story().step(1, decided(GENES))
    granted = e.ApprovalGranted(seq=0, at_ms=0, request_id="r.1", by="ann", call=FBA, edited=True)
    case = make_case(fold(story.events), (*story.events, granted), None)
    assert case.calls == (ExpectedCall(tool=FBA.tool, args={"objective": "ATPM"}),)


def test_what_the_flow_does_by_itself_no_decision_has_to_do() -> None:
    story = Story(model="m").step(1, succeeded(FBA)).step(2, decided(GENES)).step(3, succeeded(GENES))
    events = tuple(story.events)
    expected = [ExpectedCall(tool=each.tool, args=each.args) for each in (FBA, GENES)]
    case = make_case(fold(events), events, correct(calls=expected))
    assert judge(case, events)[:2] == (True, True)
    without = tuple(Story(model="m").step(2, decided(GENES)).step(3, succeeded(GENES)).events)
    assert judge(case, without)[:2] == (False, False)
