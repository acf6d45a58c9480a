"""The output of commands: tables for people, one JSON document for scripts.

Only a terminal has a width. What goes into a file or a pipe is never cut or folded.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text

from fluxagents.flows.history.event_text import MAX_LINE_LENGTH, shorten
from fluxagents.flows.texts.display import escape_json, visible
from fluxagents.workers.commands.display.table_layout import lay_out

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 20
"""Of a table of numbers that are shown on a terminal."""

PROSE_WIDTH = 80
"""Of sentences on a terminal, in characters; tables are as wide as the screen."""

PIPE_WIDTH = 1_000_000
"""What rich is told where there is no terminal: it knows no text without a width."""


LAYOUT = "\n\t"
"""Control characters that a terminal may get as they are."""


def echo(text: object = "", *, err: bool = False, nl: bool = True, **style: Any) -> None:
    """Print text without the control codes that may be in it, such as those in the names of a model.

    Args:
        text: What is printed.
        err: To standard error instead of standard output.
        nl: Whether a line end follows.
        style: Of all of it, as `click.style` takes it.
    """
    click.secho(visible(str(text), layout=LAYOUT), err=err, nl=nl, **style)


def print_json(value: Any) -> None:
    """Print one JSON document to standard output; what JSON does not know is printed as its text."""
    click.echo(escape_json(json.dumps(value, indent=2, ensure_ascii=False, default=str)))


class PlainConsole(Console):
    """A console that prints no control code but its own: text is no markup of rich, which may hold links.

    Args:
        options: As rich takes them.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """What is printed, with the code of each character that is invisible or moves others."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(visible(segment.text), segment.style)


def screen_width() -> int | None:
    """The width of the terminal that standard output is, in characters; None if it is a file or a pipe."""
    return shutil.get_terminal_size().columns if is_terminal() else None


def is_terminal(*, err: bool = False) -> bool:
    """Whether standard output, or standard error, is a terminal."""
    return (sys.stderr if err else sys.stdout).isatty()


def open_console() -> PlainConsole:
    """A rich console on standard output that folds text on a terminal only."""
    width = screen_width()
    return PlainConsole(width=PIPE_WIDTH if width is None else width)


def fold(text: str) -> str:
    """A sentence as it is printed: in lines on a terminal, else in one."""
    return text if screen_width() is None else click.wrap_text(text, width=PROSE_WIDTH)


def clip(text: str, limit: int = MAX_LINE_LENGTH) -> str:
    """A text on one line, on a terminal of at most `limit` characters."""
    return shorten(text, limit if screen_width() is not None else sys.maxsize)


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    empty: str = "nothing to show",
    cut_last: bool = False,
) -> None:
    """Print a table to standard output, or the text `empty` if it has no rows; see `lay_out`."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        echo(fold(empty))
        return
    heading, lines = lay_out(columns, cells, screen_width(), cut_last=cut_last)
    echo(heading, bold=True)
    for line in lines:
        echo(line)


def print_frame(table: pd.DataFrame) -> None:
    """Print a table of numbers: on a terminal its first rows to 6 digits, else all in full precision."""
    shown, digits = (table, "r") if screen_width() is None else (table.head(MAX_ROWS), ".6g")
    rows = [
        [_format_cell(value, digits) for value in row]
        for row in shown.astype(object).where(shown.notna(), None).itertuples(index=False, name=None)
    ]
    print_table([str(column) for column in table.columns], rows, empty="no rows")
    if len(shown) < len(table):
        echo(f"… {len(table) - len(shown):,} more rows; in a pipe or a file all are written")


def _format_cell(value: object, digits: str) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value) if digits == "r" else format(value, digits)
    return str(value)


def build_table(columns: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> Text:
    """A table of this width for rich, where it is drawn again and again."""
    heading, lines = lay_out(columns, list(rows), width)
    return Text.assemble((heading, "bold"), "\n", "\n".join(lines))


def count_text(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 run`, `2,000 runs`."""
    return f"1 {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"


def indent(text: str | Text, columns: int) -> Padding:
    """Text whose lines all begin some columns further right, also where the screen folds them."""
    return Padding(Text(text) if isinstance(text, str) else text, (0, 0, 0, columns), expand=False)
