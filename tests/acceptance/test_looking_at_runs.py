"""Runs of real workers as a user looks at them afterwards, in Redis and in the archive."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.support.stack import Stack

from fluxagents.workers.files.run_archive import Archive

CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"
SESSION = "looked-at"


def test_what_runs_did_can_be_told_compared_replayed_and_added_up(stack: Stack, tmp_path: Path) -> None:
    start = ("run", "metabolic_analysis", "--model", "e_coli_core", "--session", SESSION, "--question")
    waits = stack.json(*start, CHANGE, "--wait", status=3)
    stack.json("approvals", "approve", waits["waiting_for"]["id"], "--by", "ada")
    assert stack.command("runs", "watch", waits["run_id"]).returncode == 0
    pairs = stack.json(*start, "Which pairs of genes are lethal together?", "--wait")

    told = stack.json("runs", "timeline", waits["run_id"])
    assert told["requests"][0]["by"] == "ada"
    assert told["duration_s"] == pytest.approx(sum(told["spent_s"].values()), abs=1e-6)
    assert told["spent_s"]["human"] > 0
    change = next(
        step for step in told["steps"] if step["events"][0]["type"] == "ToolSucceeded" and step["step"] > 3
    )
    explained = stack.json("runs", "explain", waits["run_id"], "--step", str(change["step"]))
    assert explained["command"]["tool"] == "apply_medium"
    assert {"model", "approved"} <= {one["path"] for one in explained["changes"]}
    assert stack.json("runs", "diff", waits["run_id"], pairs["run_id"], status=1)["same"] is False
    for run in (waits, pairs):
        assert stack.json("runs", "replay", run["run_id"])["same"]

    table = tmp_path / "runs.parquet"
    stats = stack.json("stats", "--session", SESSION, "--parquet", str(table))
    assert (stats["runs"], stats["status"], stats["humans"][0]["by"]) == (2, {"finished": 2}, "ada")
    assert stats["chat_models"][0]["chat_model"] == "offline-planner"
    assert len(pd.read_parquet(table)) == 2
    _archive(stack, waits["run_id"])
    assert stack.json("runs", "timeline", waits["run_id"]) == told
    again = stack.json("stats", "--session", SESSION)
    assert (again["in_redis"], again["in_archive"], again["tools"]) == (1, 1, stats["tools"])


def _archive(stack: Stack, run_id: str) -> None:
    """This run alone: other tests look for theirs in Redis."""
    store = stack.client().store
    Archive(stack.settings.artifact_url).put(store.load(run_id), store.events(run_id))
    assert store.forget(run_id, SESSION)
