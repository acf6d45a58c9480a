"""Runs from a script: many at once, waited for, cancelled, and read as tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.unit.workers.clients.test_local import END, EVENT, GROWTH, Desk

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.batches.batches import Tally
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.workers.clients.completion import look_until_complete
from fluxagents.workers.clients.run_group import Batch

GROWTH_PER_H = 0.8739215069684303


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def ask(*questions: str) -> list[RunSpec]:
    return [RunSpec(model="e_coli_core", inputs={"question": question}) for question in questions]


def start_batch(desk: Desk, *questions: str) -> Batch:
    return desk.client.batch("metabolic_analysis", ask(*questions), session="nightly")


def start_sleepers(desk: Desk, count: int) -> Batch:
    """Runs that wait for an event that nobody sends."""
    flow = desk.flow("sleeper", EVENT, facts=GROWTH)
    return desk.client.batch(flow, [RunSpec(model="e_coli_core", inputs={})] * count, session="sleepers")


def start_timed(desk: Desk, count: int) -> Batch:
    """Runs that wait for a time: they go on by themselves."""
    flow = desk.flow("later", {"wait": {"kind": "wait", "for_s": 60, "next": "end"}, "end": END})
    return desk.client.batch(flow, [RunSpec(model="e_coli_core", inputs={})] * count)


def test_the_table_of_a_run_has_every_value_with_its_unit(desk: Desk) -> None:
    run = desk.client.start("metabolic_analysis", model="e_coli_core", question="What is the growth rate?")
    table = run.table()
    growth = table[table["key"] == "growth_per_h"]
    assert growth["number"].tolist() == pytest.approx([GROWTH_PER_H] * len(growth), rel=1e-6)
    assert set(growth["unit"]) == {"1/h"}
    assert set(table["run_id"]) == {run.id}


def test_the_table_of_an_artifact_is_the_full_data(desk: Desk) -> None:
    run = desk.client.start("metabolic_analysis", model="e_coli_core", question="What is the growth rate?")
    artifact = run.artifact("run_metabolic_fba")
    assert run.artifacts()[-1].digest == artifact.digest
    fluxes = artifact.table(artifact.table_names[0])
    assert isinstance(fluxes, pd.DataFrame)
    assert artifact.result["growth_per_h"] == pytest.approx(GROWTH_PER_H, rel=1e-6)
    again = desk.client.artifact(artifact.digest.removeprefix("sha256:")[:12])
    pd.testing.assert_frame_equal(again.table(artifact.table_names[0]), fluxes)


def test_a_table_or_result_that_is_not_there_names_those_that_are(desk: Desk) -> None:
    run = desk.client.start("metabolic_analysis", model="e_coli_core", question="What is the growth rate?")
    with pytest.raises(FluxError, match="no result of 'run_production_envelope'") as caught:
        run.artifact("run_production_envelope")
    assert "run_metabolic_fba" in caught.value.suggestions[0]
    with pytest.raises(FluxError, match="no table 'flux'") as caught:
        run.artifact("run_metabolic_fba").table("flux")
    assert "tables: " in caught.value.suggestions[-1]


def test_a_batch_is_a_table_with_a_row_for_each_run(desk: Desk) -> None:
    batch = start_batch(desk, "What is the growth rate?", "Which genes are essential?")
    first = next(batch)
    table = batch.table()
    assert table["run_id"][0] == first.id
    assert list(table["question"]) == ["What is the growth rate?", "Which genes are essential?"]
    assert table["growth_per_h"][0] == pytest.approx(GROWTH_PER_H, rel=1e-6)
    assert set(batch.table(long=True)["run_id"]) == set(table["run_id"])
    assert [run.id for run in desk.client.session("nightly").runs] == list(table["run_id"])


def test_gather_returns_runs_in_their_order_and_shows_progress(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = list(start_batch(desk, "What is the growth rate?", "Is the model mass balanced?"))
    gathered = desk.client.gather([runs[1], runs[0].id], progress=True)
    assert [run.id for run in gathered] == [runs[1].id, runs[0].id]
    assert {run.status for run in gathered} == {"finished"}
    assert capsys.readouterr().err.splitlines()[-1] == "2 finished, 0 failed, 0 waiting, 0 running"


def test_gather_of_nothing_returns_at_once(desk: Desk) -> None:
    assert desk.client.gather([], progress=True) == []
    assert list(desk.client.as_completed([])) == []


def test_as_completed_gives_each_run_once(desk: Desk) -> None:
    runs = list(start_sleepers(desk, 3))
    assert sorted(run.id for run in desk.client.as_completed(runs)) == sorted(run.id for run in runs)


def test_looks_report_each_run_when_it_completes(desk: Desk) -> None:
    runs = [run.id for run in start_timed(desk, 2)]
    looks = look_until_complete(desk.client.store, runs)
    first = next(looks)
    assert first.completed == ()
    assert first.pause_s > 0
    desk.client.cancel(runs[1], by="ada", reason="a test")
    second = next(looks)
    assert [state.run_id for state in second.completed] == [runs[1]]
    assert second.tally == Tally(finished=0, failed=1, waiting=1, running=0)
    desk.client.cancel(runs[0], by="ada", reason="a test")
    last = next(looks)
    assert [state.run_id for state in last.completed] == [runs[0]]
    assert last.pause_s == 0
    assert list(looks) == []


def test_runs_that_go_on_after_the_time_are_counted(desk: Desk) -> None:
    runs = list(start_timed(desk, 2))
    with pytest.raises(TimeoutError, match="2 of 2 runs still run after 0 s"):
        desk.client.gather(runs, timeout=0)


def test_cancelling_a_session_ends_what_has_not_ended(desk: Desk) -> None:
    sleepers = list(start_sleepers(desk, 3))
    sleepers[0].cancel("first")
    session = desk.client.session("sleepers")
    assert set(session.cancel("enough", "ada")) == {run.id for run in sleepers[1:]}
    assert session.tally == Tally(finished=0, failed=3, waiting=0, running=0)
    assert session.cancel() == []


def test_cancelling_a_batch_starts_no_more(desk: Desk) -> None:
    batch = start_sleepers(desk, 3)
    first = next(batch)
    assert batch.cancel() == [first.id]
    assert [run.id for run in batch.runs] == [first.id]
