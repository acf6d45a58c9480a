"""What pages call runs and calls, in words, and how they tell the beginning of a list from all of it."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows.events import FlowRef
from fluxagents.flows.state import RunState
from fluxagents.scheduler.pages.values import MAX_TEXT, format_value, name_call, name_run
from fluxagents.tasks.display import list_names, list_values


def state_of(flow: str, inputs: dict[str, Any]) -> RunState:
    return RunState(
        run_id="r",
        session="s",
        flow=FlowRef(name=flow, version=1, digest="d"),
        inputs=inputs,
        lane="interactive",
        started_ms=1,
        updated_ms=1,
        seq=1,
        status="running",
        node="work",
        model=None,
    )


@pytest.mark.parametrize(
    ("flow", "inputs", "name"),
    [
        ("metabolic_analysis", {"question": "How fast does it grow?"}, "How fast does it grow?"),
        ("call_of_score_model", {}, "Score model"),
        ("call_of_compare_models", {"models": ["a", "b"]}, "Compare models: models a, b"),
        (
            "each_apply_medium",
            {"medium_changes": {"EX_glc__D_e": 18.5}},
            "Apply medium: EX_glc__D_e 18.5 mmol/gDW/h",
        ),
        ("part_of_knock_out_genes", {"genes": ["b0001"]}, "Knock out genes: genes b0001"),
        ("model_comparison", {"models": ["a", "b"], "question": None}, "Model comparison: models a, b"),
        (
            "model_from_genome",
            {"genome": f"sha256:{64 * 'a'}", "media": ["M9_glucose"]},
            "Model from genome: media M9_glucose",
        ),
        ("nightly", {}, "Nightly"),
    ],
)
def test_a_run_is_called_by_what_it_does(flow: str, inputs: dict[str, Any], name: str) -> None:
    assert name_run(state_of(flow, inputs)) == name


def test_a_name_of_many_values_is_cut() -> None:
    name = name_run(state_of("each_knock_out_genes", {"genes": [f"b{number:04}" for number in range(500)]}))
    assert name.startswith("Knock out genes: genes b0000, b0001")
    assert len(name) <= MAX_TEXT + 2


def test_a_call_is_called_by_what_it_does_and_not_by_why() -> None:
    args = {"correction": {"remove": ["PFL"]}, "evidence": "b0115 is essential", "accepted_before": []}
    assert name_call("correct_model", args) == "correct_model: remove PFL"
    again = {**args, "accepted_before": ["add FRUpts2"]}
    assert name_call("correct_model", again) == "correct_model: remove PFL"


def test_a_list_of_a_result_says_how_many_it_has_and_shows() -> None:
    assert format_value(list_names(["a", "b", "c"], 3)) == "3: a, b, c"
    assert format_value(list_names(["a", "b", "c"], 2)) == "3: a, b and 1 more"
    assert format_value(list_names([], 2)) == "none"
    assert format_value(list_values({"a": 1.5, "b": 2.0}, 1)) == "2: a 1.5 and 1 more"
