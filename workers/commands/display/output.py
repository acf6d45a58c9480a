"""The output of commands: tables for people, one JSON document for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

CUT_WIDTH = 24
"""Least width of a column that is cut, in characters."""


def print_json(value: Any) -> None:
    """Print one JSON document to standard output; what JSON does not know is printed as its text."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    empty: str = "nothing to show",
    cut_last: bool = False,
    whole: int = 1,
) -> None:
    """Print a table to standard output, or the text `empty` if it has no rows.

    Cells are folded at the edge of the screen. The first `whole` columns are never folded: they hold the ids
    that other commands take. With `cut_last` the last column is cut instead of folded.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        click.echo(empty)
        return
    Console().print(build_table(columns, cells, cut_last=cut_last, whole=whole))


def build_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, cut_last: bool = False, whole: int = 1
) -> Any:
    """A rich table in the house style; cell text is never read as markup."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        if cut_last and number == len(columns) - 1:
            grid.expand = True
            grid.add_column(column, overflow="ellipsis", no_wrap=True, ratio=1, min_width=CUT_WIDTH)
        else:
            grid.add_column(column, overflow="fold", no_wrap=number < whole)
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    return grid


def count_text(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 run`, `2,000 runs`."""
    return f"1 {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"


def indent(text: str | Text, columns: int) -> Padding:
    """Text whose lines all begin some columns further right, also where the screen folds them."""
    return Padding(Text(text) if isinstance(text, str) else text, (0, 0, 0, columns), expand=False)
