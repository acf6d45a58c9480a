"""The report of a session as one HTML file, which needs nothing else to be read."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.reports.html.elements import paragraph, strong, table, text
from fluxagents.workers.reports.html.page import draw_heading, write_page
from fluxagents.workers.reports.session.growth_figure import draw_session
from fluxagents.workers.reports.session.report import (
    MAX_ANSWERS,
    MAX_BARS,
    MAX_NOTES,
    OWN_MEDIUM,
    SessionReport,
    describe_rest,
)


def write_html(report: SessionReport) -> bytes:
    """The file; the same report always gives the same bytes."""
    return write_page(report.title, _draw_body(report))


def _draw_body(report: SessionReport) -> Iterator[str]:
    yield f"<h1>{text(report.title)}</h1>"
    if report.entry.session.description:
        yield paragraph(text(report.entry.session.description))
    yield paragraph(" · ".join(f"{text(name)} {strong(value)}" for name, value in report.facts))
    yield draw_heading("Questions")
    yield table(("question", "condition", "runs", "outcome"), report.questions)
    yield _draw_rest(len(report.clusters), len(report.questions), "questions")
    yield draw_heading("Answers")
    answers = report.answers
    yield table(
        ("model", "condition", "growth (1/h)", "answered", "answer"),
        [
            (row.model, row.condition or OWN_MEDIUM, row.growth_per_h, row.answered, row.answer)
            for row in answers[:MAX_ANSWERS]
        ],
    )
    yield _draw_rest(len(answers), MAX_ANSWERS, "answers")
    if any(row.growth_per_h is not None for row in answers):
        svg = draw_session(report.entry.session.name, report.states, limit=MAX_BARS).encode("svg").decode()
        yield svg[svg.index("<svg") :]
    if report.notes:
        yield draw_heading("Disagreements and outliers")
        yield from (paragraph(text(note)) for note in report.notes[:MAX_NOTES])
        yield _draw_rest(len(report.notes), MAX_NOTES, "of them")
    if report.opinions:
        yield draw_heading("Ratings and credit")
        yield from (paragraph(text(line)) for line in report.opinions)
    yield draw_heading("Costs")
    yield table(("what", "used"), report.costs)


def _draw_rest(total: int, shown: int, what: str) -> str:
    rest = describe_rest(total, shown, what)
    return paragraph(text(rest), quiet=True) if rest else ""
