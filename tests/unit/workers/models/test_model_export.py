"""What is written is read back, with the same growth; the commands take paths and URLs."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec
import pytest
from click.testing import CliRunner

from fluxagents.tasks.acts.provenance import provenance_of
from fluxagents.tasks.fba.models.model_file import SUFFIXES
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.commands.artifacts.artifacts import artifacts
from fluxagents.workers.commands.models.models import models
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.models.model_export import write
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings


@pytest.mark.parametrize("suffix", [*SUFFIXES.values(), ".xml.gz", ".json.gz"])
def test_a_model_comes_back_from_its_file(tmp_path: Path, suffix: str) -> None:
    store = ModelFiles(str(tmp_path / "store"))
    model = store.load(store.resolve("textbook"))
    kind = next(kind for kind, plain in SUFFIXES.items() if plain == suffix.removesuffix(".gz"))
    with model:
        model.reactions.EX_o2_e.lower_bound = 0
        write(model, kind, tmp_path / f"mine{suffix}")
    again = store.load(store.add(tmp_path / f"mine{suffix}").ref)
    assert again.slim_optimize() == pytest.approx(0.2116629497353, rel=1e-6)
    assert {r.id: r.bounds for r in again.reactions} == {
        r.id: (0.0, 1000.0) if r.id == "EX_o2_e" else r.bounds for r in model.reactions
    }
    assert model.slim_optimize() == pytest.approx(686440 / 785471, rel=1e-9)


def test_commands_add_from_a_url_and_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path / "data"))
    written = tmp_path / "core.json"
    exported = CliRunner().invoke(
        models, ["export", "e_coli_core", "--format", "json", "--output", str(written)]
    )
    assert exported.exit_code == 0, exported.output
    with fsspec.open("memory://bucket/mine.json", "wb") as file:
        file.write(written.read_bytes())
    added = CliRunner().invoke(models, ["add", "memory://bucket/mine.json"])
    assert added.stdout.startswith("mine  sha256:"), added.output
    line = CliRunner().invoke(models, ["lineage", "mine", "--json"])
    assert [record["name"] for record in json.loads(line.output)] == ["mine"]


def test_commands_write_a_strain_and_its_fluxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path / "data"))
    strain, table = tmp_path / "mutant.xml.gz", tmp_path / "fluxes.json"
    options = ["e_coli_core", "--without", "b4025", "--output"]
    exported = CliRunner().invoke(models, ["export", *options, str(strain)])
    assert (exported.exit_code, exported.output) == (0, f"{strain}\n")
    written = CliRunner().invoke(models, ["fluxes", *options, str(table)])
    assert written.exit_code == 0, written.output
    fluxes = json.loads(table.read_text())
    store = ModelFiles(str(tmp_path / "store"))
    growth = store.load(store.add(strain).ref).slim_optimize()
    assert growth == pytest.approx(0.8631595522, rel=1e-6)
    assert fluxes["Biomass_Ecoli_core"] == pytest.approx(growth, rel=1e-6)
    dead = CliRunner().invoke(models, ["fluxes", "e_coli_core", "--change", "EX_glc__D_e=0"])
    assert "there are no fluxes to write" in str(dead.exception)


def test_a_file_of_a_result_is_an_artifact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path))
    store = ModelFiles(Settings.load().artifact_url)
    kept = ArtifactFiles(Settings.load().artifact_url)
    ref = store.resolve("e_coli_core")
    model, tool = store.load(ref), tool_named("export_model")
    args = tool.parse({"knock_outs": ["b0720"]})
    result = tool.run(model, args)
    digest = kept.put_result(result, provenance_of(tool, args, model, ref)).digest
    (name, part), *_ = kept.manifest(digest).files.items()
    assert (name, part.media_type) == ("e_coli_core_without_b0720.xml", "application/sbml+xml")
    assert result.summary()["file"] == {"name": name, "digest": part.digest, "size_bytes": part.size_bytes}
    target = tmp_path / "again.xml"
    for words in ([digest, "--file", name], [part.digest]):
        done = CliRunner().invoke(artifacts, ["get", *words, "-o", str(target)])
        assert done.exit_code == 0, done.output
        assert store.load(store.add(target).ref).reactions.CS.bounds == (0, 0)
    assert name in CliRunner().invoke(artifacts, ["show", digest]).output
    wrong = CliRunner().invoke(artifacts, ["get", digest, "--file", "other.xml"])
    assert "has no file 'other.xml'" in str(wrong.exception)
