"""What notebooks show: everything that a run says, escaped, static, and bounded."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests.unit.workers.clients.test_local import END, EVENT, GROWTH, Desk
from tests.unit.workers.clients.test_script_client import ask, start_timed

from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.workers.reports.html.elements import BADGES
from fluxagents.workers.reports.html.run_card import draw_run
from fluxagents.workers.reports.plain_cards import write_run

HOSTILE = '<script>alert("x")</script><img src=x onerror=y> & \u202e\x1b[31m'


TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td"}
STATIC_TAGS = TABLE_TAGS | {"div", "span", "strong", "code", "details", "summary"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read_page(shown: Any) -> Page:
    """The page that a notebook shows; every tag is closed and none runs anything."""
    page = Page(shown._repr_html_())
    assert page.open == []
    assert page.tags <= STATIC_TAGS
    assert page.attributes <= {"style"}
    return page


def test_a_run_shows_question_answer_and_values_with_units(desk: Desk) -> None:
    run = desk.client.start("metabolic_analysis", model="e_coli_core", question="What is the growth rate?")
    page = read_page(run)
    for text in (
        "finished",
        "e_coli_core",
        run.id,
        "What is the growth rate?",
        "growth_per_h",
        "0.8739",
        "1/h",
    ):
        assert text in page.text
    assert run.answer is not None
    assert run.answer in page.text


def test_an_artifact_shows_values_tables_and_the_command_that_computes_it_again(desk: Desk) -> None:
    run = desk.client.start("metabolic_analysis", model="e_coli_core", question="What is the growth rate?")
    page = read_page(run.artifact("run_metabolic_fba"))
    for text in ("run_metabolic_fba", "growth_per_h", "0.8739", "fluxes", "95", "fluxagents tools call"):
        assert text in page.text


def test_a_run_says_whether_it_has_answered_and_what_is_open(desk: Desk) -> None:
    run = desk.client.start("metabolic_analysis", model="e_coli_core", question="What is the growth rate?")
    assert "answered: yes" in read_page(run).text
    open_parts = ("a map of the fluxes: no tool draws one", "<b>the price</b>")
    partly = run.state.model_copy(update={"answered": "partly", "unanswered": open_parts})
    page = Page(draw_run(partly))
    assert "answered: partly" in page.text
    for part in open_parts:
        assert f"open: {part}" in page.text
        assert f"open: {part}" in write_run(partly)
    running = run.state.model_copy(update={"status": "running", "answered": None})
    assert "answered" not in Page(draw_run(running)).text


def test_a_notebook_is_given_html_and_plain_text(desk: Desk) -> None:
    run = desk.client.start("metabolic_analysis", model="e_coli_core", question="What is the growth rate?")
    bundle = run._repr_mimebundle_()
    assert bundle["text/html"] == run._repr_html_()
    assert run.answer is not None
    assert run.answer in bundle["text/plain"]
    assert "answered: yes" in bundle["text/plain"]
    artifact = run.artifact("run_metabolic_fba")._repr_mimebundle_(exclude={"text/html"})
    assert set(artifact) == {"text/plain"}
    assert "growth_per_h: 0.873921" in artifact["text/plain"]
    assert "table fluxes: 95 rows" in artifact["text/plain"]
    session = desk.client.session(run.id)._repr_mimebundle_(include={"text/plain"})
    assert set(session) == {"text/plain"}
    assert f"{run.id}  finished  yes" in session["text/plain"]


def test_text_of_users_is_never_markup(desk: Desk) -> None:
    run = desk.client.start("metabolic_analysis", model="e_coli_core", question=HOSTILE)
    shown = desk.client.session(run.id)
    for page in (read_page(run), read_page(shown)):
        assert '<script>alert("x")</script><img src=x onerror=y> & ' in page.text
        assert "\u202e" not in page.text
        assert "\x1b" not in page.text


def test_a_run_that_waits_or_failed_says_what_to_do(desk: Desk) -> None:
    nodes = {"ask": {"kind": "ask", "question": "How fast?", "fact": "growth", "next": "end"}, "end": END}
    waiting = desk.flow("ask", nodes, facts=GROWTH)
    run = desk.start(waiting)
    request = run.state.waiting_for
    assert request is not None
    page = read_page(run)
    assert "waits for somebody: How fast?" in page.text
    assert request.id in page.text
    grow = {"kind": "tool", "tool": "run_metabolic_fba", "args": {"objective": "PFX"}, "next": "end"}
    failed = desk.start(desk.flow("failing", {"grow": grow, "end": END}))
    page = read_page(failed)
    assert "PFX" in page.text
    assert "→" in page.text


def test_a_batch_shows_a_row_for_each_run_and_starts_none(desk: Desk) -> None:
    batch = desk.client.batch("metabolic_analysis", ask("What is the growth rate?", "Is it mass balanced?"))
    assert "no runs" in read_page(batch).text
    next(batch)
    page = read_page(batch)
    assert "1 finished" in page.text
    assert "0.8739" in page.text
    assert "Is it mass balanced?" not in page.text
    assert "warnings" not in page.text, "a column that is empty everywhere"


def test_a_long_batch_says_how_many_are_left_out(desk: Desk) -> None:
    flow = desk.flow("event", EVENT, facts=GROWTH)
    list(desk.client.batch(flow, [RunSpec(model="e_coli_core", inputs={})] * 33, session="long"))
    page = read_page(desk.client.session("long"))
    assert "33 waiting" in page.text
    assert "3 more runs: .table()" in page.text
    assert list(start_timed(desk, 1))


@pytest.mark.parametrize("colour", sorted(set(BADGES.values())))
def test_letters_of_a_badge_are_readable(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5, "white letters, WCAG 2.1 AA"


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    shares = [int(part, 16) / 255 for part in re.findall("..", colour[1:])]
    red, green, blue = (s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
