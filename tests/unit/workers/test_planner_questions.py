"""The evaluation set fits the tools, and what counts as right is what it says."""

from __future__ import annotations

from typing import Any

import pytest
from tests.decisions import ANSWER_TOOLS
from tests.eval.questions.cases import PARTS, Expected, cases, told

from fluxagents.tasks.fba.registry import TOOLS

CASES = [case for part in PARTS for case in cases(part)]


def test_it_is_large_and_a_fifth_is_held_out() -> None:
    held_out = [case for case in CASES if case.part == "held_out"]
    assert len(CASES) >= 150
    assert len(held_out) >= len(CASES) / 5
    assert {case.language for case in CASES} >= {"en", "de", "fr", "es"}


def test_no_question_is_in_it_twice() -> None:
    asked = [case.question.casefold() for case in CASES]
    assert len(set(asked)) == len(asked)


def test_each_expected_call_names_offered_tools_and_their_arguments() -> None:
    for case in CASES:
        for call in case.calls:
            for tool in call.tools:
                assert tool in ANSWER_TOOLS, case.question
                assert call.args.keys() <= TOOLS[tool].args.model_fields.keys(), case.question


EXPECTED = Expected(
    frozenset({"run_flux_variability_analysis"}), {"reactions": ["PGI", "PYK"], "fraction_of_optimum": 0.8}
)


@pytest.mark.parametrize(
    ("args", "fits"),
    [
        ({"reactions": ["PYK", "PGI"], "fraction_of_optimum": 0.8 + 1e-12, "loopless": False}, True),
        ({"reactions": ["PYK", "PGI"], "fraction_of_optimum": 0.81}, False),
        ({"reactions": ["PYK"], "fraction_of_optimum": 0.8}, False),
        ({"reactions": ["PYK", "PGI"], "fraction_of_optimum": 0.8, "loopless": True}, False),
        ({"reactions": ["PYK", "PGI"]}, False),
    ],
)
def test_a_call_fits_only_with_the_same_arguments(args: dict[str, Any], fits: bool) -> None:
    assert EXPECTED.fits("run_flux_variability_analysis", args) is fits
    assert not EXPECTED.fits("run_metabolic_fba", args)


def test_defaults_are_not_told() -> None:
    assert told("run_flux_variability_analysis", {"fraction_of_optimum": 0.9, "reactions": None}) == {}
