"""Forks, rollbacks and exports as a user makes them: the command line, real workers and a real Redis."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.stack import Stack
from tests.support.waiting import eventually

from fluxagents.flows import events as e
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.runs.run import Run
from fluxagents.workers.files.run_archive import Archive, retire
from fluxagents.workers.machine.clock import SystemClock

CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"


@pytest.fixture(scope="module")
def changed(stack: Stack) -> Run:
    """A run that has changed its model after an approval."""
    client = stack.client()
    run = client.start("metabolic_analysis", model="e_coli_core", question=CHANGE)
    assert run.wait(120) == "waiting"
    request = run.state.waiting_for
    assert request is not None
    client.approve(request.id, by="ada")
    assert run.wait(120) == "finished"
    return run


def granted(run: Run) -> int:
    return next(event.seq for event in run.events() if isinstance(event, e.ApprovalGranted))


def test_a_fork_asks_again_and_comes_to_the_same_answer(stack: Stack, changed: Run) -> None:
    before = changed.events()
    document = stack.json("runs", "fork", changed.id, "--at", str(granted(changed)))
    fork = stack.client().get(document["run_id"])
    assert fork.wait(120) == "waiting"
    request = fork.state.waiting_for
    assert request is not None
    stack.client().approve(request.id, by="bob")
    assert fork.wait(120) == "finished"
    assert fork.answer == changed.answer
    assert fork.state.model == changed.state.model
    assert changed.events() == before
    assert stack.json("runs", "replay", fork.id)["same"]


def test_a_rollback_must_be_confirmed_and_then_runs_on_the_model_before(stack: Stack, changed: Run) -> None:
    client = stack.client()
    run = client.get(client.fork(changed.id, at=granted(changed), by="ada").run_id)
    run.wait(120)
    request = run.state.waiting_for
    assert request is not None
    client.approve(request.id, by="ada")
    assert run.wait(120) == "finished"
    words = ("runs", "rollback", run.id, "--to", "0")
    refused = stack.json(*words, status=2)
    assert "will be asked again" in refused["error"]["message"]
    assert run.status == "finished"
    done = stack.json(*words, "--yes")
    assert any("the run works on the model before again" in said for said in done["compensated"])
    assert run.wait(120) == "waiting"
    started = run.events()[0]
    assert isinstance(started, e.RunStarted)
    assert run.state.model == started.model
    # That somebody was told is recorded after the request.
    eventually(lambda: fold(run.events()) == run.state)
    assert stack.json("runs", "replay", run.id)["same"]


def test_a_run_is_taken_out_and_in_again_under_another_id(stack: Stack, changed: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.run.zip"
    written = stack.json("runs", "export", changed.id, "--with-models", "-o", str(file))
    assert written["missing"] == []
    same = stack.json("runs", "import", str(file))
    assert same["runs"] == [{"run_id": changed.id, "status": "finished", "written": False}]
    other = stack.json("runs", "import", str(file), "--as", f"{changed.id}-again")
    assert other["runs"][0]["written"]
    again = stack.client().get(f"{changed.id}-again")
    assert (again.answer, again.state.findings) == (changed.answer, changed.state.findings)
    assert stack.json("runs", "replay", again.id)["same"]


def test_a_run_in_the_archive_is_forked_and_does_not_go_back(stack: Stack, changed: Run) -> None:
    client = stack.client()
    retire(client.store, Archive(stack.settings.artifact_url), SystemClock().now_ms())
    assert not client.store.holds(changed.id)
    refused = stack.json("runs", "rollback", changed.id, "--to", "0", "--yes", status=2)
    assert "is in the archive, where nothing goes on" in refused["error"]["message"]
    fork = client.get(stack.json("runs", "fork", changed.id, "--at", "0")["run_id"])
    assert fork.wait(120) == "waiting"
    assert fork.state.origin == changed.id
