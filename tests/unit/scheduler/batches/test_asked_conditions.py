"""The conditions of an answer: growth is that under the condition that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import JsonValue

from fluxagents.flows.state import RunState
from fluxagents.scheduler.batches.asked_conditions import describe_condition
from fluxagents.scheduler.batches.batch_frames import long_table, wide_table
from fluxagents.scheduler.batches.batch_tables import medium_key, summary_rows
from fluxagents.workers.clients.local import LocalClient

REFERENCE = pytest.approx(0.8739215069684, rel=1e-6)

Ask = Callable[[str], RunState]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    client = LocalClient(tmp_path_factory.mktemp("store"))
    return lambda question: client.start("metabolic_analysis", model="e_coli_core", question=question).state


def test_growth_is_that_without_oxygen_if_that_was_asked(ask: Ask) -> None:
    (row,) = summary_rows([ask("How fast does it grow without oxygen?")])
    assert row.condition == "EX_o2_e=0"
    assert row.growth_per_h == pytest.approx(0.21166294973531, rel=1e-6)
    assert row.reference_growth_per_h == REFERENCE


def test_where_nothing_grows_the_row_is_not_about_what_would_help(tmp_path: Path) -> None:
    client = LocalClient(tmp_path)
    medium = {"EX_ac_e": 10, "EX_nh4_e": 1000, "EX_pi_e": 1000, "EX_h2o_e": 1000, "EX_h_e": 1000}
    state = client.start(
        "metabolic_analysis", model="e_coli_core", question="How fast does it grow?", medium=medium
    ).state
    rescued = [finding for finding in state.findings if finding.args.get("medium_changes")]
    assert rescued, "the diagnosis computes growth with what was missing"
    (row,) = summary_rows([state], {medium_key(state.inputs["medium"]): "acetate without oxygen"})
    assert row.condition == "acetate without oxygen"
    assert row.growth_per_h is None
    assert row.answer.startswith("The model cannot grow")


def test_a_question_about_the_model_as_it_is_has_one_row_with_the_key_numbers(ask: Ask) -> None:
    (row,) = summary_rows([ask("Which genes are essential for growth?")])
    assert row.condition == ""
    assert row.growth_per_h == REFERENCE
    assert row.numbers["essential_genes_count"] == 7
    assert "reactions" not in row.numbers


def test_the_wide_table_has_a_column_per_number_and_the_long_one_a_row(ask: Ask) -> None:
    states = [
        ask("Which genes are essential for growth?"),
        ask("What is the growth rate on acetate with uptake 20?"),
    ]
    table = wide_table(summary_rows(states))
    assert list(table["run_id"]) == [state.run_id for state in states]
    assert table["essential_genes_count"].tolist()[0] == 7
    assert table["essential_genes_count"].isna().tolist() == [False, True]
    assert table["growth_per_h"].tolist() == [REFERENCE, pytest.approx(0.38931307407925, rel=1e-6)]
    assert table["condition"].tolist()[1] == "EX_glc__D_e=0,EX_ac_e=20"
    long = long_table(states)
    assert set(long["run_id"]) == set(table["run_id"])
    assert set(long.loc[long["key"] == "growth_per_h", "unit"]) == {"1/h"}


def test_a_condition_says_what_differs_from_the_run() -> None:
    medium: JsonValue = {"EX_glc__D_e": 10.0}
    assert describe_condition({"medium": medium}, {"medium": medium}) == ""
    assert describe_condition({"medium": medium}, {}) == "medium EX_glc__D_e=10"
    assert describe_condition({"knock_outs": ["b0720"], "medium_changes": {"EX_o2_e": 0}}, {}) == (
        "EX_o2_e=0; without b0720"
    )


def test_the_frames_are_empty_for_no_runs() -> None:
    assert len(wide_table([])) == len(long_table([])) == 0
