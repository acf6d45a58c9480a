"""Part of an artifact: some rows and columns of a stored table, filtered, sorted and paged."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pydantic import Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.events import ToolSucceeded
from fluxagents.tasks.display import cut_text, round_for_display
from fluxagents.tasks.fba.artifacts.table_filter import filter_table
from fluxagents.tasks.ports.artifacts import PARQUET, ArtifactRef, Manifest
from fluxagents.tasks.ports.results import Args as ToolArgs
from fluxagents.tasks.ports.results import Result as ToolResult
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import Tool

_WIDE, _NARROW = 12, 8
"""A table with more columns than the first shows as few as the second where space is short."""

_CELL_BYTES = 60

_STEP = re.compile(r"(?P<run>[\w.\-]+)/(?P<step>\d+)")


class Args(ToolArgs):
    """Which part of which table."""

    artifact: str = Field(
        max_length=300,
        description="Digest of a result or table, a beginning of it, or run and step that made it: RUN/4.",
    )
    table: str | None = Field(default=None, description="Which table, if the result has several.")
    columns: tuple[str, ...] | None = Field(default=None, min_length=1, description="All if absent.")
    filter: str | None = Field(
        default=None,
        max_length=500,
        description="Rows wanted: growth_per_h < 0.1 and name in ['PFK', 'PGI']; == None for missing.",
    )
    sort_by: str | None = Field(default=None, description="Column; the stored order if absent.")
    descending: bool = False
    offset: int = Field(default=0, ge=0, description="Count of rows to skip.")
    limit: int = Field(default=20, ge=1, le=1_000, description="Count of rows wanted.")


class Result(ToolResult):
    """The rows asked for; counts are of the whole table."""

    artifact: str
    tool: str
    table: str
    rows_by_table: dict[str, int] = Field(description="Count of rows of each table of the result.")
    columns: tuple[str, ...]
    rows_in_table: int = Field(description="Count.")
    rows_matching: int = Field(description="Count of rows that the filter leaves.")
    offset: int = Field(description="Count of rows skipped.")
    rows: tuple[tuple[JsonValue, ...], ...]

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"rows": pd.DataFrame(self.rows, columns=list(self.columns))}

    def display(self, limit: int) -> dict[str, JsonValue]:
        rows = self.rows[:limit]
        columns = self.columns if len(self.columns) <= _WIDE else self.columns[: max(limit, _NARROW)]
        after = self.offset + len(rows)
        return {
            "artifact": self.artifact,
            "tool": cut_text(self.tool),
            "table": cut_text(self.table),
            "rows_in_table": self.rows_in_table,
            "rows_matching": self.rows_matching,
            "rows_shown": len(rows),
            "next_offset": after if after < self.rows_matching else None,
            "columns_in_table": len(self.columns),
            "columns": [cut_text(column, _CELL_BYTES) for column in columns],
            "rows": [[_cell(value) for value in row[: len(columns)]] for row in rows],
        }


@dataclass(frozen=True, slots=True)
class _StoredTable:
    digest: str
    tool: str
    name: str
    sizes: dict[str, int]
    table: pd.DataFrame


def gather(sources: Sources, args: Args) -> _StoredTable:
    """The stored table.

    Raises:
        FluxError: `UNKNOWN_ID` for an artifact, step or table that is not there, `BAD_ARGUMENT` if several
            tables could be meant or there is none, `SCHEMA` for a damaged one.
    """
    store = sources.artifacts
    step = _STEP.fullmatch(args.artifact)
    digest = _of_step(sources, step["run"], int(step["step"])) if step else store.find(args.artifact)
    if store.get(digest).startswith(b"PAR1"):
        table = store.table(digest)
        return _StoredTable(digest, "", "", {"": len(table)}, table)
    manifest = store.manifest(digest)
    name, ref = _choose_table(manifest, args.table)
    sizes = {table_name: other.rows or 0 for table_name, other in manifest.tables.items()}
    return _StoredTable(digest, manifest.provenance.tool, name, sizes, store.table(ref.digest))


def run(model: object, args: Args, stored: _StoredTable) -> Result:
    """The rows and columns asked for.

    Raises:
        FluxError: `UNKNOWN_ID` for a column, with the nearest; `BAD_ARGUMENT` for a filter that does not fit.
    """
    del model
    table = stored.table
    columns = [_require_column(table, column) for column in args.columns or map(str, table.columns)]
    if args.filter is not None:
        table = filter_table(table, args.filter)
    if args.sort_by is not None:
        table = table.sort_values(
            _require_column(table, args.sort_by), ascending=not args.descending, kind="stable"
        )
    page = table[columns].iloc[args.offset : args.offset + args.limit]
    return Result(
        artifact=stored.digest,
        tool=stored.tool,
        table=stored.name,
        rows_by_table=stored.sizes,
        columns=tuple(columns),
        rows_in_table=len(stored.table),
        rows_matching=len(table),
        offset=args.offset,
        rows=tuple(tuple(map(_plain, row)) for row in page.astype(object).itertuples(index=False, name=None)),
    )


def _of_step(sources: Sources, run_id: str, step: int) -> str:
    made = [event for event in sources.runs().events(run_id) if isinstance(event, ToolSucceeded)]
    digest = next((event.artifact for event in made if event.seq == step and event.artifact), None)
    if digest is None:
        steps = ", ".join(f"{run_id}/{event.seq} ({event.call.tool})" for event in made) or "none"
        message = f"step {step} of run '{run_id}' made no artifact"
        raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=(f"steps with an artifact: {steps}",))
    return digest


def _choose_table(manifest: Manifest, name: str | None) -> tuple[str, ArtifactRef]:
    tables = {table_name: ref for table_name, ref in manifest.tables.items() if ref.media_type == PARQUET}
    listing = (
        "; ".join(f"{table_name}: {', '.join(ref.columns[:20])}" for table_name, ref in tables.items())
        or "none"
    )
    if name is None and len(tables) == 1:
        return next(iter(tables.items()))
    if name is None:
        message = f"this result of '{manifest.provenance.tool}' has {len(tables)} tables: name one"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(f"tables and columns: {listing}",))
    if name not in tables:
        message = f"this result of '{manifest.provenance.tool}' has no table '{name}'"
        raise FluxError(
            ErrorClass.UNKNOWN_ID, message, suggestions=(*nearest(name, tables), f"tables: {listing}")
        )
    return name, tables[name]


def _require_column(table: pd.DataFrame, column: str) -> str:
    names = [str(name) for name in table.columns]
    if column not in names:
        hints = (*nearest(column, names), f"columns: {', '.join(names[:40])}")
        raise FluxError(ErrorClass.UNKNOWN_ID, f"the table has no column '{column}'", suggestions=hints)
    return column


def _plain(value: Any) -> JsonValue:
    """A cell as a JSON value; None for NaN and infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _cell(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return cut_text(value, _CELL_BYTES)
    return round_for_display(value) if isinstance(value, float) else value


TOOL = Tool(
    name="fetch_artifact",
    purpose="Rows and columns of the full table behind a result: filtered, sorted, paged.",
    answers=("growth", "flux", "exchange fluxes", "flux range", "blocked reactions", "essentiality"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    needs_model=False,
    reference="Apache Parquet 2.6, 2020",
    example={
        "artifact": "01ARZ3NDEKTSV4RRFFQ69G5FAV/2",
        "columns": ["reaction", "flux_mmol_per_gdw_h"],
        "filter": "abs(flux_mmol_per_gdw_h) > 10",
        "sort_by": "flux_mmol_per_gdw_h",
    },
)
