"""A part of a stored table as a page shows it: sorted, filtered, and some rows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.pages.values import plain_value

if TYPE_CHECKING:
    import pandas as pd

ROWS = 50
"""Of a page."""


@dataclass(frozen=True, slots=True)
class TableChoice:
    """Which part of a table, as its address says."""

    sort: str = ""
    """A column, with `-` before it for the largest first; empty for the order of the table."""
    search: str = ""
    """Text that a cell of the row has."""
    offset: int = 0

    def address(self, **changes: Any) -> str:
        """The query of another part."""
        asked = {"sort": self.sort, "search": self.search, "offset": self.offset, **changes}
        return urlencode({name: value for name, value in asked.items() if value})


@dataclass(frozen=True, slots=True)
class TableView:
    """Some rows of a table."""

    columns: Sequence[str]
    numbers: frozenset[str]
    """Columns that hold numbers."""
    rows: Sequence[Mapping[str, Any]]
    found: int
    """Rows that the search leaves."""
    total: int
    choice: TableChoice

    @property
    def last(self) -> int:
        return self.choice.offset + len(self.rows)


def view_table(table: pd.DataFrame, choice: TableChoice) -> TableView:
    """The part of a table that is chosen.

    Raises:
        FluxError: `UNKNOWN_ID` if it has no column of that name.
    """
    column = choice.sort.removeprefix("-")
    if column and column not in table.columns:
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"the table has no column {quote(column)}",
            suggestions=nearest(column, map(str, table.columns)),
        )
    found = table
    if choice.search:
        hits = [
            table[name].astype(str).str.contains(choice.search, case=False, regex=False)
            for name in table.columns
        ]
        found = table[sum(hits[1:], start=hits[0])] if hits else table
    if column:
        found = found.sort_values(column, ascending=not choice.sort.startswith("-"), kind="stable")
    shown = found.iloc[choice.offset : choice.offset + ROWS]
    return TableView(
        columns=[str(name) for name in table.columns],
        numbers=frozenset(str(name) for name in table.select_dtypes("number").columns),
        rows=[
            {str(name): plain_value(each) for name, each in row.items()} for row in shown.to_dict("records")
        ],
        found=len(found),
        total=len(table),
        choice=choice,
    )
