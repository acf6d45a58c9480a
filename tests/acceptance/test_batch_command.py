"""`fluxagents batch` as a user meets it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pytest
from tests.support.stack import Stack

GROWTH = "How fast does it grow?"
GENES = "Which genes are essential for growth?"
CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"
BATCH = ("batch", "metabolic_analysis", "--model", "e_coli_core")


@pytest.fixture
def session() -> str:
    return f"test-{uuid4().hex[:8]}"


def test_models_and_questions_make_runs_and_one_tidy_table(
    stack: Stack, tmp_path: Path, session: str
) -> None:
    models, table = tmp_path / "models.txt", tmp_path / "all.parquet"
    models.write_text("# one more\nsalmonella\n")
    words = (*BATCH, "--models-file", str(models), "--question", GROWTH, "--session", session)
    document = stack.json(*words, "--table", str(table), "--long")
    assert document["session"] == session
    assert document["counts"] == {"finished": 2, "failed": 0, "waiting": 0, "running": 0}
    core, salmonella = document["runs"]
    assert (core["model"], salmonella["model"]) == ("e_coli_core", "salmonella")
    assert core["growth_per_h"] == pytest.approx(0.8739215069684, rel=1e-6)
    assert "0.87" in core["answer"]
    found = pd.read_parquet(table)
    assert set(found["run_id"]) == {core["run_id"], salmonella["run_id"]}
    growth = found[(found["key"] == "growth_per_h") & (found["model"] == "e_coli_core")]
    assert growth["number"].iloc[0] == pytest.approx(0.8739215069684, rel=1e-6)
    assert set(growth["unit"]) == {"1/h"}
    assert found["artifact"].str.startswith("sha256:").all()
    again = stack.json(*words, "--question", GENES, "--table", str(table))
    assert {core["run_id"], salmonella["run_id"]} < {run["run_id"] for run in again["runs"]}
    assert len(stack.json("runs", "list", "--session", session)) == 4


def test_every_medium_has_a_run_of_its_own(stack: Stack, tmp_path: Path) -> None:
    medium = "EX_glc__D_e=10,EX_nh4_e=1000,EX_pi_e=1000,EX_h2o_e=1000,EX_h_e=1000,EX_co2_e=1000,EX_o2_e="
    table = tmp_path / "all.csv"
    done = stack.command(
        *BATCH,
        "--question",
        GROWTH,
        "--medium",
        f"{medium}1000",
        "--medium",
        f"{medium}0",
        "--table",
        str(table),
    )
    assert done.returncode == 0, done.stderr
    assert "growth 1/h" in done.stdout
    assert "0.8739" in done.stdout
    assert "0.2117" in done.stdout
    assert "2 finished, 0 failed, 0 waiting, 0 running" in done.stderr
    found = pd.read_csv(table)
    assert found["medium"].nunique() == 2
    assert sorted(found["growth_per_h"].round(4)) == [0.2117, 0.8739]


def test_a_run_that_waits_for_a_human_gives_3(stack: Stack) -> None:
    document = stack.json(*BATCH, "--question", CHANGE, "--question", GROWTH, status=3)
    assert document["counts"] == {"finished": 1, "failed": 0, "waiting": 1, "running": 0}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("batch", "metabolic_analyses", "--model", "e_coli_core", "--question", "q"), "metabolic_analysis"),
        ((*BATCH, "--model", "iJO1367", "--question", "q"), "iJO1366"),
        ((*BATCH,), "needs the input 'question'"),
        (("batch", "metabolic_analysis", "--question", "q"), "at least one model"),
        ((*BATCH, "--question", "q", "--medium", "EX_o2_e=x"), "EX_o2_e"),
        ((*BATCH, "--question", "q", "--change", "EX_glcd_e=1"), "EX_glc__D_e"),
        ((*BATCH, "--question", "q", "--medium", "no_such.yaml"), "no_such.yaml"),
        ((*BATCH, "--question", "q", "--table", "all.ods"), "all.ods"),
        ((*BATCH, "--question", "q", "--table", "all.csv", "--no-wait"), "--no-wait"),
        ((*BATCH, "--question", "q", "--input", "depth=2"), "has no input 'depth'"),
    ],
)
def test_what_does_not_fit_is_one_error_and_starts_nothing(
    stack: Stack, words: tuple[str, ...], said: str, session: str
) -> None:
    done = stack.command(*words, "--session", session)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert stack.client().store.runs(session=session) == []


def test_without_waiting_the_session_is_all_that_is_said(stack: Stack) -> None:
    document = stack.json(*BATCH, "--question", GROWTH, "--no-wait")
    assert document["session"].startswith("batch-")
    run = stack.client().get(document["runs"][0])
    assert run.state.session == document["session"]
    assert run.state.lane == "bulk"
    assert run.wait(120) == "finished"


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_leaves_the_runs_going_and_says_how_to_go_on(stack: Stack, session: str) -> None:
    questions = [word for number in range(20) for word in ("--question", f"{GENES} ({number})")]
    command = [sys.executable, "-m", "fluxagents.workers.cli", *BATCH, *questions, "--session", session]
    with subprocess.Popen(command, env=stack.environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        started = f"session {session}: 20 runs of metabolic_analysis\n"
        # A slow start says before how far it is.
        assert started in iter(process.stderr.readline, "")
        os.kill(process.pid, signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "go on" in rest
    assert f"fluxagents runs list --session {session}" in rest
    store = stack.client().store
    deadline = time.monotonic() + 180
    while {state.status for state in store.runs(session=session)} != {"finished"}:
        assert time.monotonic() < deadline, "the runs did not go on"
        time.sleep(0.1)
    assert len(store.runs(session=session)) == 20
