"""Prompts on real workers: a version is seen without a restart, and a run keeps the one it has used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.stack import Stack

from fluxagents.flows import events as e
from fluxagents.scheduler.runs.run import Run

NAME = "tool_selection"
CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"
MODEL = "e_coli_core"


def used(run: Run, name: str = NAME) -> list[str]:
    """The versions that the run's decisions were made with."""
    made = [event for event in run.events() if isinstance(event, e.DecisionMade)]
    return [event.prompt.version for event in made if event.prompt.name == name]


@pytest.fixture
def second(stack: Stack, tmp_path: Path) -> Iterator[str]:
    """A new version, registered and not promoted; production is as before when the test is over."""
    before = stack.json("prompts", "show", NAME)
    number = int(before["version"]) + 1
    source = before["source"].replace(f"version: {before['version']}", f"version: {number}", 1)
    file = tmp_path / "tool_selection.md.j2"
    file.write_text(source.replace("Tools compute; you never do.", "Only tools compute."))
    version = stack.json("prompts", "register", str(file))["version"]
    yield version
    while stack.json("prompts", "show", NAME)["production"] is not None:
        stack.json("prompts", "rollback", NAME)


@pytest.mark.long
def test_workers_take_a_promoted_version_and_runs_under_way_keep_theirs(stack: Stack, second: str) -> None:
    client = stack.client()
    early = client.start("metabolic_analysis", model=MODEL, question=CHANGE)
    assert early.wait(120) == "waiting"
    first = used(early)
    assert first
    assert second not in first

    stack.json("prompts", "promote", NAME, second)
    late = client.start("metabolic_analysis", model=MODEL, question="How fast does it grow?")
    assert late.wait(120) == "finished"
    assert set(used(late)) == {second}

    assert early.state.waiting_for is not None
    client.approve(early.state.waiting_for.id, by="ada")
    assert early.wait(120) == "finished"
    assert len(used(early)) > len(first)
    assert set(used(early)) == set(first)

    for run in (early, late):
        for event in run.events():
            if isinstance(event, e.DecisionMade):
                found = stack.json("prompts", "render", "--run", run.id, "--step", str(event.seq))
                assert found["is_exact"] is True
                assert found["prompt"]["digest"] == event.prompt.digest
