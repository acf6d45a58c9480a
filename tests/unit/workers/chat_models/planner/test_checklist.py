"""The planner lists what it was asked as it reads it, and ticks off what it computed."""

from __future__ import annotations

from pathlib import Path

import pytest
from cobra.io import load_model
from tests.support.places import ROOT
from tests.support.recorded_run import RUN_ID, record

from fluxagents.flows.events import DecisionRefused
from fluxagents.flows.state import RunState
from fluxagents.workers.chat_models.planner.planning.checklist import _write


def ask(folder: Path, question: str) -> RunState:
    run, _ = record(str(folder), question)
    assert not any(isinstance(event, DecisionRefused) for event in run.log)
    return run.load(RUN_ID)


@pytest.mark.parametrize(
    ("question", "findings"),
    [
        ("How fast does it grow?", ["f2"]),
        ("How fast does it grow, and which genes are essential on acetate?", ["f2", "f3"]),
        ("Growth on 20 mmol/gDW/h succinate", ["f3"]),
        ("Compare growth on glucose, succinate and acetate", ["f3", "f3", "f3"]),
        ("Does it grow without oxygen, and what does it secrete then?", ["f3", "f3"]),
        ("Which genes are essential at a threshold of 5 %?", ["f3"]),
    ],
)
def test_what_it_computes_is_answered(tmp_path: Path, question: str, findings: list[str]) -> None:
    state = ask(tmp_path, question)
    assert [answer.finding for answer in state.item_answers] == findings
    assert (state.answered, state.unanswered) == ("yes", ())


@pytest.mark.parametrize(
    ("question", "answered", "says"),
    [
        ("What do you think of Mozart?", "no", "does not understand this question"),
        (
            "How fast does it grow on glucose and on glycerol?",
            "partly",
            "no exchange reaction for 'glycerol'",
        ),
    ],
)
def test_what_it_cannot_answer_is_open(tmp_path: Path, question: str, answered: str, says: str) -> None:
    state = ask(tmp_path, question)
    assert state.answered == answered
    assert says in " ".join(state.unanswered)


@pytest.mark.parametrize(
    ("question", "items"),
    [
        (
            "Compare growth on glucose, glycerol and acetate",
            {"EX_glc__D_e 10": "f3", "EX_glyc_e 10": "", "EX_ac_e 10": "f3"},
        ),
        # An error, not a screen, tells what two sources lack: each item keeps its own answer.
        (
            "How fast does it grow on glycerol and on acetate?",
            {"EX_glc__D_e 0, EX_glyc_e 10": "", "EX_glc__D_e 0, EX_ac_e 10": "f4"},
        ),
    ],
)
def test_a_source_that_the_model_lacks_leaves_the_others_answered(
    tmp_path: Path, question: str, items: dict[str, str]
) -> None:
    state = ask(tmp_path, question)
    answers = {answer.id: answer for answer in state.item_answers}
    assert {item.condition: answers[item.id].finding for item in state.asked or ()} == items
    assert state.answered == "partly"
    assert [text for text in state.unanswered if "'glycerol'" not in text] == []


def test_a_named_source_is_an_item_with_and_without_oxygen(tmp_path: Path) -> None:
    question = "Compare growth on glucose, fructose and acetate at 15 mmol/gDW/h with and without oxygen"
    state = ask(tmp_path, question)
    (call,) = state.findings[2:]
    assert (call.tool, call.args["oxygen"], call.args["uptake_mmol_per_gdw_h"]) == (
        "screen_nutrients",
        "both",
        15,
    )
    assert [item.condition for item in state.asked or ()][:2] == [
        "EX_glc__D_e 15",
        "EX_glc__D_e 15, anaerobic",
    ]
    assert (state.answered, len(state.asked or ())) == ("yes", 6)


def test_a_long_medium_of_the_run_is_no_condition_of_the_question(tmp_path: Path) -> None:
    model = load_model("textbook")
    medium = {exchange.id: 12.345678 for exchange in model.exchanges}
    run, _ = record(str(tmp_path), "How fast does it grow?", medium=medium)
    state = run.load(RUN_ID)
    assert (state.answered, state.unanswered) == ("yes", ())
    assert [item.condition for item in state.asked or ()] == [""]


def test_what_is_listed_is_never_cut_within_a_name_or_number() -> None:
    values = {"EX_ac_e": 12.345, "EX_pyr_e": 6.789, "EX_h_e": 1}
    assert _write(values, 29) == "EX_ac_e 12.345, EX_h_e 1"
    assert _write(values, 10) == "EX_h_e 1"
    assert _write(values, 300, without=("EX_ac_e",)) == "EX_pyr_e 6.789, EX_h_e 1"


def test_a_model_without_an_objective_leaves_growth_open(tmp_path: Path) -> None:
    run, _ = record(str(tmp_path), "How fast does it grow?", model=ROOT / "tests/data/wild/noobj.json")
    state = run.load(RUN_ID)
    assert state.answered == "no"
    assert "says nothing of growth: no_objective" in state.unanswered[0]


def test_no_growth_is_an_answer(tmp_path: Path) -> None:
    run, _ = record(str(tmp_path), "How fast does it grow?", model=ROOT / "tests/data/wild/noex.json")
    assert run.load(RUN_ID).answered == "yes"
