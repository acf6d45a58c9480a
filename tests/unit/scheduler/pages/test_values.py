"""Pages call runs by what they do, in words."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows.events import FlowRef
from fluxagents.flows.state import RunState
from fluxagents.scheduler.pages.values import MAX_TEXT, name_run


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
        ("nightly", {}, "Nightly"),
    ],
)
def test_a_run_is_called_by_what_it_does(flow: str, inputs: dict[str, Any], name: str) -> None:
    assert name_run(state_of(flow, inputs)) == name


def test_a_name_of_many_values_is_cut() -> None:
    name = name_run(state_of("each_knock_out_genes", {"genes": [f"b{number:04}" for number in range(500)]}))
    assert name.startswith("Knock out genes: genes b0000, b0001")
    assert len(name) <= MAX_TEXT + 2
