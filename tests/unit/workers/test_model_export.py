"""What is written is read back by another program, with the same growth."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.workers.model_export import SUFFIXES, write
from fluxagents.workers.model_files import ModelFiles


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
