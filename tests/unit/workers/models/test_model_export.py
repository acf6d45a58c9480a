"""What is written is read back, with the same growth; the commands take paths and URLs."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec
import pytest
from click.testing import CliRunner

from fluxagents.workers.commands.models.models import models
from fluxagents.workers.models.model_export import SUFFIXES, write
from fluxagents.workers.models.model_store import ModelFiles


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
    assert added.output.startswith("mine  sha256:"), added.output
    line = CliRunner().invoke(models, ["lineage", "mine", "--json"])
    assert [record["name"] for record in json.loads(line.output)] == ["mine"]
