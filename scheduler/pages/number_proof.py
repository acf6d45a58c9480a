"""The proof of a number of an answer: sentence, finding, table cell, tool call, and how it was computed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, ToolSucceeded
from fluxagents.flows.state import Finding, RunState
from fluxagents.scheduler.pages.answer_text import quote_sentence
from fluxagents.scheduler.pages.values import plain_value
from fluxagents.tasks.audits.answer_sources import NumberSource, trace_answer
from fluxagents.tasks.ports.artifacts import ArtifactStore, Manifest

if TYPE_CHECKING:
    import pandas as pd

SAME = 1e-9
"""Relative difference up to which a cell holds the number of the finding."""

MAX_ROWS = 200_000
"""Of a table that is searched."""


@dataclass(frozen=True, slots=True)
class TableCell:
    """Where a number stands in the full data of a result."""

    table: str
    column: str
    row: int
    """From 0."""
    cells: Mapping[str, Any]
    """Of the whole row, by column."""


@dataclass(frozen=True, slots=True)
class NumberProof:
    """All that stands behind one number."""

    index: int
    sentence: str
    source: NumberSource
    finding: Finding | None
    """None for a number that no tool found."""
    step: int | None
    """In which the tool was called; None if the log does not say."""
    duration_ms: int
    manifest: Manifest | None
    """None if the result is not stored here any more."""
    cell: TableCell | None
    """None where the number stands in the summary alone."""

    @property
    def call(self) -> CallTool | None:
        """The call that found it."""
        return CallTool(tool=self.finding.tool, args=self.finding.args) if self.finding else None


def prove_number(
    state: RunState, events: Sequence[Event], artifacts: ArtifactStore, index: int
) -> NumberProof:
    """The proof of a number of an answer.

    Args:
        state: Of the run.
        events: Its log.
        artifacts: Where results are.
        index: Of the number among the sources of the answer.

    Raises:
        FluxError: `UNKNOWN_ID` if the answer has no such number.
    """
    sources = trace_answer(state)
    if not 0 <= index < len(sources):
        raise FluxError(ErrorClass.UNKNOWN_ID, f"the answer has {len(sources)} numbers, and none is {index}")
    source = sources[index]
    finding = next((each for each in state.findings if each.id == source.finding), None)
    made = _find_call(events, finding)
    manifest = _read_manifest(artifacts, finding)
    cell = _find_cell(artifacts, manifest, source) if manifest else None
    return NumberProof(
        index=index,
        sentence=quote_sentence(state, source),
        source=source,
        finding=finding,
        step=made.seq if made else None,
        duration_ms=made.duration_ms if made else 0,
        manifest=manifest,
        cell=cell,
    )


def read_number(key_findings: Mapping[str, Any], key: str) -> float | None:
    """The number under a dotted key of a finding; None if there is none."""
    value: Any = key_findings
    for name in key.split("."):
        if isinstance(value, Mapping) and "values" in value and name not in value:
            value = value["values"]
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _find_call(events: Sequence[Event], finding: Finding | None) -> ToolSucceeded | None:
    if finding is None:
        return None
    calls = (event for event in events if isinstance(event, ToolSucceeded))
    same = [
        event
        for event in calls
        if (event.call.tool, event.call.args, event.artifact)
        == (finding.tool, finding.args, finding.artifact)
    ]
    return same[-1] if same else None


def _read_manifest(artifacts: ArtifactStore, finding: Finding | None) -> Manifest | None:
    if finding is None or finding.artifact is None:
        return None
    try:
        return artifacts.manifest(finding.artifact)
    except FluxError as error:
        if error.kind is not ErrorClass.UNKNOWN_ID:
            raise
        return None


def _find_cell(artifacts: ArtifactStore, manifest: Manifest, source: NumberSource) -> TableCell | None:
    """The cell that holds the number, where its row is about what the key names, if one is."""
    assert source.value is not None
    value, about = float(source.value), source.key.rpartition(".")[2]
    cells = [
        cell
        for name, table in manifest.tables.items()
        if (table.rows or 0) <= MAX_ROWS
        for cell in _list_cells(name, artifacts.table(table.digest), value)
    ]
    named = [cell for cell in cells if about in map(str, cell.cells.values())]
    return next(iter(named or (cells if len(cells) == 1 else ())), None)


def _list_cells(name: str, table: pd.DataFrame, value: float) -> list[TableCell]:
    return [
        TableCell(name, str(column), row, {str(key): plain_value(cell) for key, cell in cells.items()})
        for column in table.select_dtypes("number").columns
        for row, cells in enumerate(table.to_dict("records"))
        if cells[column] is not None and math.isclose(cells[column], value, rel_tol=SAME)
    ]
