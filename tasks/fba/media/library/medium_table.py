"""Rows of a medium's file: tables of any usual separator, and mappings in YAML or JSON."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import yaml

from fluxagents.flows.errors import ErrorClass, FluxError

_SEPARATORS = ("\t", ";", ",")


@dataclass(frozen=True, slots=True)
class MediumRow:
    """One compound as it is written.

    Attributes:
        line: Of the file, from 1.
        cells: Column -> text.
    """

    line: int
    cells: Mapping[str, str]


def read_table(
    lines: Sequence[tuple[int, str]], known: Collection[str], at: str
) -> tuple[list[str], list[MediumRow]]:
    """The columns of a table, lower case, and its rows.

    Args:
        lines: Each with its number; the header first.
        known: Columns by which the separator is found.
        at: The file, for errors.

    Raises:
        FluxError: `MEDIUM` for a row with more cells than the header.
    """
    number, first = lines[0]
    separator = _find_separator(first, known)
    header = [cell.lower() for cell in _split(first, separator, f"{at}, line {number}")]
    while header and not header[-1]:
        header.pop()
    rows = []
    for number, line in lines[1:]:
        where = f"{at}, line {number}"
        cells = _split(line, separator, where)
        if any(cells[len(header) :]):
            message = f"{where}: {len(cells)} cells under a header of {len(header)}: '{line.strip()}'"
            hint = "write numbers with a decimal point, and cells that hold the separator in quotes"
            raise FluxError(ErrorClass.MEDIUM, message, suggestions=(hint,))
        if any(cells):
            cells += [""] * (len(header) - len(cells))
            rows.append(MediumRow(number, dict(zip(header, cells, strict=False))))
    return header, rows


def read_mapping(text: str, at: str, columns: tuple[str, str]) -> list[MediumRow]:
    """The rows of YAML or JSON that maps ids to uptakes, each as written: `no` is nitric oxide.

    Args:
        text: The document.
        at: The file, for errors.
        columns: What keys and values are.

    Raises:
        FluxError: `MEDIUM` if it is no such mapping.
    """
    way_out = ("write a line such as 'glc__D: 10' per compound",)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        message = f"{at} cannot be read: {' '.join(str(error).split())}"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=way_out) from error
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise FluxError(ErrorClass.MEDIUM, f"{at} maps no compounds to uptakes", suggestions=way_out)
    rows = []
    for key, value in root.value:
        line = key.start_mark.line + 1
        if not (isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)):
            message = f"{at}, line {line}: this is no compound with one uptake"
            raise FluxError(ErrorClass.MEDIUM, message, suggestions=way_out)
        rows.append(
            MediumRow(line, dict(zip(columns, (key.value.strip(), value.value.strip()), strict=True)))
        )
    return rows


def _find_separator(header: str, known: Collection[str]) -> str:
    """The separator that makes the most known columns; a blank where there is none of them."""

    def count(separator: str) -> tuple[int, int]:
        cells = next(csv.reader([header], delimiter=separator))
        return sum(cell.strip().lower() in known for cell in cells), len(cells)

    return max(_SEPARATORS, key=count) if any(each in header for each in _SEPARATORS) else " "


def _split(line: str, separator: str, at: str) -> list[str]:
    line = " ".join(line.split()) if separator == " " else line
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, strict=True))]
    except csv.Error as error:
        message = f"{at}: {error}: '{line.strip()[:80]}'"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=("close the quotes",)) from error
