"""The full data of a run's results, its plots and its audits, as a user asks for them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from tests.support.stack import Stack

ESSENTIAL = {"b0720", "b1136", "b1779", "b2415", "b2416", "b2779", "b2926"}
RUN = ("run", "metabolic_analysis", "--model", "e_coli_core", "--wait")


@pytest.fixture(scope="module")
def run_id(stack: Stack) -> str:
    document = stack.json(*RUN, "--question", "Which genes are essential for growth?")
    assert document["status"] == "finished"
    return str(document["run_id"])


@pytest.fixture(scope="module")
def step(stack: Stack, run_id: str) -> str:
    """That computed the essential genes."""
    events = stack.json("runs", "events", run_id)
    made = [event for event in events if event["type"] == "ToolSucceeded"]
    return str(next(event["seq"] for event in made if event["call"]["tool"] == "analyze_essentiality"))


def test_a_steps_table_comes_out_as_csv(stack: Stack, run_id: str, step: str) -> None:
    done = stack.command("artifacts", "get", "--run", run_id, "--step", step, "--table", "genes")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 137
    assert {row["id"] for row in rows if row["is_essential"] == "True"} == ESSENTIAL


def test_a_step_without_an_artifact_says_which_have_one(stack: Stack, run_id: str) -> None:
    done = stack.command("artifacts", "get", "--run", run_id, "--step", "99")
    assert done.returncode == 2
    assert f"run {run_id} has no step 99 with an artifact" in done.stderr
    assert "(analyze_essentiality)" in done.stderr


def test_a_stored_result_is_listed_shown_and_plotted(
    stack: Stack, run_id: str, step: str, tmp_path: Path
) -> None:
    shown = stack.json("artifacts", "show", "--run", run_id, "--step", step)
    listed = stack.json("artifacts", "list", "--tool", "analyze_essentiality")
    assert shown["digest"] in {one["digest"] for one in listed}
    file = tmp_path / "genes.png"
    said = stack.json("artifacts", "plot", "--run", run_id, "--step", step, "-o", str(file))
    assert (said["of"], said["format"]) == (shown["digest"], "png")
    assert file.read_bytes().startswith(b"\x89PNG")
    again = stack.command(*shown["provenance"]["command"].split()[1:])
    assert again.returncode == 0, again.stderr
    assert "essential_genes" in again.stdout


def test_growth_over_a_batch_is_plotted(stack: Stack, tmp_path: Path) -> None:
    words = ("--question", "How fast does it grow?", "--medium", "EX_glc__D_e=10,EX_nh4_e=10,EX_pi_e=10")
    done = stack.json("batch", "metabolic_analysis", "--model", "e_coli_core", *words, "--model", "textbook")
    file = tmp_path / "growth.svg"
    said = stack.json("artifacts", "plot", "--session", done["session"], "-o", str(file))
    assert said["tool"] == "batch"
    assert "growth rate (1/h)" in file.read_text()


@pytest.mark.parametrize(
    "audit", ["validate_tool_audit", "validate_ai_audit", "validate_realtime_verification"]
)
def test_a_run_passes_its_audits(stack: Stack, run_id: str, audit: str) -> None:
    found = stack.json("tools", "call", audit, "--arg", f"run_id={run_id}")
    assert found["result"]["passed"], found["result"]


def test_a_model_has_its_frog_bundle(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "frog.omex"
    said = stack.json("frog", "e_coli_core", "-o", str(file))
    assert said["rows"]["03_gene_deletion.tsv"] == 137
    assert file.stat().st_size == said["bytes"]
    nowhere = stack.command("frog", "e_coli_core", "-o", "/no/such/folder/x.omex")
    assert nowhere.returncode == 2
    assert "cannot be written" in nowhere.stderr
