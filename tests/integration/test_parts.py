"""Large work runs in parts on all workers, and is joined in the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from cobra.io import load_model
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

LETHALS = """
flow: lethals
version: 1
purpose: Lethal sets of three of these genes.
inputs:
  genes: {type: array, required: true}
start: work
nodes:
  work:
    kind: tool
    tool: find_synthetic_lethals
    args: {kind: genes, most_knock_outs: 3, candidates: =genes}
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


@pytest.mark.long
def test_lethal_sets_of_three_are_found_in_shards_on_two_workers(stack: Stack, tmp_path: Path) -> None:
    ijo1366 = load_model("iJO1366")
    central = [gene.id for gene in load_model("textbook").genes if gene.id in ijo1366.genes]
    others = sorted({gene.id for gene in ijo1366.genes} - set(central))
    path = tmp_path / "lethals.yaml"
    path.write_text(LETHALS)
    client = stack.client()
    # More targets than are searched in one piece.
    run = client.start(str(path), model="iJO1366", genes=[*central, *others[: 305 - len(central)]])
    assert run.wait(300) == "finished", run.state.error
    split = next(event for event in run.events() if isinstance(event, e.ToolSplit))
    assert [client.get(part).status for part in split.runs] == ["finished"] * 4
    (finding,) = run.findings
    assert finding.key_findings["is_complete"] is True
    assert finding.artifact is not None
    artifacts = ArtifactFiles(stack.settings.artifact_url)
    tables = artifacts.manifest(finding.artifact).tables
    sets = artifacts.table(tables["lethal_sets"].digest)
    triples = [tuple(genes.split(" + ")) for genes in sets[sets["knock_outs"] == 3]["ids"]]
    assert len(set(map(frozenset, triples))) == len(triples) == 39
    for genes in triples[::13]:
        with ijo1366 as strain:
            for gene in genes:
                strain.genes.get_by_id(gene).knock_out()
            assert strain.slim_optimize(error_value=0.0) < 1e-6
