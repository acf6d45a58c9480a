"""Tables of scripts as pandas DataFrames."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from fluxagents.flows.state import RunState
from fluxagents.scheduler.batches.batch_tables import (
    FindingRow,
    SummaryRow,
    complete,
    findings_rows,
    summary_rows,
)
from fluxagents.scheduler.runs.run import RunReader

if TYPE_CHECKING:
    import pandas as pd


def frame_runs(states: Iterable[RunState]) -> pd.DataFrame:
    """One row per run and condition that it was asked for: status, growth (1/h), other numbers, answer."""
    rows = [row._asdict() for row in summary_rows(states)]
    numbers = list(dict.fromkeys(name for row in rows for name in row["numbers"]))
    columns = [name for name in SummaryRow._fields if name != "numbers"]
    cells = [(*(row[name] for name in columns), *map(row["numbers"].get, numbers)) for row in rows]
    return _frame((*columns, *numbers), cells)


def frame_findings(store: RunReader, states: Iterable[RunState]) -> pd.DataFrame:
    """One row per value that a tool found in these runs, numbers in full precision with their unit."""
    return _frame(FindingRow._fields, findings_rows(complete(store, states)))


def _frame(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    # A script that only starts runs does not wait for pandas.
    frame: pd.DataFrame = import_module("pandas").DataFrame(list(rows), columns=list(columns))
    return frame
