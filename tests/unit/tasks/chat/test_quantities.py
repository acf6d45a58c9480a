"""A finding answers for the quantities that its tool gives, and for no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.decisions import calls, scripted
from tests.support.recorded_run import RUN_ID, record

from fluxagents.flows.state import RunState
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.chat.quantities import list_missing, load_quantities, read_asked, read_named
from fluxagents.tasks.registry import TOOLS


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("How fast does it grow on acetate?", {"growth"}),
        ("Flux range of PGI at 80 % of growth", {"flux range"}),
        ("flux through PGI", {"flux"}),
        ("Draw a map of the fluxes", {"flux map"}),
        ("Zeichne eine Karte der Flüsse", {"flux map"}),
        ("growth with acetate as the sole carbon source", {"growth"}),
        ("Which carbon sources let it grow?", {"sources that support growth"}),
        ("essential genes", {"essentiality"}),
        ("essential nutrients", {"needed nutrients"}),
        ("shadow prices", {"limiting nutrients"}),
        ("What is the price of glucose?", {"prices"}),
        ("minimal medium, then the growth in it", {"minimal medium", "growth"}),
        ("Rendement maximal en succinate", {"yield"}),
        ("¿Qué genes son esenciales?", {"essentiality"}),
        ("asdf qwer", set()),
    ],
)
def test_a_text_asks_for_quantities_and_not_for_the_context_of_others(text: str, asked: set[str]) -> None:
    assert read_asked(text) == asked
    assert asked <= read_named(text)


def test_the_name_of_each_quantity_names_it() -> None:
    assert all(name in read_named(name) for name in load_quantities())


def test_every_tool_says_which_quantities_it_gives() -> None:
    for name, entry in TOOLS.entries.items():
        assert entry.answers, name
        assert set(entry.answers) <= load_quantities().keys(), name


def test_a_tool_that_declares_nothing_is_not_checked() -> None:
    assert list_missing({"flux map"}, ()) == ()
    assert list_missing({"flux map", "growth"}, ("growth",)) == ("flux map",)


def run_with(folder: Path, question: str, asked: dict[str, Any], finding: str = "f2") -> RunState:
    """A run whose chat model computes nothing more and claims that a finding answers."""
    tick = {"id": asked["id"], "finding": finding}
    end = calls(("finish", {"answer": "All is answered.", "asked": [asked], "answers": [tick]}))
    report = calls(("finish", {"answer": "It is all done."}))
    decider = Decider(scripted(end, end, report), "scripted", PromptManager(), TOOLS)
    return record(str(folder), question, decider=decider)[0].load(RUN_ID)


@pytest.mark.parametrize(
    ("question", "quantity", "says"),
    [
        ("Draw a map of the fluxes", "flux map", "not flux map"),
        ("Draw a map of the fluxes", "exchange fluxes", "flux map: no finding"),
        ("Which carbon sources can it grow on?", "growth", "sources that support growth: "),
        ("Which genes are essential?", "essentiality", "not essentiality"),
        ("maximum succinate yield", "yield of succinate", "not yield"),
        ("How does growth change at 42 degrees?", "growth", "temperature or pH: "),
        ("What is the Km of hexokinase?", "the rate of hexokinase", "names no quantity that is known"),
    ],
)
def test_a_chat_model_that_ticks_with_another_quantity_has_not_answered(
    tmp_path: Path, question: str, quantity: str, says: str
) -> None:
    state = run_with(tmp_path, question, {"id": "a1", "quantity": quantity})
    assert state.answered in {"no", "partly"}
    assert says in " ".join(state.unanswered)


def test_a_chat_model_that_ticks_with_the_quantity_has_answered(tmp_path: Path) -> None:
    state = run_with(tmp_path, "How fast does it grow?", {"id": "a1", "quantity": "growth rate"})
    assert (state.answered, state.unanswered) == ("yes", ())
