"""Who may do what in a browser: nobody without a key, viewers only look, and approvers need no script."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.browser.conftest import CHANGE, Site, ask

from fluxagents.flows.people.roles import Role


def test_a_wrong_key_opens_nothing_and_the_right_one_the_page_that_was_wanted(site: Site) -> None:
    page = site.open().new_page()
    page.goto("/sessions")
    for key in ("flux_wrong", site.api.key("vic", Role.VIEWER)):
        expect(page).to_have_url(re.compile("/enter"))
        page.get_by_label("Key of the API").fill(key)
        page.get_by_role("button", name="Sign in").click()
        if key == "flux_wrong":
            expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()


def test_viewers_are_offered_nothing_that_they_may_not_do_and_approvers_need_no_script(site: Site) -> None:
    asking = site.enter(site.open(), "ana", Role.ADMIN)
    ask(asking, CHANGE)
    asking.get_by_role("link", name=re.compile("Waits for an answer")).wait_for()
    viewing = site.enter(site.open(), "vic", Role.VIEWER)
    expect(viewing.get_by_role("button", name="Ask")).to_have_count(0)
    viewing.goto(asking.url)
    expect(viewing.get_by_role("link", name=re.compile("Waits for an answer"))).to_be_visible()
    for name in ("Pause", "Cancel"):
        expect(asking.get_by_role("button", name=name)).to_be_visible()
        expect(viewing.get_by_role("button", name=name)).to_have_count(0)
    plain = site.browser.new_context(base_url=site.address, java_script_enabled=False)
    approving = site.enter(plain, "bob", Role.APPROVER)
    approving.goto(asking.url)
    approving.get_by_role("link", name=re.compile("Waits for an answer")).click()
    approving.get_by_role("button", name="Approve exactly this").click()
    # Without a script only what was shown when it was decided.
    expect(asking.locator(".answer")).to_contain_text("1.65")
