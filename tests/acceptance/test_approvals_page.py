"""docs/approvals.md: its commands, as they stand, on the requests that they lead to."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.support.places import DOCS
from tests.support.stack import Stack
from tests.support.waiting import eventually

WAITS = 3
"""The exit code of a command whose run waits for a human."""


def read_page() -> tuple[list[str], str]:
    """The commands of the page in order, a line each, and the flow that it shows."""
    page = (DOCS / "approvals.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    (flow,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    return [line for line in lines if line.startswith("fluxagents ")], flow


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_page_does_what_it_says(stack: Stack, tmp_path: Path) -> None:
    commands, flow = read_page()
    file = tmp_path / "uptake.yaml"
    file.write_text(flow, encoding="utf-8")
    request, printed = "", list[tuple[str, str]]()
    for line in commands:
        words = shlex.split(line.replace("$REQUEST", request).replace("uptake.yaml", str(file)))[1:]
        starts = words[0] == "run"
        done = stack.command(*words)
        assert done.returncode == (WAITS if starts else 0), f"{line}\n{done.stdout}{done.stderr}"
        printed.append((line, done.stdout))
        if starts:
            request = stack.json("approvals", "list")[-1]["id"]
    first, edited, question = (text for line, text in printed if " approvals show " in line)
    assert "- growth, 1/h: 0.8739 → 1.653 (+89.2 %)" in first
    assert "- growth, 1/h: 0.8739 → 1.332 (+52.4 %)" in edited
    assert "expected   a number in mmol/gDW/h from 0 to 20" in question
    (asked,) = (text for line, text in printed if " approvals ask " in line)
    assert "What the step would do [effect]" in asked
    store = stack.client().store
    eventually(lambda: all(state.has_ended for state in store.runs(limit=10)), within_s=120)
    answers = [state.answer or "" for state in store.runs(limit=10)]
    assert any("Stated by" in answer and "not computed: knock_out" in answer for answer in answers)
    assert "15 mmol/gDW/h" in answers
    assert stack.json("approvals", "list") == []
