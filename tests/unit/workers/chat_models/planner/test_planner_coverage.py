"""An answer of the planner names the words of the question that it did not use."""

from __future__ import annotations

import pytest
from tests.unit.workers.chat_models.planner.test_planner_questions import FINDINGS, SCHEMAS

from fluxagents.workers.chat_models.planner.calls.interpretation import interpret_question
from fluxagents.workers.chat_models.planner.situation import Situation


def problems(question: str) -> str:
    situation = Situation(task="tool_selection", question=question, findings=FINDINGS, functions=SCHEMAS)
    interpretation = interpret_question(situation)
    assert interpretation.calls
    return " ".join(interpretation.problems)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("essential genes and the frobnication", "frobnication"),
        ("essential genes and the weather", "weather"),
        ("growth without oxygen and the Km of hexokinase", "kinetics"),
        ("draw a map of the fluxes", "Escher"),
        ("which genes are essential, 17", "17"),
    ],
)
def test_what_an_answer_does_not_use_is_named(question: str, named: str) -> None:
    assert named in problems(question)


@pytest.mark.parametrize(
    "question",
    [
        "which genes are essential on acetate at 20 mmol/gDW/h?",
        "Please tell me quickly: which genes are essential?",
        "Is gapA (b1779) essential?",
        "FVA of PGI at 95 % of the optimum",
    ],
)
def test_a_question_that_is_used_whole_has_no_open_part(question: str) -> None:
    assert problems(question) == ""
