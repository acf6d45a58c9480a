"""A result of a tool as a notebook shows it."""

from __future__ import annotations

from fluxagents.flows.texts.units import unit_of
from fluxagents.tasks.ports.artifacts import Manifest
from fluxagents.workers.reports.html.elements import card, code, paragraph, strong, table, text
from fluxagents.workers.reports.html.values import format_value

SHORT_DIGEST = 19
"""`sha256:` and twelve hex digits."""


def draw_result(digest: str, manifest: Manifest) -> str:
    """The values of a result, its tables, and where it comes from."""
    provenance = manifest.provenance
    values = [(key, format_value(value), unit_of(key)) for key, value in manifest.result.items()]
    tables = [(name, ref.rows, ", ".join(ref.columns)) for name, ref in manifest.tables.items()]
    body = [table(("what", "value", "unit"), values)]
    if tables:
        body.append(table(("table", "rows", "columns"), tables))
    if provenance.command:
        body.append(paragraph(f"again: {code(provenance.command)}", quiet=True))
    head = (strong(provenance.tool), text(provenance.model_id), code(digest[:SHORT_DIGEST]))
    return card(head, body)
