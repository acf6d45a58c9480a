"""Tables as files: whole or not at all, numbers as numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from openpyxl import load_workbook

from fluxagents.flows.errors import FluxError
from fluxagents.workers.files.table_file import check_table_path, write_table

TABLE = pd.DataFrame(
    {
        "key": ["growth_per_h", "note", "=HYPERLINK(1)", "+1-2-cyclo", "-", "-12.5"],
        "value": ["0.8739215069684305", 'says "a, b"\nand c', "@x", "plain", "1", "2"],
        "number": [0.8739215069684305, None, -1.0, 2.0, 3.0, 4.0],
        "genes_count": pd.array([7, None, 1, 2, 3, 4], dtype="Int64"),
    }
)


def read(path: Path) -> pd.DataFrame:
    readers: dict[str, Callable[[], pd.DataFrame]] = {
        ".csv": lambda: pd.read_csv(path, dtype={"key": str, "value": str}),
        ".tsv": lambda: pd.read_csv(path, sep="\t", dtype={"key": str, "value": str}),
        ".parquet": lambda: pd.read_parquet(path),
        ".xlsx": lambda: pd.read_excel(path),
        ".json": lambda: pd.DataFrame(json.loads(path.read_text())),
    }
    return readers[path.suffix]()


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".xlsx", ".json"])
def test_a_table_is_read_back_as_it_was_written(tmp_path: Path, suffix: str) -> None:
    path = check_table_path(str(tmp_path / f"all{suffix}"))
    path.write_text("old")
    write_table(path, TABLE)
    table = read(path)
    assert list(table.columns) == list(TABLE.columns)
    assert table["number"].iloc[0] == TABLE["number"].iloc[0]
    assert pd.isna(table["number"].iloc[1])
    assert pd.isna(table["genes_count"].iloc[1])
    assert table["genes_count"].iloc[0] == 7
    assert table["value"].iloc[1] == TABLE["value"].iloc[1]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_text_that_a_spreadsheet_takes_for_a_formula_is_made_harmless(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"all{suffix}"
    write_table(path, TABLE)
    table = read(path)
    assert list(table["key"])[2:] == ["'=HYPERLINK(1)", "'+1-2-cyclo", "-", "-12.5"]
    assert table["value"].iloc[2] == "'@x"
    assert table["number"].iloc[2] == -1.0


def test_no_cell_of_a_spreadsheet_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "all.xlsx"
    write_table(path, TABLE)
    book = load_workbook(path)
    assert book.sheetnames == ["table"]
    assert book["table"]["A4"].value == "=HYPERLINK(1)"
    assert {cell.data_type for row in book["table"] for cell in row} <= {"s", "n"}


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"
    path.write_text("old")
    with pytest.raises(pa.ArrowInvalid):
        write_table(path, pd.DataFrame({"a": [object()]}))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["all.ods", "all", "no_such_folder/all.csv", "folder.csv"])
def test_a_path_that_cannot_work_is_refused_beforehand(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FluxError, match=Path(name).name):
        check_table_path(str(tmp_path / name))
