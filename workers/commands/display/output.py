"""How commands show things: tables for people, one JSON document for scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

JSON_FLAG = "--json"

CUT_WIDTH = 24
"""Characters that a column keeps when it is cut."""


def examples(*lines: str) -> str:
    """The examples at the end of a command's help, one a line: `@click.command(epilog=examples(...))`."""
    # click rewraps a paragraph unless it begins with a backspace.
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def json_option(command: Command) -> Command:
    """Give a command the flag `--json`, passed to it as `as_json`.

    An error of a command called with the flag is a JSON document too: see `fluxagents.workers.cli`.
    """
    return click.option(JSON_FLAG, "as_json", is_flag=True, help="Print one JSON document, for scripts.")(
        command
    )


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
    from rich.console import Console

    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        click.echo(empty)
        return
    Console().print(table(columns, cells, cut_last=cut_last, whole=whole))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, cut_last: bool = False, whole: int = 1
) -> Any:
    """A rich table in the house style; cell text is never read as markup."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

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
