"""Everything that is needed to compute a result again, the command among it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from fluxagents.tasks.acts.provenance import lineage_of, provenance_of
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.commands.tools.tools import tools
from fluxagents.workers.models.model_store import ModelFiles


def test_the_command_computes_the_same_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path))
    models = ModelFiles(str(tmp_path / "store"))
    ref = models.add_named("e_coli_core").ref
    tool = tool_named("run_metabolic_fba")
    args = tool.parse({"medium_changes": {"EX_o2_e": 0}, "method": "fba"})
    model = models.load(ref)
    provenance = provenance_of(tool, args, model, ref)
    assert provenance.bounds_changed_mmol_per_gdw_h == {"EX_o2_e": (0.0, 1000.0)}
    assert "EX_o2_e" not in provenance.medium_mmol_per_gdw_h
    assert provenance.command.startswith(f"fluxagents tools call run_metabolic_fba --model {ref.digest} ")
    done = CliRunner().invoke(tools, [*shlex.split(provenance.command)[2:], "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["result"]["growth_per_h"] == pytest.approx(0.2116629497353, rel=1e-6)
    assert model.slim_optimize() == pytest.approx(0.8739215069684, rel=1e-6)


def test_knock_outs_and_the_substrate_of_an_analysis_are_told(tmp_path: Path) -> None:
    models = ModelFiles(str(tmp_path))
    ref = models.add_named("e_coli_core").ref
    tool = tool_named("find_production_pathway")
    args = tool.parse({"substrate": "EX_ac_e", "product": "EX_succ_e", "knock_outs": ["b0118", "b1276"]})
    provenance = provenance_of(tool, args, models.load(ref), ref)
    closed = {"ACONTa", "ACONTb"}
    assert provenance.bounds_changed_mmol_per_gdw_h == {
        **dict.fromkeys(closed, (0, 0)),
        "EX_ac_e": (-10, 1000),
        "EX_co2_e": (0, 1000),
        "EX_glc__D_e": (0, 1000),
    }
    assert provenance.medium_mmol_per_gdw_h["EX_ac_e"] == 10


def test_a_changed_model_knows_all_its_ancestors(tmp_path: Path) -> None:
    models = ModelFiles(str(tmp_path))
    first = models.add_named("e_coli_core").ref
    tool = tool_named("apply_medium")
    last = first
    for uptake in (5, 6):
        args = tool.parse({"medium_changes": {"EX_glc__D_e": uptake}})
        model = models.load(last)
        with model:
            assert tool.change is not None
            tool.change(model, args)
            last = models.derive(last, model, tool.describe_change(args)).ref
    lineage = lineage_of(models, last)
    assert [one.change.args["medium_changes"] for one in lineage if one.change] == [
        {"EX_glc__D_e": 6.0},
        {"EX_glc__D_e": 5.0},
    ]
    assert lineage[-1].digest == first.digest
    assert lineage_of(models, first) == ()
    provenance = provenance_of(tool, args, models.load(last), last, lineage)
    assert type(provenance).model_validate_json(provenance.model_dump_json()) == provenance
