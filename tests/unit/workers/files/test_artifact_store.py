"""Artifacts are what their digest says: the same data one artifact, damage an error, a path refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.ports.artifacts import PARQUET, Provenance
from fluxagents.tasks.ports.results import Args, Result
from fluxagents.tasks.tool import Tool
from fluxagents.workers.files.artifact_store import ArtifactFiles


class Given(Args):
    """What the tool of these tests is given."""

    method: str = "pfba"


class Found(Result):
    """What it finds."""

    growth_per_h: float

    def key_findings(self) -> dict[str, Any]:
        return self.model_dump()

    def summary(self) -> dict[str, Any]:
        return self.model_dump()

    def tables(self) -> dict[str, pd.DataFrame]:
        return {"fluxes": pd.DataFrame({"reaction": ["A"], "flux_mmol_per_gdw_h": [3.5]})}


def run(model: Any, args: Given) -> Found:
    del model, args
    return result()


TOOL = Tool(name="grow", purpose="Grow.", args=Given, result=Found, run=run, reference="2026")
MODEL = f"sha256:{'1' * 64}"


@pytest.fixture
def store(tmp_path: Path) -> ArtifactFiles:
    return ArtifactFiles(str(tmp_path))


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame({"reaction": ["A", "B", "C"], "flux_mmol_per_gdw_h": [1.5, float("nan"), -2.0]})


def provenance(**changes: Any) -> Provenance:
    given: dict[str, Any] = {
        "tool": TOOL.name,
        "args": {},
        "model_digest": MODEL,
        "model_id": "m",
        "medium_mmol_per_gdw_h": {"EX_a": 10},
        "objective": "A",
        "objective_direction": "max",
        "solver": "glpk",
        "solver_version": "5.0",
        "tolerance": 1e-7,
        "versions": {"cobra": "0.32.1"},
    }
    return Provenance.model_validate(given | changes)


def result() -> Found:
    return Found(growth_per_h=0.5)


def test_the_same_table_is_one_artifact(store: ArtifactFiles, table: pd.DataFrame, tmp_path: Path) -> None:
    ref = store.put_table(table, tool="t")
    again = ArtifactFiles(str(tmp_path)).put_table(table.copy().set_axis([7, 8, 9]), tool="t")
    assert ref == again
    assert (ref.media_type, ref.rows, ref.columns) == (PARQUET, 3, ("reaction", "flux_mmol_per_gdw_h"))
    assert len(list((tmp_path / "artifacts").rglob("*"))) == 2
    assert len(store.get(ref.digest)) == ref.size_bytes


def test_a_table_comes_back_whole_or_in_part(store: ArtifactFiles, table: pd.DataFrame) -> None:
    digest = store.put_table(table, tool="t").digest
    pd.testing.assert_frame_equal(store.table(digest), table)
    part = store.table(digest, columns=("reaction",), offset=1, limit=1)
    assert part.to_dict("records") == [{"reaction": "B"}]
    assert store.rows(digest, offset=1, limit=5) == [
        {"reaction": "B", "flux_mmol_per_gdw_h": None},
        {"reaction": "C", "flux_mmol_per_gdw_h": -2.0},
    ]


def test_unknown_column_names_the_nearest(store: ArtifactFiles, table: pd.DataFrame) -> None:
    digest = store.put_table(table, tool="t").digest
    with pytest.raises(FluxError, match="nearest: flux_mmol_per_gdw_h"):
        store.table(digest, columns=("flux_mmol",))


def test_a_result_is_bound_to_its_tables_and_its_provenance(store: ArtifactFiles) -> None:
    ref = store.put_result(result(), provenance())
    manifest = store.manifest(ref.digest)
    assert manifest.provenance == provenance()
    assert manifest.result["growth_per_h"] == 0.5
    assert store.rows(manifest.tables["fluxes"].digest)[0]["flux_mmol_per_gdw_h"] == 3.5
    assert store.put_result(result(), provenance()) == ref
    assert store.put_result(result(), provenance(model_digest=f"sha256:{'2' * 64}")) != ref


def test_damage_is_found(store: ArtifactFiles, table: pd.DataFrame, tmp_path: Path) -> None:
    digest = store.put_table(table, tool="t").digest
    (path,) = (path for path in (tmp_path / "artifacts").rglob("*") if path.is_file())
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(FluxError, match="is damaged") as raised:
        store.get(digest)
    assert raised.value.kind is ErrorClass.SCHEMA


@pytest.mark.parametrize(
    "address",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "sha256:../../x",
        "sha256:" + "A" * 64,
        "0" * 64,
        "",
        "sha256:" + "0" * 64 + "\n",
    ],
)
def test_whatever_is_no_digest_is_refused(store: ArtifactFiles, address: str) -> None:
    with pytest.raises(FluxError, match="is not the digest of an artifact") as raised:
        store.get(address)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


def test_what_is_not_stored(store: ArtifactFiles) -> None:
    with pytest.raises(FluxError, match="no artifact") as raised:
        store.get(MODEL)
    assert raised.value.kind is ErrorClass.UNKNOWN_ID


def test_json_has_no_nan_and_no_order(store: ArtifactFiles) -> None:
    assert store.put_json({"b": 1, "a": 2}, tool="t") == store.put_json({"a": 2, "b": 1}, tool="t")
    with pytest.raises(FluxError, match="NaN") as raised:
        store.put_json({"a": float("nan")}, tool="t")
    assert raised.value.kind is ErrorClass.NUMERICAL


def test_json_is_neither_a_table_nor_a_manifest(store: ArtifactFiles) -> None:
    digest = store.put_json({"a": 1}, tool="t").digest
    with pytest.raises(FluxError, match="is no table"):
        store.table(digest)
    with pytest.raises(FluxError, match="is no manifest"):
        store.manifest(digest)


def test_artifacts_lie_under_a_url_as_in_a_folder(table: pd.DataFrame) -> None:
    store = ArtifactFiles("memory://bucket/prefix")
    ref = store.put_table(table, tool="t")
    pd.testing.assert_frame_equal(store.table(ref.digest), table)
    assert store.find(ref.digest[7:15]) == ref.digest
    assert [(file.name, file.size_bytes) for file in store.list_files()] == [(ref.digest[7:], ref.size_bytes)]
    assert store.list_files()[0].written_s > 0


def test_the_newest_artifact_is_listed_first_and_an_empty_store_lists_nothing(tmp_path: Path) -> None:
    store = ArtifactFiles(str(tmp_path))
    assert store.list_files() == []
    digests = [store.put_json({"n": n}, tool="t").digest[7:] for n in range(3)]
    for age, hexes in enumerate(reversed(digests)):
        os.utime(tmp_path / "artifacts" / hexes[:2] / hexes, (1_000 - age, 1_000 - age))
    assert [file.name for file in store.list_files()] == digests[::-1]
