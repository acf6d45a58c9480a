"""Many runs as a notebook shows them."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.state import RunState
from fluxagents.scheduler.batches.batch_tables import summary_rows
from fluxagents.scheduler.batches.batches import Tally
from fluxagents.workers.reports.html.elements import card, paragraph, strong, table, text

MAX_ROWS = 30


def draw_group(title: str, states: Sequence[RunState]) -> str:
    """One row per run; columns that are empty in every row are left out."""
    rows = [row._asdict() for row in summary_rows(states[:MAX_ROWS])]
    columns = [
        name for name in (rows[0] if rows else ()) if any(row[name] not in {None, "", ()} for row in rows)
    ]
    tally = Tally.of(states, total=len(states))
    body = [
        table([_head(name) for name in columns], [[_plain(row[name]) for name in columns] for row in rows])
    ]
    if not rows:
        body = [paragraph("no runs")]
    if len(states) > MAX_ROWS:
        body.append(paragraph(f"{len(states) - MAX_ROWS} more runs: .table()", quiet=True))
    return card((strong(title), text(str(tally))), body)


def _head(name: str) -> str:
    return {"run_id": "run", "growth_per_h": "growth (1/h)"}.get(name, name.replace("_", " "))


def _plain(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, tuple) else value
