"""The commands that go back, fork, change the flow and go step by step, on runs in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from tests.unit.workers.clients.test_local import EVENT, GROWTH, Desk, status
from tests.unit.workers.commands.runs.test_rewind import CHANGE, TWICE, TWICE_FIELDS, V1, V1_FACTS

from fluxagents.flows.errors import FluxError
from fluxagents.workers.commands.approvals.approvals import approvals
from fluxagents.workers.commands.runs.run import run as run_command
from fluxagents.workers.commands.runs.runs import runs

Calls = Callable[..., Result]


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store of models for all tests here, so that the model is parsed once."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def desk(tmp_path: Path, parsed: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The commands use the client of this process instead of the one on Redis."""
    (tmp_path / "store").symlink_to(parsed)
    found = Desk(tmp_path)
    for module in (
        "approvals.request_answers",
        "runs.rewind",
        "runs.run",
        "runs.run_changes",
        "runs.run_details",
        "runs.stepping",
    ):
        monkeypatch.setattr(f"fluxagents.workers.commands.{module}.CommandClient", lambda: found.client)
    return found


def call(command: click.Command, *words: str, answers: str = "") -> Result:
    done = CliRunner().invoke(command, words, input=answers)
    if isinstance(done.exception, FluxError):
        raise done.exception
    return done


def said(done: Result) -> str:
    """What the command itself printed: the run, which is in this process, logs to the same place."""
    assert done.exit_code == 0, done.output
    return "".join(line for line in done.stdout.splitlines(keepends=True) if "[info " not in line)


def document(done: Result) -> Any:
    return json.loads(said(done))


def test_fork_prints_the_id_of_the_new_run(desk: Desk) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    done = call(runs, "fork", run.id, "--at", "1", "--set", "uptake=18.5", "--by", "ada")
    assert desk.client.get(said(done).strip()).answer == "0.873922 and 0.470565 1/h"
    found = document(call(runs, "fork", run.id, "--at", "0", "--json"))
    assert found["origin"] == run.id


def test_rollback_names_what_cannot_be_undone_and_asks(desk: Desk) -> None:
    run = desk.start(desk.flow("change", CHANGE, facts=GROWTH))
    request = run.state.waiting_for
    assert request is not None
    desk.client.approve(request.id, by="ada")
    refused = call(runs, "rollback", run.id, "--to", "0", answers="n\n")
    assert refused.exit_code == 1
    assert status(run) == "finished"
    assert "recovered:\n  step 4: knock_out made model" in refused.stderr
    assert "cannot be undone:" in refused.stderr
    assert "step 3: ada agreed, and will be asked again" in refused.stderr
    with pytest.raises(FluxError, match="cannot undo all"):
        call(runs, "rollback", run.id, "--to", "0", "--json")
    agreed = call(runs, "rollback", run.id, "--to", "0", answers="y\n")
    assert said(agreed) == f"run {run.id}: rewound to node change, after step 0; it is running\n"
    found = document(call(runs, "rollback", run.id, "--to", "3", "--yes", "--json"))
    assert (found["to"], found["node"], found["status"]) == (3, "change", "running")


def test_restart_begins_again_at_a_node(desk: Desk) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    done = call(runs, "restart", run.id, "--from", "second")
    assert said(done) == f"run {run.id}: rewound to node second, after step 1; it is running\n"
    assert status(run) == "finished"


def test_migrate_shows_what_differs_before_it_asks(desk: Desk) -> None:
    run = desk.start(desk.flow("asking", V1, facts=V1_FACTS))
    desk.flow("asking", {**V1, "ask": {**V1["ask"], "question": "How much?"}}, facts=V1_FACTS, version=2)
    dry = call(runs, "migrate", run.id, "--dry-run")
    assert "version 1 becomes version 2\n  node 'ask' differs in question" in dry.stderr
    assert call(runs, "migrate", run.id, answers="n\n").exit_code == 1
    assert run.state.flow.version == 1
    done = call(runs, "migrate", run.id, answers="y\n")
    assert said(done) == f"run {run.id}: follows asking v2; it is waiting\n"
    desk.flow("asking", V1, facts=V1_FACTS)
    assert document(call(runs, "migrate", run.id, "--json"))["migrated"]


def test_signal_sends_an_event_with_its_data(desk: Desk) -> None:
    run = desk.start(desk.flow("event", EVENT, facts=GROWTH))
    call(runs, "signal", run.id, "measured", "--data", 'growth={"per_h": 0.7}')
    assert run.answer == "measured 0.7"


