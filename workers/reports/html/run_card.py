"""A run as a notebook shows it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pydantic import JsonValue

from fluxagents.flows.state import Finding, RunState
from fluxagents.scheduler.batches.batch_tables import unit_of
from fluxagents.workers.reports.html.elements import badge, card, code, paragraph, strong, table, text

MAX_ROWS = 20
"""More values than that stand in the table of the run."""
MAX_TEXT = 160
"""Characters of a value."""


def draw_run(state: RunState) -> str:
    """Question, answer and findings, or what is missing and what to do."""
    head = (badge(state.status), strong(state.model_name), text(f"{state.flow.name} ·"), code(state.run_id))
    return card(head, _body(state))


def _body(state: RunState) -> Iterable[str]:
    question = state.inputs.get("question")
    if question:
        yield paragraph(text(str(question)), quiet=True)
    if state.answer:
        yield paragraph(text(state.answer))
    if state.waiting_for is not None:
        request = state.waiting_for
        yield paragraph(f"{strong('waits for somebody:')} {text(request.question)}")
        yield paragraph(f"client.approve, reject or reply: {code(request.id)}", quiet=True)
    if state.error is not None:
        yield paragraph(f"{strong('error:')} {text(state.error.message)}")
        yield from (paragraph(f"→ {text(hint)}", quiet=True) for hint in state.error.suggestions)
    if state.untraced:
        numbers = ", ".join(state.untraced)
        yield paragraph(f"{strong('not in any result:')} {text(numbers)}")
    if state.findings:
        yield from _draw_findings(state.findings)


def _draw_findings(findings: tuple[Finding, ...]) -> Iterable[str]:
    rows = [
        (finding.id, finding.tool, key, *format_value(value), unit_of(key))
        for finding in findings
        for key, value in finding.key_findings.items()
    ]
    yield table(("finding", "tool", "what", "value", "unit"), rows[:MAX_ROWS])
    more = f"{len(rows) - MAX_ROWS} more values: run.table(); " if len(rows) > MAX_ROWS else ""
    yield paragraph(f"{more}full data: run.artifacts()", quiet=True)


def format_value(value: JsonValue) -> tuple[float | str]:
    """A number as it is; anything else as text of a bounded length."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (value,)
    plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return (plain if len(plain) <= MAX_TEXT else f"{plain[:MAX_TEXT]}…",)
