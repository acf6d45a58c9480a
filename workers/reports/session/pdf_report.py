"""The report of a session as one page of PDF, laid out by fpdf2 without a browser."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace, TTFFont

from fluxagents.flows.texts.display import visible
from fluxagents.workers.reports.session.growth_figure import draw_session
from fluxagents.workers.reports.session.report import (
    MAX_ANSWERS,
    MAX_BARS,
    MAX_NOTES,
    OWN_MEDIUM,
    SessionReport,
    describe_rest,
)

FONT = "DejaVu Sans"
"""Comes with matplotlib, and has the letters of most languages."""

MARGIN_MM = 14.0
LINE_MM = 4.1
FIGURE_MM = 75.0
"""Height of the plot."""

MAX_DESCRIPTION = 300
MAX_CELL = 110
"""Characters of a cell: two lines of the widest column."""

ANSWER_WIDTHS = (24, 40, 20, 18, 80)
QUESTION_WIDTHS = (76, 50, 12, 44)


def write_pdf(report: SessionReport) -> bytes:
    """The file: one page of A4. The same report always gives the same bytes."""
    figure = _draw_figure(report)
    for answers in range(MAX_ANSWERS, 0, -1):
        with _open_page(report) as pdf:
            _lay_out(pdf, report, figure, answers)
            if answers == 1 or pdf.get_y() <= pdf.h - MARGIN_MM:
                return bytes(pdf.output())
    raise AssertionError("the last page is taken as it is")


def _draw_figure(report: SessionReport) -> bytes | None:
    if all(row.growth_per_h is None for row in report.answers):
        return None
    return draw_session(report.entry.session.name, report.states, limit=MAX_BARS).encode("png")


def _lay_out(pdf: FPDF, report: SessionReport, figure: bytes | None, max_answers: int) -> None:
    """Write a page with so many answers, which may be too many for it."""
    pdf.set_font(FONT, "B", 15)
    pdf.multi_cell(0, 7, _clip(visible(report.title)), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(FONT, "", 8)
    if report.entry.session.description:
        _write(pdf, report.entry.session.description[:MAX_DESCRIPTION])
    _write(pdf, " · ".join(f"{name} {value}" for name, value in report.facts))
    _write_heading(pdf, "Questions")
    _write_table(pdf, ("question", "condition", "runs", "outcome"), report.questions, QUESTION_WIDTHS)
    _write_rest(pdf, len(report.clusters), len(report.questions), "questions")
    answers = report.answers
    _write_heading(pdf, "Answers")
    _write_table(
        pdf,
        ("model", "condition", "growth (1/h)", "answered", "answer"),
        [
            (row.model, row.condition or OWN_MEDIUM, _format(row.growth_per_h), row.answered, row.answer)
            for row in answers[:max_answers]
        ],
        ANSWER_WIDTHS,
    )
    _write_rest(pdf, len(answers), max_answers, "answers")
    if figure is not None:
        pdf.ln(2)
        pdf.image(io.BytesIO(figure), w=pdf.epw, h=FIGURE_MM, keep_aspect_ratio=True)
    if report.notes:
        _write_heading(pdf, "Disagreements and outliers")
        for note in report.notes[:MAX_NOTES]:
            _write(pdf, note)
        _write_rest(pdf, len(report.notes), MAX_NOTES, "of them")
    if report.opinions:
        _write_heading(pdf, "Ratings and credit")
        for line in report.opinions:
            _write(pdf, line)
    _write_heading(pdf, "Costs")
    _write(pdf, " · ".join(f"{what} {used}" for what, used in report.costs))


@contextmanager
def _open_page(report: SessionReport) -> Iterator[FPDF]:
    """An empty page; its fonts are files that must be closed."""
    pdf = FPDF(format="A4")
    folder = files("matplotlib") / "mpl-data" / "fonts" / "ttf"
    pdf.add_font(FONT, "", str(folder / "DejaVuSans.ttf"))
    pdf.add_font(FONT, "B", str(folder / "DejaVuSans-Bold.ttf"))
    pdf.set_margin(MARGIN_MM)
    pdf.set_auto_page_break(auto=False)
    pdf.set_title(report.title)
    pdf.set_lang("en")
    pdf.set_creation_date(datetime.fromtimestamp(report.entry.active_ms / 1_000, tz=UTC))
    pdf.add_page()
    pdf.set_draw_color(190)
    pdf.set_line_width(0.1)
    try:
        yield pdf
    finally:
        for font in pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()


def _write(pdf: FPDF, words: str) -> None:
    pdf.multi_cell(0, LINE_MM, visible(words), new_x="LMARGIN", new_y="NEXT", align="L")


def _write_heading(pdf: FPDF, words: str) -> None:
    pdf.ln(2)
    pdf.set_font(FONT, "B", 9.5)
    _write(pdf, words)
    pdf.set_font(FONT, "", 8)


def _write_rest(pdf: FPDF, total: int, shown: int, what: str) -> None:
    rest = describe_rest(total, shown, what)
    if rest:
        _write(pdf, rest)


def _write_table(
    pdf: FPDF, heads: Sequence[str], rows: Sequence[Sequence[object]], widths: tuple[int, ...]
) -> None:
    with pdf.table(
        col_widths=widths,
        line_height=LINE_MM,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD"),
        text_align="LEFT",
        padding=(0.4, 1, 0.4, 0),
    ) as table:
        for cells in (heads, *rows):
            row = table.row()
            for cell in cells:
                row.cell(_clip(visible(str(cell))))


def _clip(words: str) -> str:
    return words if len(words) <= MAX_CELL else f"{words[:MAX_CELL].rstrip()} …"


def _format(growth: float | None) -> str:
    return "" if growth is None else f"{growth:.4g}"
