"""The evaluation set fits the tools, and what counts as right is what it says."""

from __future__ import annotations

import json
from itertools import combinations, groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.eval.questions.cases import PARTS, WHOLE, cases
from tests.eval.questions.run import MAX_STEPS, compare_calls
from tests.support.decisions import ANSWER_TOOLS, BASELINE, DESCRIPTION
from tests.support.depth import DEPTH

from fluxagents.flows.commands import CallTool
from fluxagents.scheduler.collaboration.expected_call import AcceptedCall, drop_defaults
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.planner.calls.arguments import ARGUMENTS
from fluxagents.workers.chat_models.planner.calls.interpretation import interpret_question
from fluxagents.workers.chat_models.planner.calls.lookups import LOOKUPS
from fluxagents.workers.chat_models.planner.planning.plan import choose_next_call
from fluxagents.workers.chat_models.planner.rules.intents import load_intents
from fluxagents.workers.chat_models.planner.situation import Situation
from fluxagents.workers.chat_models.planner.words.data import load_table
from fluxagents.workers.chat_models.planner.words.examples import WORD
from fluxagents.workers.chat_models.planner.words.spelling import closest_word
from fluxagents.workers.chat_models.planner.words.tagger import tag_question

CASES = [case for part in PARTS for case in cases(part)]
FINDINGS = tuple(
    {"id": finding.id, "tool": finding.tool, "args": dict(finding.args), "found": dict(finding.key_findings)}
    for finding in (DESCRIPTION, BASELINE)
)
SCHEMAS = {name: TOOLS[name].args.model_json_schema() for name in ANSWER_TOOLS}


def test_it_is_large_and_a_part_is_held_out() -> None:
    held_out = [case for case in CASES if case.part != "known"]
    assert len(CASES) >= 1500
    assert len(held_out) >= 150
    assert {case.language for case in CASES} >= {"en", "de", "fr", "es"}


def test_no_question_is_in_it_twice() -> None:
    asked = [case.question.casefold() for case in CASES]
    assert len(set(asked)) == len(asked)


def test_each_expected_call_names_offered_tools_and_their_arguments() -> None:
    for case in CASES:
        for call in case.calls:
            # Parts over all tools name those that another flow offers or that may come as well.
            for tool in call.tools if case.part not in WHOLE else call.tools & TOOLS.keys():
                assert tool in ANSWER_TOOLS or case.part in WHOLE, case.question
                assert call.args.keys() <= TOOLS[tool].args.model_fields.keys(), case.question


