"""A notebook as its author and a reader meet it."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.browser.conftest import GROWTH, Site

from fluxagents.flows.people.roles import Role


def test_a_notebook_is_written_ordered_and_read_under_a_link(site: Site) -> None:
    site.api.local().ask(GROWTH, model="textbook", session="story")
    page = site.enter(site.open(width=375), "ana", Role.ADMIN)
    page.goto("/sessions/story")
    page.get_by_role("link", name="Notebook").click()
    page.get_by_role("button", name="Add answer").click()
    expect(page.get_by_role("region", name="Block 1")).to_contain_text("0.874")
    page.get_by_label("Text").fill("What it does on glucose.")
    page.get_by_role("button", name="Add text").click()
    page.get_by_role("button", name="Move block 2 up").click()
    expect(page.get_by_role("region", name="Block 1")).to_have_text(re.compile("What it does on glucose."))
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("status").locator("code").inner_text()
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    reader = site.open().new_page()
    reader.goto(link)
    expect(reader.locator("body")).to_contain_text(re.compile("What it does on glucose.*0.874", re.DOTALL))
    page.get_by_role("button", name=re.compile("^Revoke link")).click()
    reader.reload()
    expect(reader.locator("body")).to_contain_text("leads nowhere")
