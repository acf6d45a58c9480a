"""A run says itself which numbers of its answer nobody computed, whoever wrote the answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.decisions import BASELINE, DESCRIPTION, LISTED, calls, scripted, state_at
from tests.support.recorded_run import RUN_ID, RecordedRun, record

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import DecisionMade, RunFinished
from fluxagents.flows.history.event_text import summarise_event
from fluxagents.flows.state import Note
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.chat.grounding import MAX_LISTED, find_ungrounded
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.commands.display.run_view import run_document


@pytest.mark.parametrize(
    ("answer", "lost"),
    [
        ("It grows at 0.874 1/h and takes up 21.8 mmol/gDW/h of oxygen.", ()),
        ("It grows at 0.95 1/h.", ("0.95 1/h",)),
        ("It takes up 0.874 mmol/gDW/h of glucose.", ("0.874 mmol/gDW/h",)),
        ("It takes up 10 mmol/(gDW h) of glucose.", ()),
        ("Its growth is 10 per hour.", ("10 1/h",)),
        ("It has 95 reactions and 7 open uptakes, as 18.5 was asked for.", ()),
        ("Ada said 3.25; b0720 has 2 paralogs, and 2 more.", ("2",)),
        ("The growth of 1.5 [f7, run_metabolic_fba] is in sha256:99.", ("1.5",)),
    ],
)
def test_numbers_are_traced_with_their_units_to_what_the_run_knows(
    answer: str, lost: tuple[str, ...]
) -> None:
    error = FluxError(ErrorClass.BAD_ARGUMENT, "at most 1000 points").info("run_production_envelope")
    state = state_at(
        "How fast at 18.5?",
        findings=[DESCRIPTION, BASELINE],
        errors=[error],
        notes=[Note(by="ada", about="how much?", text="take 3.25")],
    )
    assert find_ungrounded(answer, state) == lost
    assert find_ungrounded("with 1,000 points", state) == ()


def test_at_most_so_many_are_named() -> None:
    answer = ", ".join(f"{at}.5" for at in range(1_000, 1_100))
    assert len(find_ungrounded(answer, state_at("?"))) == MAX_LISTED


def answered(folder: Path, answer: str) -> RecordedRun:
    chat = scripted(
        calls(("finish", {"answer": "f2 answers.", **LISTED})), calls(("finish", {"answer": answer}))
    )
    decider = Decider(chat, "scripted", PromptManager(), TOOLS)
    return record(str(folder), "How fast does it grow?", decider=decider)[0]


def test_the_answer_of_a_run_says_which_numbers_are_not_traced(tmp_path: Path) -> None:
    run = answered(tmp_path, "It grows at 0.874 1/h, and at 0.95 1/h on acetate.")
    decided = [event for event in run.log if isinstance(event, DecisionMade)][-1]
    assert decided.untraced == ("0.95 1/h",)
    assert "not traced: 0.95 1/h" in summarise_event(decided)
    finished = run.log[-1]
    assert isinstance(finished, RunFinished)
    assert finished.answer.startswith("It grows at 0.874 1/h, and at 0.95 1/h on acetate.\n\nNot traced to")
    assert finished.answer.endswith("do not rely on: 0.95 1/h.")
    document = run_document(run.load(RUN_ID))
    assert document["untraced"] == ["0.95 1/h"]
    assert document["answer"] == finished.answer


def test_an_answer_whose_numbers_are_traced_stays_as_it_is(tmp_path: Path) -> None:
    run = answered(tmp_path, "It grows at 0.874 1/h.")
    finished = run.log[-1]
    assert isinstance(finished, RunFinished)
    assert finished.answer == "It grows at 0.874 1/h."


def test_the_planners_answers_are_looked_at_too(tmp_path: Path) -> None:
    run, _ = record(str(tmp_path), "Which genes are essential? How fast does it grow without oxygen?")
    answers = [event for event in run.log if isinstance(event, DecisionMade) and event.node == "report"]
    assert len(answers) == 1
    assert answers[0].untraced == ()
    assert run.load(RUN_ID).untraced == ()
