"""The planner lists what it was asked as it reads it, and ticks off what it computed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.recorded_run import RUN_ID, record

from fluxagents.flows.events import DecisionRefused
from fluxagents.flows.state import RunState


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
        ("Compare growth on glucose, succinate and acetate", ["f2", "f3", "f4"]),
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
