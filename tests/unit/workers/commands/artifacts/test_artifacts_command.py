"""`fluxagents artifacts`: what is stored comes out as a user's programs read it, with all digits."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.acts.provenance import provenance_of
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.commands.artifacts.artifacts import artifacts
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.files.table_formats import encode_tables
from fluxagents.workers.models.model_store import ModelFiles

GROWTH = 0.8739215069684


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def digest(folder: Path) -> str:
    """Of an essentiality result, which has two tables."""
    url = str(folder / "store")
    models = ModelFiles(url)
    ref = models.add_named("e_coli_core").ref
    tool = tool_named("analyze_essentiality")
    args, model = tool.parse({}), models.load(ref)
    provenance = provenance_of(tool, args, model, ref)
    return ArtifactFiles(url).put_result(tool.run(model, args), provenance).digest


@pytest.fixture
def call(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(folder))

    def run(*words: str) -> Result:
        return CliRunner().invoke(artifacts, words)

    return run


def test_results_are_listed_and_tables_only_when_asked_for(call: Any, digest: str) -> None:
    (only,) = json.loads(call("list", "--json").stdout)
    assert (only["digest"], only["tool"], only["model"]) == (digest, "analyze_essentiality", "e_coli_core")
    assert only["tables"] == "genes (137), reactions (95)"
    everything = json.loads(call("list", "--all", "--json").stdout)
    assert sorted(one["kind"] for one in everything) == ["result", "table", "table"]
    assert json.loads(call("list", "--tool", "other", "--json").stdout) == []
    assert digest[:19] in call("list").stdout


def test_a_result_is_shown_with_the_way_to_compute_it_again(call: Any, digest: str) -> None:
    document = json.loads(call("show", digest[7:15], "--json").stdout)
    assert document["digest"] == digest
    assert document["provenance"]["solver"] == "glpk_interface"
    assert document["provenance"]["command"].startswith("fluxagents tools call analyze_essentiality --model")
    assert "again: fluxagents tools call" in call("show", digest).stdout


@pytest.mark.parametrize(("kind", "separator"), [("csv", ","), ("tsv", "\t")])
def test_a_table_as_text_keeps_all_digits(call: Any, digest: str, kind: str, separator: str) -> None:
    done = call("get", digest, "--table", "genes", "--format", kind)
    table = pd.read_csv(io.StringIO(done.stdout), sep=separator, index_col="id", float_precision="round_trip")
    assert len(table) == 137
    assert table["growth_per_h"].max() == pytest.approx(GROWTH, rel=1e-9)
    assert table["is_essential"].sum() == 7
    assert table["growth_per_h"].isna()["b2415"]


def test_every_format_holds_the_same_numbers(call: Any, digest: str, tmp_path: Path) -> None:
    for kind in ("csv", "json", "parquet", "xlsx"):
        done = call("get", digest, "--table", "genes", "-o", str(tmp_path / f"genes.{kind}"))
        assert done.exit_code == 0, done.output
    parquet = pd.read_parquet(tmp_path / "genes.parquet")
    csv = pd.read_csv(tmp_path / "genes.csv", float_precision="round_trip")
    rows = pd.DataFrame(json.loads((tmp_path / "genes.json").read_text()))
    sheet = pd.read_excel(tmp_path / "genes.xlsx", sheet_name="genes")
    for kind, other in {"csv": csv, "json": rows, "xlsx": sheet}.items():
        assert list(other["id"]) == list(parquet["id"])
        numbers = other["growth_per_h"].astype(float)
        digits = 1e-15 if kind == "xlsx" else 0  # a spreadsheet keeps 16 digits
        assert np.allclose(numbers, parquet["growth_per_h"], rtol=digits, atol=0, equal_nan=True), kind


def test_a_workbook_has_a_sheet_a_table_and_one_for_the_provenance(
    call: Any, digest: str, tmp_path: Path
) -> None:
    assert call("get", digest, "-o", str(tmp_path / "all.xlsx")).exit_code == 0
    book = openpyxl.load_workbook(tmp_path / "all.xlsx")
    assert book.sheetnames == ["genes", "reactions", "provenance"]
    about = dict(book["provenance"].iter_rows(values_only=True))
    assert about["artifact"] == digest
    assert about["provenance.tool"] == "analyze_essentiality"
    assert about["provenance.tolerance"] == 1e-7


def test_a_whole_result_is_one_json_document(call: Any, digest: str) -> None:
    document = json.loads(call("get", digest[7:13]).stdout)
    assert {"artifact", "provenance", "result", "tables", "files"} == document.keys()
    assert len(document["tables"]["genes"]) == 137
    assert document["tables"]["genes"][0]["growth_per_h"] == pytest.approx(GROWTH, rel=1e-9)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "csv"), "holds one table"),
        (("--table", "gene"), "has no table 'gene'; nearest: genes; tables: genes, reactions"),
        (("-o", "/no/such/folder/x.csv"), "cannot be written"),
    ],
)
def test_what_cannot_be_exported_says_why(call: Any, digest: str, words: tuple[str, ...], said: str) -> None:
    done = call("get", digest, *words)
    assert isinstance(done.exception, FluxError)
    assert said in str(done.exception)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ffffffff", "no artifact whose digest begins with 'ffffffff'"),
        ("../../etc/passwd", "is not the digest of an artifact"),
        ("abc", "is not the digest of an artifact"),
    ],
)
def test_what_is_no_artifact_is_refused(call: Any, digest: str, address: str, said: str) -> None:
    assert digest
    done = call("get", address)
    assert said in str(done.exception)


def test_an_ambiguous_beginning_names_those_it_begins(tmp_path: Path) -> None:
    store = ArtifactFiles(str(tmp_path))
    for end in "12":
        path = tmp_path / "artifacts" / "ab" / f"ab{'0' * 61}{end}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
    with pytest.raises(FluxError, match="begins the digests of 2 artifacts"):
        store.find("sha256:ab0000")


def test_text_like_a_formula_stays_text_and_infinity_is_no_number() -> None:
    table = pd.DataFrame({"id": ["=1+1", "bell\x07"], "flux": [float("inf"), float("nan")]})
    sheet = openpyxl.load_workbook(io.BytesIO(encode_tables("xlsx", {"t": table}, {}))).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[1:] == [("=1+1", "inf"), ("bell\ufffd", None)]
    assert sheet["A2"].data_type == "s"


@pytest.mark.parametrize(("suffix", "separator"), [("tsv", "\t"), ("csv", ",")])
def test_a_table_of_ones_own_is_stored_for_a_tool(
    call: Any, folder: Path, tmp_path: Path, suffix: str, separator: str
) -> None:
    file = tmp_path / f"observed.{suffix}"
    file.write_text("gene\tessential\nb0720\tE\nb0008\tN\n".replace("\t", separator))
    digest = call("add", str(file)).stdout.strip()
    table = ArtifactFiles(str(folder / "store")).table(digest)
    assert table.to_dict("list") == {"gene": ["b0720", "b0008"], "essential": ["E", "N"]}
    assert json.loads(call("add", str(file), "--json").stdout)["rows"] == 2


def test_a_file_that_is_no_table_is_an_error(call: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("gene")
    (tmp_path / "broken.xlsx").write_text("gene")
    for name, message in (("notes.txt", "has no known suffix"), ("broken.xlsx", "cannot be read")):
        with pytest.raises(FluxError, match=message):
            raise call("add", str(tmp_path / name)).exception
