"""Stored tables as files that people and other programs read."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.spreadsheet_cells import disarm_table, is_like_formula

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["csv", "tsv", "json", "parquet", "xlsx"]
FORMATS: tuple[Format, ...] = ("csv", "tsv", "json", "parquet", "xlsx")

BINARY: frozenset[Format] = frozenset({"parquet", "xlsx"})

MAX_SHEET_ROWS = 1_048_575
MAX_CELL_CHARACTERS = 32_767
"""Of a spreadsheet; below its line of headings."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that a spreadsheet cannot hold."""


def encode_tables(kind: Format, tables: Mapping[str, pd.DataFrame], about: Mapping[str, JsonValue]) -> bytes:
    """Tables in a format; what is missing is an empty cell or null.

    Args:
        kind: The format; all but JSON and XLSX hold one table.
        tables: By name.
        about: The result and its provenance: in JSON beside the tables, in XLSX a sheet of its own.

    Raises:
        FluxError: `BAD_ARGUMENT` if the format cannot hold them.
    """
    if kind == "json":
        return _json({**about, "tables": {name: _records(table) for name, table in tables.items()}})
    if kind == "xlsx":
        return _workbook(tables, about)
    ((_, table),) = tables.items()
    if kind == "parquet":
        sink = io.BytesIO()
        table.to_parquet(sink, index=False)
        return sink.getvalue()
    text: str = disarm_table(table).to_csv(
        index=False, sep="\t" if kind == "tsv" else ",", lineterminator="\n"
    )
    return text.encode()


def rows_as_json(table: pd.DataFrame) -> bytes:
    """One table as a list of rows."""
    return _json(_records(table))


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    text = table.to_json(orient="records", double_precision=15, force_ascii=False)
    # pandas rounds to 15 decimals there; numbers keep all their digits here.
    rows: list[dict[str, Any]] = json.loads(text)
    for name in map(str, table.select_dtypes("float")):
        for row, value in zip(rows, table[name].tolist(), strict=True):
            if row[name] is not None:
                row[name] = value
    return rows


def _workbook(tables: Mapping[str, pd.DataFrame], about: Mapping[str, JsonValue]) -> bytes:
    book = Workbook(write_only=True)
    for name, table in tables.items():
        if len(table) > MAX_SHEET_ROWS:
            message = f"table '{name}' has {len(table)} rows; a spreadsheet holds {MAX_SHEET_ROWS}"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("export it as csv or parquet",))
        sheet = book.create_sheet(name[:31])
        sheet.append([_cell(sheet, column) for column in table.columns])
        for row in table.astype(object).where(table.notna(), None).itertuples(index=False, name=None):
            sheet.append([_cell(sheet, value) for value in row])
    if about:
        sheet = book.create_sheet("provenance" if "provenance" not in tables else "about")
        for key, value in _flat(about):
            sheet.append([_cell(sheet, key), _cell(sheet, value)])
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _cell(sheet: Any, value: object) -> Any:
    """A cell; text stays text even if it begins like a formula."""
    if isinstance(value, bool | int) or (isinstance(value, float) and abs(value) < float("inf")):
        return value
    if value is None or value != value:  # noqa: PLR0124 - only a NaN differs from itself
        return None
    plain = _NOT_XML.sub("\ufffd", value if isinstance(value, str) else str(value))
    cell = WriteOnlyCell(sheet, plain[:MAX_CELL_CHARACTERS])
    cell.data_type = "s"
    # What Excel notes for a typed apostrophe: the text stays text when somebody edits or exports it.
    cell.quotePrefix = is_like_formula(plain)
    return cell


def _flat(value: JsonValue | Mapping[str, JsonValue], path: str = "") -> list[tuple[str, object]]:
    """Nested data as rows of path and value."""
    if isinstance(value, Mapping):
        parts = [(f"{path}.{key}" if path else str(key), inner) for key, inner in value.items()]
        return [row for key, inner in parts for row in _flat(inner, key)]
    return [(path, json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value)]