def test_step_by_step_each_command_is_shown_and_may_be_edited(desk: Desk) -> None:
    name = desk.flow("twice", TWICE, **TWICE_FIELDS)
    answers = '\ne medium_changes={"EX_o2_e": 0}\ne no=1\nwhat\ng\n'
    done = call(run_command, name, "--model", "e_coli_core", "--step", answers=answers)
    assert done.exit_code == 0, done.output
    assert "0.873922 and 0.211663 1/h" in done.stdout
    shown = [line for line in done.stderr.splitlines() if line.startswith("step ")]
    assert shown[0] == "step 1, node first: run_metabolic_fba"
    assert len(shown) == 5
    assert '    medium_changes = {"EX_glc__D_e": 10}' in done.stderr
    assert '    medium_changes = {"EX_o2_e": 0.0}' in done.stderr
    assert "not changed: " in done.stderr
    assert "'what' is none of them" in done.stderr


@pytest.mark.parametrize("answers", ["g\ns\n", "g\n"])
def test_a_run_that_was_left_goes_on_where_it_was_left(desk: Desk, answers: str) -> None:
    name = desk.flow("twice", TWICE, **TWICE_FIELDS)
    left = call(run_command, name, "--model", "e_coli_core", "--step", "--run-id", "mine", answers=answers)
    assert left.exit_code == 3
    assert "`fluxagents runs step mine` goes on" in left.stderr
    run = desk.client.get("mine")
    assert status(run) == "paused"
    found = document(call(runs, "step", "mine", "--json", answers="g\n"))
    assert found["status"] == "finished"


def test_a_run_that_never_stops_has_no_steps_to_go(desk: Desk) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    with pytest.raises(FluxError, match=f"runs fork {run.id} --at STEP --step"):
        call(runs, "step", run.id)
    fork = call(runs, "fork", run.id, "--at", "1", "--step")
    assert call(runs, "step", said(fork).strip(), answers="g\n").exit_code == 0


def test_step_by_step_a_request_is_answered_on_the_way(desk: Desk) -> None:
    name = desk.flow("change", CHANGE, facts=GROWTH)
    done = call(run_command, name, "--model", "e_coli_core", "--step", answers="y\ng\ng\n")
    assert done.exit_code == 0, done.output
    assert "Run knock_out(genes=['b0720'])?" in done.stderr
    refused = call(run_command, name, "--model", "e_coli_core", "--step", answers="n\ntoo much\n")
    assert refused.exit_code == 1
    assert "too much" in refused.stdout
    left = call(run_command, name, "--model", "e_coli_core", "--step", answers="s\n")
    assert left.exit_code == 3


def test_step_by_step_a_question_is_asked_until_it_is_answered(desk: Desk) -> None:
    name = desk.flow("asking", V1, facts=V1_FACTS)
    done = call(run_command, name, "--model", "e_coli_core", "--step", answers="much\n10\ng\n")
    assert "no answer: the answer 'much' is not a number" in done.stderr
    assert "0.873922 1/h" in done.stdout


def test_a_reply_may_be_chosen_by_its_number(desk: Desk) -> None:
    nodes = {"ask": {**V1["ask"], "choices": ["acetate", "glucose"], "next": "end"}, "end": {"kind": "end"}}
    run = desk.start(desk.flow("choose", nodes, facts={"uptake": {"type": "string"}}))
    request = run.state.waiting_for
    assert request is not None
    done = call(approvals, "reply", request.id, answers="2\n")
    assert "  1  acetate\n  2  glucose\n" in done.stderr
    assert run.state.facts == {"uptake": "glucose"}
    with pytest.raises(FluxError, match="answered already"):
        call(approvals, "reply", request.id, answers="1\n")


def test_cancel_ends_the_open_runs_of_a_session(desk: Desk) -> None:
    name = desk.flow("event", EVENT, facts=GROWTH)
    first, second = (desk.client.start(name, model="e_coli_core", session="nightly") for _ in range(2))
    first.cancel()
    found = document(call(runs, "cancel", "--session", "nightly", "--reason", "enough", "--json"))
    assert found == {"session": "nightly", "cancelled": [second.id]}
    assert second.status == "cancelled"
    assert said(call(runs, "cancel", "--session", "nightly")) == "session nightly: 0 runs cancelled\n"
    with pytest.raises(FluxError, match="no runs of session 'nowhere'"):
        call(runs, "cancel", "--session", "nowhere")
    assert call(runs, "cancel", first.id, "--session", "nightly").exit_code == 2
