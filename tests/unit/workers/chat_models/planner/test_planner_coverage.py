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
        ("which genes are essential, 17", "17"),
        ("growth on acetate: which genes?", "genes"),
        ("First knock out b0720, then list the essential genes", "takes no knock-outs"),
        ("best medium of the library without oxygen", "takes no conditions"),
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
        "How long until 20 mM glucose is used up?",
        "FVA of PGI at 95 % of the optimum",
        "biomass yield per gram of glucose",
        "How does e_coli_core differ from iJO1366?",
        "limit PFK to at most 5 mmol/gDW/h for good",
    ],
)
def test_a_question_that_is_used_whole_has_no_open_part(question: str) -> None:
    assert problems(question) == ""


@pytest.mark.parametrize(
    ("question", "tool", "args"),
    [
        ("flux through PGI", "analyze_pathway", {"reactions": ["PGI"]}),
        ("flux through R00771", "analyze_pathway", {"reactions": ["R00771"]}),
        ("How active is respiration?", "analyze_pathway", {"pathway": "oxidative phosphorylation"}),
        (
            "acetate, uptake 20",
            "run_metabolic_fba",
            {"medium_changes": {"EX_glc__D_e": 0.0, "EX_ac_e": 20.0}},
        ),
        ("save the b0720 knock-out as SBML", "export_model", {"knock_outs": ["b0720"], "format": "sbml"}),
        ("the cheapest medium", "optimize_media_composition", {"criterion": "least_cost"}),
        (
            "How long until 20 mM glucose is used up?",
            "run_dynamic_fba",
            {"substances": [{"exchange": "EX_glc__D_e", "start_mmol_per_l": 20.0}]},
        ),
        ("how does growth change as PGI flux is varied", "run_robustness", {"reaction": "PGI"}),
        (
            "keep PFK at 5 mmol/gDW/h at most for good",
            "set_bounds",
            {"bounds": {"PFK": {"upper_mmol_per_gdw_h": 5.0}}},
        ),
        ("Is the flux through PGI unique?", "run_flux_variability_analysis", {"reactions": ["PGI"]}),
        (
            "flux range of PGI at optimal growth",
            "run_flux_variability_analysis",
            {"reactions": ["PGI"], "fraction_of_optimum": 1.0},
        ),
        ("What can I feed instead of glucose?", "screen_nutrients", {}),
        (
            "Which nitrogen sources can it use without ammonium?",
            "screen_nutrients",
            {"elements": ["nitrogen"]},
        ),
        ("Are eno and pgk essential?", "analyze_essentiality", {"genes": ["eno", "pgk"]}),
        (
            "Set the bounds of PFK to 1 to 4",
            "set_bounds",
            {"bounds": {"PFK": {"lower_mmol_per_gdw_h": 1.0, "upper_mmol_per_gdw_h": 4.0}}},
        ),
        ("growth with the OUR limited to 9", "run_metabolic_fba", {"medium_changes": {"EX_o2_e": 9.0}}),
        (
            "No phosphate, no growth. What is missing?",
            "check_missing_media",
            {"medium_changes": {"EX_pi_e": 0.0}},
        ),
        ("Which reactions of iJO1366 does it need to grow?", "gapfill_model", {"universal": "iJO1366"}),
        ("Growth in M9 with acetate", "compare_media_performance", {"media": ["M9_acetate"]}),
        ("Take out oxygen: what changes?", "run_metabolic_fba", {"medium_changes": {"EX_o2_e": 0.0}}),
        (
            "Wachstum auf Succinat bei 7 mmol/gTS/h",
            "run_metabolic_fba",
            {"medium_changes": {"EX_glc__D_e": 0.0, "EX_succ_e": 7.0}},
        ),
        (
            "Qual é a taxa de crescimento sem oxigênio?",
            "run_metabolic_fba",
            {"medium_changes": {"EX_o2_e": 0.0}},
        ),
        ("rpe- phenotype", "analyze_essentiality", {"genes": ["rpe"]}),
    ],
)
def test_a_question_gets_the_tool_that_shows_what_it_asks(
    question: str, tool: str, args: dict[str, object]
) -> None:
    situation = Situation(task="tool_selection", question=question, findings=FINDINGS, functions=SCHEMAS)
    (call,) = interpret_question(situation).calls
    assert (call.tool, call.args) == (tool, args)


@pytest.mark.parametrize("question", ["essential genes without oxygen but not with it"])
def test_a_contrast_asks_for_both_conditions(question: str) -> None:
    situation = Situation(task="tool_selection", question=question, findings=FINDINGS, functions=SCHEMAS)
    changes = [call.args.get("medium_changes") for call in interpret_question(situation).calls]
    assert changes == [None, {"EX_o2_e": 0.0}]


def test_a_medium_that_a_sentence_states_is_not_passed_over() -> None:
    question = "My medium has only glucose and water. How fast does it grow?"
    situation = Situation(task="tool_selection", question=question, findings=FINDINGS, functions=SCHEMAS)
    assert "glucose" in " ".join(interpret_question(situation).problems)
