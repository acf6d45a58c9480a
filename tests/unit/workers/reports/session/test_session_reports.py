"""The report of a session, as HTML and as one page of PDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.support.story import whole

from fluxagents.flows.people.remarks import Comment, Rating, Remark, Watch
from fluxagents.flows.ports.session import SessionBudget, SessionEntry, SessionRecord, SessionUsage
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import RunState
from fluxagents.flows.statistics.run_clusters import Observation, cluster_runs
from fluxagents.workers.reports.session.html_report import write_html
from fluxagents.workers.reports.session.pdf_report import write_pdf
from fluxagents.workers.reports.session.report import SessionReport

LONG = "An answer of many words, each of which may stand in the report. " * 8


def build_states(count: int, answer: str) -> list[RunState]:
    """Finished runs that grow, each with a question of its own."""
    return [
        fold(whole(f"r{number}", inputs={"question": f"Question {number} on <b>growth</b>?"})).model_copy(
            update={"answer": answer, "facts": {"growth_per_h": 0.1 * (number + 1)}, "model_name": "m"}
        )
        for number in range(count)
    ]


def build_report(states: Sequence[RunState], **session: str) -> SessionReport:
    observations = [
        Observation(
            run_id=f"r{number}",
            flow="f",
            question="How fast does it grow?",
            condition="",
            model="m",
            model_digest="sha256:m",
            outcome="finished, answered: yes",
            numbers={"growth_per_h": 5.0 if number == 7 else 1.0},
        )
        for number in range(8)
    ]
    record = SessionRecord(name="survey", owner="ada", budget=SessionBudget(tokens=10_000), **session)
    usage = SessionUsage(runs=8, tokens=2_500, cost_micros=1_250_000, work_ms=90_000)
    return SessionReport(
        entry=SessionEntry(record, len(states), usage, 1_767_225_600_000),
        states=states,
        clusters=cluster_runs(observations),
        written="2026-01-01 00:00 UTC",
        currency="EUR",
    )


def count_pages(data: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", data))


def test_a_page_of_html_has_questions_answers_a_plot_and_costs() -> None:
    page = write_html(build_report(build_states(3, "It grows at 0.87 1/h."))).decode()
    for words in (
        "<h1>Session survey</h1>",
        "How fast does it grow?",
        "8 finished, answered: yes",
        "It grows at 0.87 1/h.",
        "growth_per_h = 5 stands out (median 1",
        "2,500 of 10,000",
        "1.25 EUR",
        "<svg",
    ):
        assert words in page
    assert "runs disagree on growth_per_h: 1, 5" in page


def test_a_report_shows_ratings_how_far_they_agree_and_who_gave_them() -> None:
    ann = Remark(number=1, at_ms=1, by="ann", body=Rating(stars=4))
    bob = Remark(number=2, at_ms=1, by="bob", body=Rating(stars=5))
    comment = Remark(number=3, at_ms=1, by="bob", body=Comment(text="good"))
    watch = Remark(number=4, at_ms=1, by="eve", body=Watch())
    report = build_report(build_states(3, "It grows."))
    assert not report.opinions
    said = {"r0": (ann, bob, comment, watch), "r1": (ann,)}
    page = write_html(replace(report, remarks=said)).decode()
    assert "rated 4.33 of 5 on average, by 3 ratings" in page
    assert "agreement: unknown (n = 2 ratings of 1 subject by 2 persons)" in page
    assert "credit: ann (2 ratings), bob (1 comment, 1 rating)" in page
    assert "eve" not in page


def test_html_shows_text_of_users_as_text() -> None:
    page = write_html(build_report(build_states(1, "<script>x</script>"), label="<i>Label</i>")).decode()
    assert "<script>" not in page
    assert "<i>" not in page
    assert "&lt;script&gt;" in page


def test_a_report_counts_what_is_not_on_the_page() -> None:
    page = write_html(build_report(build_states(20, "It grows."))).decode()
    assert "6 more answers" in page
    assert "the first 16 of 20 runs" in page


@pytest.mark.parametrize(("count", "answer"), [(0, ""), (2, "It grows."), (40, LONG)])
def test_a_pdf_is_one_page_whatever_it_holds(count: int, answer: str) -> None:
    report = build_report(build_states(count, answer), label="Ümläute, ξένος, 中", description=LONG)
    data = write_pdf(report)
    assert data.startswith(b"%PDF-")
    assert count_pages(data) == 1
    assert write_pdf(report) == data
