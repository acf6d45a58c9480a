"""The evaluation set fits the tools, and what counts as right is what it says."""

from __future__ import annotations

from typing import Any

import pytest
from tests.decisions import ANSWER_TOOLS
from tests.eval.questions.cases import PARTS, Expected, cases, told
from tests.eval.questions.run import answers, score

from fluxagents.prompts.manager import PromptManager
from fluxagents.tasks.decide import Decider
from fluxagents.tasks.fba.registry import TOOLS
from fluxagents.workers.planner.languages import in_english
from fluxagents.workers.planner.model import OfflinePlanner
from fluxagents.workers.planner.spelling import spelt

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


def test_the_planner_keeps_what_it_reached_on_the_known_part() -> None:
    decider = Decider(OfflinePlanner(), "offline-planner", PromptManager(), TOOLS)
    reached = score("known", answers("known", decider))
    assert reached.tools_right >= 0.95 * reached.questions
    assert reached.arguments_right >= 0.90 * reached.questions
    assert reached.pairs_alike >= 0.95 * reached.pairs


@pytest.mark.parametrize(
    ("question", "english"),
    [
        ("Welche Gene sind ohne Sauerstoff essentiell?", "which genes is without oxygen essential?"),
        ("Wachstum mit 18,5 mmol/gDW/h Glukose", "growth with 18.5 mmol/gDW/h glucose"),
        ("Quel est le taux de croissance sur acétate ?", "which is the growth rate on acetate ?"),
        ("¿Qué genes son esenciales en acetato?", "which genes is essential on acetate?"),
        ("What was the flux of PGI?", "What was the flux of PGI?"),
    ],
)
def test_words_of_other_languages_become_english_and_ids_stay(question: str, english: str) -> None:
    assert in_english(question) == english


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("esential genes on acetat", "essential genes on acetate"),
        ("aerobic growth, nonessential genes", "aerobic growth, nonessential genes"),
        ("Is PFK essentially needed? b0720", "Is PFK essentially needed? b0720"),
    ],
)
def test_misspelt_words_are_corrected_and_inflected_ones_stay(written: str, meant: str) -> None:
    assert spelt(written) == meant
