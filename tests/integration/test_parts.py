"""Large work runs in parts on all workers, and is joined in the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.stack import Stack

from fluxagents.flows import events as e
from fluxagents.workers.files.artifact_store import ArtifactFiles

FLOW = """
flow: ranges
version: 1
purpose: All flux ranges.
facts:
  total: {type: number, unit: mmol/gDW/h}
start: work
nodes:
  work:
    kind: tool
    tool: run_flux_variability_analysis
    facts: {total: total_range_mmol_per_gdw_h}
    next: done
  done: {kind: end, message: computed}
"""


@pytest.fixture
def flow(tmp_path: Path) -> str:
    path = tmp_path / "ranges.yaml"
    path.write_text(FLOW)
    return str(path)


def test_parts_are_runs_of_their_own_and_give_one_result(stack: Stack, flow: str) -> None:
    client = stack.client()
    run = client.start(flow, model="iJO1366")
    assert run.wait(300) == "finished", run.state.error
    split = next(event for event in run.events() if isinstance(event, e.ToolSplit))
    assert len(split.runs) == 3
    parts = client.store.runs(session=run.id)
    assert {part.run_id for part in parts} == {run.id, *split.runs}
    assert {part.status for part in parts} == {"finished"}
    (finding,) = run.findings
    artifacts = ArtifactFiles(stack.settings.artifact_url)
    assert finding.artifact is not None
    ranges = artifacts.table(artifacts.manifest(finding.artifact).tables["ranges"].digest)
    assert len(ranges) == 2_583
    assert run.state.facts["total"] == pytest.approx(
        (ranges["maximum_mmol_per_gdw_h"] - ranges["minimum_mmol_per_gdw_h"]).sum()
    )
    assert run.id in {state.run_id for state in client.store.runs(limit=1_000)}
    assert not {state.run_id for state in client.store.runs(limit=1_000)} & set(split.runs)


def test_a_cancelled_run_takes_its_parts_with_it(stack: Stack, flow: str) -> None:
    client = stack.client()
    run = client.start(flow, model="salmonella")
    for event in run.watch():
        if isinstance(event, e.ToolSplit):
            run.cancel("enough", by="ada")
    split = next(event for event in run.events() if isinstance(event, e.ToolSplit))
    assert run.status == "cancelled"
    assert {client.get(part).wait(60) for part in split.runs} <= {"cancelled", "finished"}
    assert "cancelled" in {client.get(part).status for part in split.runs}
