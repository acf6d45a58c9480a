"""No table that this project writes holds a cell that a spreadsheet would carry out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from cobra import Metabolite, Model, Reaction
from openpyxl import load_workbook
from tests.support.places import ROOT

from fluxagents.tasks.fba.fluxes import export_fluxes
from fluxagents.workers.files.table_file import write_table
from fluxagents.workers.files.table_formats import encode_tables
from fluxagents.workers.reports.frog.frog_archive import encode_tsv

HOSTILE = (
    "=HYPERLINK(1)",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|x",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "\uff0ba",
    "\uff0da",
    "\uff20a",
)
HARMLESS = ("-12.5", "+3", "-1e-9", "-", "glucose", "'=1", "a=b", "")


def _table(text: str) -> pd.DataFrame:
    return pd.DataFrame({"text": [text], text: ["heading"], "number": [-1.5]})


def _read(data: bytes, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator))


def _as_csv(text: str) -> list[list[str]]:
    return _read(encode_tables("csv", {"t": _table(text)}, {}), ",")


def _as_tsv(text: str) -> list[list[str]]:
    return _read(encode_tables("tsv", {"t": _table(text)}, {}), "\t")


def _as_frog(text: str) -> list[list[str]]:
    row = {"model": "./m.xml", "objective": text, "status": "optimal", "value": -1.5}
    # FROG knows no quotes; ids of SBML hold neither tabs nor line ends.
    return [line.split("\t") for line in encode_tsv("01_objective.tsv", [row]).decode().split("\n")]


def _as_fluxes(text: str) -> list[list[str]]:
    model = Model("m")
    reaction = Reaction("R1", name=text, lower_bound=0, upper_bound=10)
    reaction.add_metabolites({Metabolite("a_c", compartment="c"): -1})
    source = Reaction("EX_a", lower_bound=-10, upper_bound=0)
    source.add_metabolites({reaction.reactants[0]: -1})
    model.add_reactions([reaction, source])
    model.objective = "R1"
    result = export_fluxes.run(model, export_fluxes.Args(format="csv"))
    assert result.file is not None
    return _read(result.file.content, ",")


WRITERS = (_as_csv, _as_tsv, _as_frog, _as_fluxes)


@pytest.mark.parametrize(
    ("write", "text"),
    # No id of SBML begins with white space.
    [
        (write, text)
        for write in WRITERS
        for text in HOSTILE
        if write is not _as_frog or not text[0].isspace()
    ],
)
def test_text_that_begins_like_a_formula_is_disarmed(
    write: Callable[[str], list[list[str]]], text: str
) -> None:
    cells = [cell for row in write(text) for cell in row]
    assert f"'{text}".replace("\r", "\n") in cells
    assert [cell for cell in cells if cell.startswith(("=", text))] == []


@pytest.mark.parametrize("write", [_as_csv, _as_tsv])
def test_a_carriage_return_begins_no_row(write: Callable[[str], list[list[str]]]) -> None:
    assert [len(row) for row in write("a\r=1\r\nb")] == [3, 3]


@pytest.mark.parametrize("text", HARMLESS)
@pytest.mark.parametrize("write", WRITERS)
def test_other_text_and_numbers_stay_as_they_are(write: Callable[[str], list[list[str]]], text: str) -> None:
    cells = [cell for row in write(text) for cell in row]
    assert text in cells
    assert f"'{text}" not in cells
    assert write is _as_fluxes or "-1.5" in cells


@pytest.mark.parametrize("text", [text for text in HOSTILE if text[0] != "\r"])
def test_a_workbook_marks_such_text_as_text(tmp_path: Path, text: str) -> None:
    write_table(tmp_path / "t.xlsx", _table(text))
    sheet = load_workbook(tmp_path / "t.xlsx")["table"]
    for cell in (sheet["B1"], sheet["A2"]):
        assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)
    assert (sheet["C2"].value, sheet["C2"].data_type) == (-1.5, "n")
    assert not sheet["A1"].quotePrefix


def test_every_module_that_writes_such_tables_disarms_them() -> None:
    writes = re.compile(r"\.to_csv\(|\.to_excel\(|csv\.(Dict)?[Ww]riter|Workbook\(|\"\\t\"\.join")
    rooms = ("flows", "prompts", "tasks", "scheduler", "workers")
    modules = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    writers = {path for path in modules if writes.search(path.read_text(encoding="utf-8"))}
    assert len(writers) == 4
    assert [path for path in writers if "spreadsheet_cells" not in path.read_text(encoding="utf-8")] == []
