"""Runs side by side in a browser: a fork beside its origin, and a session as a map of its runs."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.browser.conftest import ANAEROBIC, GROWTH, Site, ask

from fluxagents.flows.people.roles import Role


def test_a_fork_differs_and_is_compared(site: Site) -> None:
    page = site.enter(site.open(), "ana", Role.ADMIN)
    ask(page, GROWTH)
    page.get_by_role("link", name="Fork it").click()
    page.get_by_label("The last step that both share").select_option("0")
    page.get_by_label("question").fill(ANAEROBIC)
    page.get_by_role("button", name="Fork").click()
    expect(page.locator(".answer")).to_contain_text("0.212")
    page.get_by_role("link", name="Compare with the run that it was forked from").click()
    answers = page.locator("section", has=page.get_by_role("heading", name=re.compile("^[AB]: ")))
    expect(answers).to_contain_text(["0.874", "0.212"])
    expect(page.get_by_role("region", name="Differences of start")).to_contain_text("without oxygen")


def test_a_session_is_a_heat_map_that_leads_to_its_runs(site: Site) -> None:
    local = site.api.local()
    for question in (GROWTH, ANAEROBIC):
        local.ask(question, model="textbook", session="survey")
    local.start("metabolic_analysis", model="e_coli_core", question=GROWTH, session="survey", stepwise=True)
    page = site.enter(site.open(), "ana", Role.ADMIN)
    page.goto("/sessions/survey")
    heat = page.get_by_role("region", name="Heat map")
    expect(heat.get_by_role("row", name="textbook")).to_contain_text("0.8739")
    expect(heat.get_by_role("row", name="e_coli_core")).to_contain_text("goes on")
    heat.get_by_role("link", name="0.2117").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ANAEROBIC)
