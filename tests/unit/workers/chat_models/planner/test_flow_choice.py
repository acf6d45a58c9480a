"""A question picks the flow that answers it; tools and flows have their intents from example questions."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.workers.chat_models.planner.test_planner_questions import FINDINGS, SCHEMAS

from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.planner.clauses.clause import match_intent
from fluxagents.workers.chat_models.planner.flow_choice import ANALYSIS, choose_flow
from fluxagents.workers.chat_models.planner.planning.plan import choose_next_call
from fluxagents.workers.chat_models.planner.situation import Situation
from fluxagents.workers.chat_models.planner.words.examples import FLOW, list_examples, load_flows
from fluxagents.workers.chat_models.planner.words.phrase import Phrase
from fluxagents.workers.chat_models.planner.words.tagger import tag_question


@pytest.mark.parametrize(
    ("question", "flow", "inputs"),
    [
        ("Design a strain that overproduces succinate", "strain_design", {"product": "EX_succ_e"}),
        (
            "design an ethanol strain without oxygen, gene knock-outs only",
            "strain_design",
            {"product": "EX_etoh_e", "medium_changes": {"EX_o2_e": 0.0}, "kind": "genes"},
        ),
        (
            "Design a strain for succinate by minimal cut sets of two genes without oxygen",
            "minimal_cut_sets",
            {
                "product": "EX_succ_e",
                "medium_changes": {"EX_o2_e": 0.0},
                "kind": "genes",
                "most_knock_outs": 2,
            },
        ),
        ("Design a strain by minimal cut sets", "minimal_cut_sets", {}),
        ("Design a medium for 80 % of the best growth", "media_design", {"min_growth_fraction": 0.8}),
        ("Can I trust this model?", "model_validation", {}),
        ("¿Puedo fiarme de este modelo?", "model_validation", {}),
        (
            "Which gene deletions force it to make ethanol?",
            "strain_design",
            {"product": "EX_etoh_e", "kind": "genes"},
        ),
        (
            "Welche Knockouts koppeln Ethanolproduktion ans Wachstum?",
            "strain_design",
            {"product": "EX_etoh_e"},
        ),
        (
            "how can it make ethanol from acetate, by which steps?",
            "pathway_discovery",
            {"substrate": "EX_ac_e", "product": "EX_etoh_e"},
        ),
        (
            "Ask iJO1366 and iML1515: how fast do they grow?",
            "model_comparison",
            {"models": ["iJO1366", "iML1515"], "question": "how fast do they grow?"},
        ),
        (
            "put 'which genes are essential?' to iJO1366 and iML1515",
            "model_comparison",
            {"models": ["iJO1366", "iML1515"], "question": "which genes are essential?"},
        ),
        ("which genes are essential?", ANALYSIS, {"question": "which genes are essential?"}),
        ("Design a strain", ANALYSIS, {"question": "Design a strain"}),
    ],
)
def test_a_question_picks_the_flow_and_gives_its_inputs(
    question: str, flow: str, inputs: dict[str, Any]
) -> None:
    choice = choose_flow(question)
    assert (choice.flow, dict(choice.inputs)) == (flow, inputs)


def test_the_conditions_of_a_survey_are_read_one_by_one() -> None:
    choice = choose_flow("survey growth: acetate 10, succinate 10, no oxygen")
    assert choice.flow == "condition_survey"
    assert [condition["medium_changes"] for condition in choice.inputs["conditions"]] == [
        {"EX_glc__D_e": 0.0, "EX_ac_e": 10.0},
        {"EX_glc__D_e": 0.0, "EX_succ_e": 10.0},
        {"EX_o2_e": 0.0},
    ]


def test_each_example_question_of_a_tool_asks_for_it() -> None:
    for name, questions in list_examples().items():
        for question in questions:
            if name in TOOLS:
                match = match_intent(Phrase(tag_question(question)))
                assert match is not None, question
                assert match.name == name, question


def test_each_example_question_of_a_flow_picks_it_unless_an_input_is_missing() -> None:
    for name, questions in list_examples().items():
        if name.startswith(FLOW):
            flow = load_flows()[name.removeprefix(FLOW)]
            needs = any(spec.required for key, spec in flow.inputs.items() if key != "question")
            for question in questions:
                assert choose_flow(question).flow in ({flow.flow, ANALYSIS} if needs else {flow.flow}), (
                    question
                )


def test_what_no_tool_answers_gets_one_line_and_three_that_are_near() -> None:
    situation = Situation(
        task="tool_selection",
        question="Which antibiotic kills it while it makes succinate?",
        findings=FINDINGS,
        steps_left=8,
        functions=SCHEMAS,
        purposes={name: entry.purpose for name, entry in TOOLS.entries.items()},
    )
    lines = choose_next_call(situation).args["answer"].splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("Nearest: ")
    assert lines[1].count("; ") >= 2
