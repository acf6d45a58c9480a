"""How commands show things: tables for people, one JSON document for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

CUT_WIDTH = 24
"""Characters that a column keeps when it is cut."""


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
    """Print a table to standard output; `empty` is said instead of a table without rows.

    Cells are folded where the screen ends, but for the first column, which the next command is given, or
    the first `whole` ones, and with `cut_last` for the last one, of which the beginning is enough.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        click.echo(empty)
        return
    Console().print(table(columns, cells, cut_last=cut_last, whole=whole))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, cut_last: bool = False, whole: int = 1
) -> Any:
    """A rich table in the house style; cell text is never read as markup."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        if cut_last and number == len(columns) - 1:
            shown.expand = True
            shown.add_column(column, overflow="ellipsis", no_wrap=True, ratio=1, min_width=CUT_WIDTH)
        else:
            shown.add_column(column, overflow="fold", no_wrap=number < whole)
    for row in rows:
        shown.add_row(*(Text(cell) for cell in row))
    return shown
