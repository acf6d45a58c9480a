"""Many runs as a notebook shows them."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.state import RunState
from fluxagents.scheduler.batches.batch_tables import summary_rows
from fluxagents.scheduler.batches.batches import Tally
from fluxagents.workers.reports.html.elements import card, paragraph, strong, table, text

MAX_ROWS = 30
LEFT_OUT = frozenset({"medium", "numbers"})
"""The condition names the medium; `.table()` has the other numbers."""
SAME_ABOVE = ("model", "question", "condition")
"""Columns that stand above the table where all runs have the same."""


def draw_group(title: str, states: Sequence[RunState]) -> str:
    """One row per run; what is the same in every row stands above the table, what is empty nowhere."""
    rows = [row._asdict() for row in summary_rows(states[:MAX_ROWS])]
    names = [name for name in (rows[0] if rows else ()) if name not in LEFT_OUT]
    columns = {name: [_plain(row[name]) for row in rows] for name in names}
    columns = {name: cells for name, cells in columns.items() if set(cells) - {None, ""}}
    same = {name for name in SAME_ABOVE if len(rows) > 1 and len(set(columns.get(name, ()))) == 1}
    body = [paragraph(text(f"{_head(name)}: {columns[name][0]}")) for name in SAME_ABOVE if name in same]
    shown = {_head(name): cells for name, cells in columns.items() if name not in same}
    body.append(table(list(shown), zip(*shown.values(), strict=True)) if rows else paragraph("no runs"))
    if len(states) > MAX_ROWS:
        body.append(paragraph(f"{len(states) - MAX_ROWS} more runs: .table()", quiet=True))
    return card((strong(title), text(str(Tally.of(states, total=len(states))))), body)


def _head(name: str) -> str:
    return {"run_id": "run", "growth_per_h": "growth (1/h)"}.get(name, name.replace("_", " "))


def _plain(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, tuple) else value
