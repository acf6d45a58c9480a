"""A key number of many runs as a map: models by what was asked of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fluxagents.scheduler.batches.asked_conditions import GROWTH
from fluxagents.scheduler.batches.batch_tables import SummaryRow

SHADES = 6
"""Grounds of cells, from the lowest number to the highest."""

CellKind = Literal["number", "open", "failed", "none", "missing"]
"""A number; a run that goes on or waits; one that ended without; one that has no such number; no run."""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """What became of one question to one model."""

    kind: CellKind
    run_id: str = ""
    number: float | None = None
    shade: int = 0
    """0 is the lowest."""
    is_outlier: bool = False
    is_partial: bool = False
    """Whether the run has not answered all that was asked."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Rows are models, columns are questions with their conditions."""

    key: str
    keys: Sequence[str]
    """All numbers that can be shown."""
    columns: Sequence[str]
    rows: Mapping[str, Sequence[HeatCell]]


def build_heat_map(
    rows: Sequence[SummaryRow], key: str, outliers: Collection[tuple[str, str]] = ()
) -> HeatMap:
    """The map of a number; of several runs in one cell the last one counts.

    Args:
        rows: A row for each run and condition.
        key: The number; that of growth if it is empty.
        outliers: Run and name of each number that stands out.
    """
    keys = [GROWTH, *sorted({name for row in rows for name in row.numbers} - {GROWTH})]
    key = key or GROWTH
    columns = list(dict.fromkeys(_name_column(row) for row in rows))
    numbers = [number for row in rows if (number := _find_number(row, key)) is not None]
    lowest, highest = min(numbers, default=0.0), max(numbers, default=0.0)
    cells: dict[str, dict[str, HeatCell]] = {}
    for row in rows:
        number = _find_number(row, key)
        cells.setdefault(row.model, {})[_name_column(row)] = HeatCell(
            kind=_find_kind(row, number),
            run_id=row.run_id,
            number=number,
            shade=_find_shade(number, lowest, highest),
            is_outlier=(row.run_id, key) in outliers,
            is_partial=row.answered in {"partly", "no"},
        )
    missing = HeatCell("missing")
    return HeatMap(
        key=key,
        keys=keys,
        columns=columns,
        rows={model: [of.get(column, missing) for column in columns] for model, of in cells.items()},
    )


def _name_column(row: SummaryRow) -> str:
    return f"{row.question} ({row.condition})" if row.condition else row.question


def _find_number(row: SummaryRow, key: str) -> float | None:
    if row.status != "finished":
        # What it has so far need not be what was asked.
        return None
    return row.growth_per_h if key == GROWTH else row.numbers.get(key)


def _find_kind(row: SummaryRow, number: float | None) -> CellKind:
    if number is not None:
        return "number"
    if row.status in {"running", "waiting", "paused"}:
        return "open"
    return "none" if row.status == "finished" else "failed"


def _find_shade(number: float | None, lowest: float, highest: float) -> int:
    if number is None or highest <= lowest:
        return 0
    return min(int(SHADES * (number - lowest) / (highest - lowest)), SHADES - 1)
