"""A run as a notebook shows it."""

from __future__ import annotations

from collections.abc import Iterable

from fluxagents.flows.state import Finding, RunState
from fluxagents.flows.texts.units import unit_of
from fluxagents.workers.reports.html.elements import badge, card, code, fold, paragraph, strong, table, text
from fluxagents.workers.reports.html.values import format_value

MAX_ROWS = 60
"""More values than that stand in the table of the run."""


def draw_run(state: RunState) -> str:
    """Question, answer and findings, or what is missing and what to do."""
    doubt = [badge("unverified")] if state.unverified else []
    answered = [badge(f"answered: {state.answered}")] if state.answered else []
    head = [strong(state.model_name), text(f"{state.flow.name} ·"), code(state.run_id)]
    return card([badge(state.status), *doubt, *answered, *head], _body(state))


def _body(state: RunState) -> Iterable[str]:
    question = state.inputs.get("question")
    if question:
        yield paragraph(text(str(question)), quiet=True)
    if state.unverified:
        yield paragraph(f"{strong('unverified:')} {text(state.unverified)}")
    if state.answer:
        yield paragraph(text(state.answer))
    yield from (paragraph(f"{strong('open:')} {text(part)}") for part in state.unanswered)
    if state.waiting_for is not None:
        request = state.waiting_for
        yield paragraph(f"{strong('waits for somebody:')} {text(request.question)}")
        if request.effect is not None:
            yield fold("what it would do", [paragraph(text(line)) for line in request.effect.lines])
        yield from (paragraph(text(str(remark)), quiet=True) for remark in request.thread)
        yield paragraph(f"client.show_request, approve, reject or reply: {code(request.id)}", quiet=True)
    if state.error is not None:
        yield paragraph(f"{strong('error:')} {text(state.error.message)}")
        yield from (paragraph(f"→ {text(hint)}", quiet=True) for hint in state.error.suggestions)
    if state.untraced:
        numbers = ", ".join(state.untraced)
        yield paragraph(f"{strong('not in any result:')} {text(numbers)}")
    if state.findings:
        yield _draw_findings(state.findings)


def _draw_findings(findings: tuple[Finding, ...]) -> str:
    rows = [
        (finding.id, finding.tool, key, format_value(value), unit_of(key))
        for finding in findings
        for key, value in finding.key_findings.items()
    ]
    parts = [table(("finding", "tool", "what", "value", "unit"), rows[:MAX_ROWS])]
    if len(rows) > MAX_ROWS:
        parts.append(paragraph(f"{len(rows) - MAX_ROWS} more values: .table()", quiet=True))
    return fold(f"{len(rows)} values of {len(findings)} results", parts)
