"""Tables as files: whole or not at all, numbers as numbers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.workers.files.table_file import check_table_path, write_table

COLUMNS = ("key", "value", "number")
ROWS = [("growth_per_h", "0.8739215069684305", 0.8739215069684305), ("note", 'says "a, b"\nand c', None)]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_is_read_back_as_it_was_written(tmp_path: Path, suffix: str) -> None:
    path = check_table_path(str(tmp_path / f"all{suffix}"))
    path.write_text("old")
    write_table(path, COLUMNS, ROWS, numbers=("number",))
    read = pd.read_csv(path, dtype={"value": str}) if suffix == ".csv" else pd.read_parquet(path)
    assert tuple(read.columns) == COLUMNS
    assert list(read["value"]) == [row[1] for row in ROWS]
    assert read["number"].iloc[0] == ROWS[0][2]
    assert pd.isna(read["number"].iloc[1])
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_table_has_its_columns_and_types(tmp_path: Path) -> None:
    path = check_table_path(str(tmp_path / "all.parquet"))
    write_table(path, COLUMNS, [], numbers=("number",))
    assert str(pd.read_parquet(path)["number"].dtype) == "float64"


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"
    path.write_text("old")
    with pytest.raises(TypeError):
        write_table(path, COLUMNS, [("a", 1, 0.5)], numbers=("number",))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["all.xlsx", "all", "no_such_folder/all.csv", "folder.csv"])
def test_a_path_that_cannot_work_is_refused_beforehand(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FluxError, match=Path(name).name):
        check_table_path(str(tmp_path / name))