EXPECTED = AcceptedCall(
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
    assert (
        drop_defaults("run_flux_variability_analysis", {"fraction_of_optimum": 0.9, "reactions": None}) == {}
    )


def calls(question: str) -> list[CallTool]:
    """What the planner calls until it stops, with a finding without numbers after each call."""
    findings, planned = list(FINDINGS), list[CallTool]()
    for left in range(MAX_STEPS, 0, -1):
        situation = Situation(
            task="tool_selection",
            question=question,
            findings=tuple(findings),
            steps_left=left,
            functions=SCHEMAS,
        )
        call = choose_next_call(situation)
        if call.name not in TOOLS:
            break
        planned.append(CallTool(tool=call.name, args=call.args))
        findings.append({"id": f"f{len(findings) + 1}", "tool": call.name, "args": call.args, "found": {}})
    return planned


def sign_calls(planned: list[CallTool]) -> list[tuple[str, str]]:
    return sorted(
        (call.tool, json.dumps(drop_defaults(call.tool, call.args), sort_keys=True)) for call in planned
    )


def test_the_planner_keeps_what_it_reached_on_the_known_part() -> None:
    known = [case for case in CASES if case.part == "known"]
    planned = {case.question: calls(case.question) for case in known}
    right = [compare_calls(case, planned[case.question]) for case in known]
    assert sum(tools for tools, _ in right) >= 0.99 * len(known)
    assert sum(arguments for _, arguments in right) >= 0.99 * len(known)
    groups = groupby((case for case in known if case.calls), key=lambda case: case.group)
    pairs = [pair for _, group in groups for pair in combinations(list(group), 2)]
    signatures = {question: sign_calls(made) for question, made in planned.items()}
    alike = [signatures[first.question] == signatures[second.question] for first, second in pairs]
    assert sum(alike) >= 0.98 * len(pairs)


@pytest.mark.parametrize(
    ("question", "tags"),
    [
        ("Welche Gene sind ohne Sauerstoff essentiell?", "which gene without COMPOUND essential END"),
        ("Waechst es auf Glukose?", "growth on COMPOUND END"),
        ("Flussvariabilitätsanalyse der Glukoseaufnahme", "variability COMPOUND uptake"),
        ("Quel est le taux de croissance sur l'acétate ?", "which growth on COMPOUND END"),
        ("¿Qué genes son esenciales en acetato?", "which gene essential in COMPOUND END"),
        ("WHICH GENES ARE ESSENTIAL", "which gene essential"),
        ("esential genes on acetat", "essential gene on COMPOUND"),
        ("nonessential genes, i.e. in E. coli", "essential gene comma in"),
        ("Is PFK essentially needed? b0720", "REACTION essential need END GENE"),
        ("growth in M9 acetate", "growth in MEDIUM"),
        ("compare with salmonella", "compare with MODEL"),
        ("blubb", "UNKNOWN"),
    ],
)
def test_words_of_every_language_get_one_meaning_and_ids_stay(question: str, tags: str) -> None:
    assert " ".join(token.tag for token in tag_question(question)) == tags


@pytest.mark.parametrize(
    ("question", "value", "unit"),
    [
        ("18,5 mmol/gDW/h", 18.5, "flux"),
        ("1,000", 1000.0, ""),
        ("0.2 per hour", 0.2, "rate"),
        ("95 %", 0.95, "percent"),
        ("95 Prozent", 0.95, "percent"),
        ("die Hälfte", 0.5, ""),
        ("twenty", 20.0, ""),
    ],
)
def test_numbers_are_read_with_their_unit(question: str, value: float, unit: str) -> None:
    (token,) = tag_question(question)
    assert (token.value, token.unit) == (value, unit)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("glucsoe", "glucose"), ("acetone", None), ("threonate", None), ("variabillty", None)],
)
def test_a_word_is_corrected_only_if_it_is_nearly_a_known_one(written: str, meant: str | None) -> None:
    assert closest_word(written, ["acetate", "glucose", "threonine"], max_mistakes=1) == meant


def test_every_concept_of_the_rules_has_words() -> None:
    concepts = set(load_table("lexicon"))
    for intent in load_intents().values():
        spoken = intent.along.union(*intent.asked_by)
        own = {sign for sign in spoken if not sign.isupper() and not sign.startswith(WORD)}
        assert own <= concepts, intent.name


def test_every_intent_has_a_tool_that_is_offered_and_arguments() -> None:
    for intent in load_table("intents").keys() - {"weights"}:
        assert load_intents()[intent].tool in ANSWER_TOOLS
        assert (intent in ARGUMENTS) != (intent in LOOKUPS)


WORDS = [
    phrase.strip().rstrip("*")
    for by_language in load_table("lexicon").values()
    for phrases in by_language.values()
    for phrase in phrases.split(",")
]
THINGS = [
    "glucose",
    "L-Lactat",
    "EX_o2_e",
    "PFK",
    "b0720",
    "b1136",
    "iJO1366",
    "LB",
    "C00031",
    "kegg",
    "blubb",
]
NUMBERS = ["5", "0.1", "95 %", "3 mmol/gDW/h", "0.2 1/h", "1,000", "?", ".", ",", ":"]


@settings(max_examples=300 * DEPTH, deadline=None)
@given(st.lists(st.sampled_from(THINGS) | st.sampled_from(NUMBERS) | st.sampled_from(WORDS), max_size=14))
def test_no_words_in_whatever_order_break_it_and_arguments_fit_their_tool(words: list[str]) -> None:
    asked = Situation(task="tool_selection", question=" ".join(words), findings=FINDINGS, steps_left=8)
    for call in interpret_question(asked).calls:
        assert call.args.keys() <= TOOLS[call.tool].args.model_fields.keys()
