"""The report of a session as a file, HTML or PDF."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.remark_book import RemarkBook
from fluxagents.prompts.statistics.costs import Prices
from fluxagents.scheduler.sessions.sessions import Sessions
from fluxagents.workers.reports.session.html_report import write_html
from fluxagents.workers.reports.session.report import SessionReport


def write_report(
    sessions: Sessions, remarks: RemarkBook, name: str, kind: str, *, prices: Prices | None, now_ms: int
) -> bytes:
    """A session on one page: questions, answers, growth, disagreements and costs.

    Args:
        sessions: Of whoever wants it.
        remarks: What people say about runs.
        name: The session.
        kind: `html` or `pdf`.
        prices: In whose currency costs are told; None if no prices are known.
        now_ms: When it is written (Unix time in ms).

    Raises:
        FluxError: If there is no such session that whoever wants it may see, or a PDF is asked for without
            the extra `pdf`.
    """
    entry, states = sessions.show(name), sessions.states(name)
    runs = [state.run_id for state in states]
    report = SessionReport(
        entry=entry,
        states=states,
        remarks=dict(zip(runs, remarks.of_many(runs), strict=True)),
        clusters=sessions.clusters(name),
        written=f"{datetime.fromtimestamp(now_ms / 1_000, tz=UTC):%Y-%m-%d %H:%M} UTC",
        currency=prices.currency if prices else "",
    )
    return _write_pdf(report) if kind == "pdf" else write_html(report)


def _write_pdf(report: SessionReport) -> bytes:
    if find_spec("fpdf") is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "a PDF needs fpdf2, which is not installed",
            suggestions=("pip install 'fluxagents[pdf]'", "or ask for HTML"),
        )
    data: bytes = import_module("fluxagents.workers.reports.session.pdf_report").write_pdf(report)
    return data
