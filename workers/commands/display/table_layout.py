"""The lines of a table: as wide as its text in a pipe, as wide as the screen on a terminal.

Words are never split. A column that has no room beside the others stands below them, as `name: value`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.cells import cell_len

GAP = "  "
"""Between two columns."""

COMFORTABLE_WIDTH = 24
"""A column whose text is folded is at least that wide, in characters."""

INDENT = "  "
"""Of what stands below the first line of a row."""

Cells = Sequence[str]


def lay_out(
    columns: Cells, rows: Sequence[Cells], width: int | None, *, cut_last: bool = False
) -> tuple[str, list[str]]:
    """The heading and the lines of a table.

    Args:
        columns: The names.
        rows: One text per column.
        width: Of the screen, in characters; None outside a terminal: one line per row, never cut or folded.
        cut_last: Whether text of the last column that has no room on a screen is cut after a word.
    """
    flat = [[" ".join(cell.split()) for cell in row] for row in rows]
    natural = [max(map(cell_len, texts)) for texts in zip(columns, *flat, strict=True)]
    if width is None:
        return _join(columns, natural), [_join(row, natural) for row in flat]
    beside = len(columns)
    while beside > 1 and _folded_widths(columns[:beside], flat, natural[:beside], width) is None:
        beside -= 1
    widths = _folded_widths(columns[:beside], flat, natural[:beside], width) or natural[:beside]
    lines: list[str] = []
    for row in flat:
        cells = list(row)
        if cut_last:
            room = widths[-1] if beside == len(columns) else width - len(INDENT * 2) - len(f"{columns[-1]}: ")
            cells[-1] = _cut(cells[-1], room)
        lines += _fold_row(cells[:beside], widths)
        lines += _list_below(columns[beside:], cells[beside:], width)
    return _join(columns[:beside], widths), lines


def _folded_widths(columns: Cells, rows: Sequence[Cells], natural: list[int], width: int) -> list[int] | None:
    """Widths with which the columns fit side by side, the widest narrowed first; None if they do not."""
    room = width - len(GAP) * (len(natural) - 1)
    texts = zip(columns, *(row[: len(columns)] for row in rows), strict=True)
    least = [
        min(
            wide,
            max(COMFORTABLE_WIDTH, *(cell_len(word) for text in column for word in text.split() or [""])),
        )
        for wide, column in zip(natural, texts, strict=True)
    ]
    if sum(least) > room:
        return None
    widths = [min(wide, max(room, small)) for wide, small in zip(natural, least, strict=True)]
    while sum(widths) > room:
        _, widest = max((wide, at) for at, wide in enumerate(widths) if wide > least[at])
        widths[widest] -= 1
    return widths


def _fold_row(cells: Cells, widths: Sequence[int]) -> list[str]:
    folded = [_fold(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, folded))
    return [
        _join([lines[number] if number < len(lines) else "" for lines in folded], widths)
        for number in range(height)
    ]


def _list_below(columns: Cells, cells: Cells, width: int) -> list[str]:
    """The cells that are not empty, each with its name, as many in a line as fit."""
    lines: list[str] = []
    for column, cell in zip(columns, cells, strict=True):
        if not cell:
            continue
        item = f"{column}: {cell}" if column else cell
        if lines and cell_len(lines[-1]) + cell_len(item) + len(GAP) <= width:
            lines[-1] = f"{lines[-1]}{GAP}{item}"
        else:
            lines += [
                f"{INDENT if number == 0 else INDENT * 2}{line}"
                for number, line in enumerate(_fold(item, width - len(INDENT) * 2))
            ]
    return lines


def _fold(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False) or [""]


def _cut(text: str, room: int) -> str:
    """The words that fit into a line, and an ellipsis if there are more."""
    if cell_len(text) <= room:
        return text
    lines = _fold(text, max(room - 2, 1))
    return f"{lines[0]} …"


def _join(cells: Cells, widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True))
    return GAP.join(padded).rstrip()
