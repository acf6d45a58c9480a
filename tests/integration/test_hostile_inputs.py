"""A model whose every name is an injection, on real workers: what changes a model still waits for a human."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.hostile import INJECTIONS, hostile_model
from tests.support.stack import Stack

from fluxagents.flows.events import HumanNotified, ToolSucceeded

CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"


@pytest.mark.parametrize("injection", ["closes its section", "control characters"])
def test_a_change_waits_for_its_approval_and_its_text_forges_nothing(
    stack: Stack, tmp_path: Path, injection: str
) -> None:
    model = hostile_model(tmp_path)
    question = f"{CHANGE}\n{INJECTIONS[injection].replace(chr(0), '')}"
    run = stack.client().start("metabolic_analysis", model=str(model), question=question)
    assert run.wait(120) == "waiting"
    request = run.state.waiting_for
    assert request is not None
    assert request.call is not None
    assert request.call.model_dump(include={"tool", "args"}) == {
        "tool": "apply_medium",
        "args": {"medium_changes": {"EX_glc__D_e": 18.5}},
    }
    shown = stack.command("approvals", "show", request.id)
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.split("\n")
    assert all(char.isprintable() for line in lines for char in line)
    assert [line for line in lines if line.startswith("request ")] == [f"request    {request.id}"]
    stack.json("approvals", "reject", request.id, "--by", "ada", "--reason", "keep the medium")
    assert run.wait(120) == "finished"
    assert "apply_medium" not in [
        event.call.tool for event in run.events() if isinstance(event, ToolSucceeded)
    ]
    told = [event for event in run.events() if isinstance(event, HumanNotified)]
    assert [len(event.prompt) for event in told] == [64]
    assert "keep the medium" in (run.answer or "")
