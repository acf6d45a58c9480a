"""The tables of a batch as data frames: a row per condition, or a row per key finding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fluxagents.flows.state import RunState
from fluxagents.scheduler.batches.batch_tables import FindingRow, SummaryRow, findings_rows
from fluxagents.tasks.fba.solving.lazy_libraries import pd

LAST = ("answer", "run_id")
"""Columns that stand behind the numbers."""

NUMBERS = ("growth_per_h", "reference_growth_per_h")


def wide_table(rows: Sequence[SummaryRow]) -> pd.DataFrame:
    """One row per model, question and condition; one column per key number, named with its unit."""
    plain = [name for name in SummaryRow._fields if name not in {"numbers", "model_warnings", *LAST}]
    keys = list(dict.fromkeys(key for row in rows for key in row.numbers))
    documents = [
        {**row._asdict(), **row.numbers, "model_warnings": "; ".join(row.model_warnings)} for row in rows
    ]
    columns = [*plain, *(key for key in keys if key not in SummaryRow._fields), "model_warnings", *LAST]
    table = pd.DataFrame(documents, columns=columns)
    for name in columns:
        if name in NUMBERS:
            table[name] = table[name].astype("float64")
        elif name in keys:
            table[name] = pd.to_numeric(table[name]).convert_dtypes(convert_integer=True)
    return table


def long_table(states: Iterable[RunState]) -> pd.DataFrame:
    """One row per key finding; numbers in full precision, see `FindingRow`."""
    table = pd.DataFrame(findings_rows(states), columns=FindingRow._fields)
    return table.astype({"number": "float64"})
