"""The page as people use it: ask, prove and decide, by keyboard as well; and two browsers at once."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Route, expect
from tests.browser.conftest import CHANGE, GROWTH, Site, ask

from fluxagents.flows.people.roles import Role


def test_a_number_of_an_answer_leads_to_its_proof_and_is_computed_again(site: Site) -> None:
    page = site.enter(site.open(), "ana", Role.ADMIN)
    ask(page, GROWTH)
    answer = page.locator(".answer")
    expect(answer).to_contain_text("0.874 1/h")
    # All of the page has followed to the end, and not only the answer.
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(page.locator("#about")).to_contain_text("2 tool calls")
    answer.get_by_role("link", name="0.874").first.click()
    chain = page.locator(".chain")
    expect(chain).to_contain_text("0.8739215069684")
    expect(chain).to_contain_text("run_metabolic_fba")
    expect(chain).to_contain_text("EX_glc__D_e 10")
    expect(chain).to_contain_text("1e-07")
    page.get_by_role("button", name="Compute again").click()
    expect(page.locator("#repeat")).to_contain_text("Equal: 0.87392150")


def test_two_people_decide_and_both_see_it(site: Site) -> None:
    ana, bob = site.open(), site.open()
    asking, deciding = site.enter(ana, "ana", Role.ADMIN), site.enter(bob, "bob", Role.APPROVER)
    ask(asking, CHANGE)
    asking.get_by_role("link", name=re.compile("Waits for an answer")).click()
    expect(asking.get_by_role("row", name=re.compile("^growth"))).to_contain_text("0.8739")
    deciding.goto(asking.url)
    deciding.get_by_label(re.compile("^Your question")).fill("How fast does it grow without the change?")
    deciding.get_by_role("button", name="Ask", exact=True).click()
    expect(asking.locator("#thread")).to_contain_text("0.8739")
    # Bob asks for other arguments; Ana's form is of what was asked before.
    deciding.get_by_text("Change what is asked for").click()
    deciding.get_by_label(re.compile("^medium changes")).fill('{"EX_glc__D_e": 12}')
    deciding.get_by_role("button", name="Ask for this instead").click()
    expect(deciding.get_by_role("table", name="Arguments")).to_contain_text("12")
    asking.get_by_role("button", name="Approve exactly this").click()
    expect(asking.get_by_role("alert")).to_contain_text("nothing was decided")
    # By keyboard alone.
    deciding.locator("main").focus()
    deciding.keyboard.press("a")
    expect(deciding.get_by_role("button", name="Approve exactly this")).to_be_focused()
    deciding.keyboard.press("Enter")
    deciding.wait_for_url(re.compile("/runs/"))
    expect(deciding.locator(".answer")).to_contain_text("1.06")
    more = deciding.get_by_role("link", name="Ask more about this model").get_attribute("href") or ""
    deciding.get_by_role("link", name="The changed model").click()
    changed = deciding.get_by_role("heading", level=1).inner_text()
    assert parse_qs(urlsplit(more).query)["model"] == [changed]
    expect(deciding.get_by_role("region", name="Lineage", exact=True)).to_contain_text("by apply_medium")


def test_a_page_follows_what_another_browser_does(site: Site) -> None:
    watching = site.enter(site.open(), "ana", Role.ADMIN)
    acting = site.enter(site.open(), "ana", Role.ADMIN)
    watching.goto("/runs?session=seen")
    expect(watching.locator("#runs")).to_contain_text("No run is like this")
    acting.goto(f"/ask?session=seen&model=textbook&question={GROWTH}")
    acting.get_by_role("button", name="Ask").click()
    expect(watching.locator("#runs .status")).to_have_text("finished")
    acting.get_by_role("button", name="Sign out").click()
    acting.goto("/runs")
    expect(acting).to_have_url(re.compile("/enter"))


def test_a_page_shows_what_happened_before_it_followed(site: Site) -> None:
    page = site.enter(site.open(), "ana", Role.ADMIN)

    def finish_a_run_first(route: Route) -> None:
        site.api.local().ask(GROWTH, model="textbook", session="early")
        route.continue_()

    page.route("**/live", finish_a_run_first, times=1)
    page.goto("/runs?session=early")
    expect(page.locator("#runs .status")).to_have_text("finished", timeout=20_000)


def test_a_broken_file_is_refused_with_its_reason(site: Site, tmp_path: Path) -> None:
    page = site.enter(site.open(), "ana", Role.ADMIN)
    broken = tmp_path / "broken.xml"
    broken.write_text("<sbml><model>")
    page.get_by_text("A model file of yours").click()
    page.get_by_label(re.compile("^Upload a model")).set_input_files(broken)
    expect(page.locator("#upload-status")).to_contain_text("broken.xml was not taken: ")
    expect(page.get_by_label("Model", exact=True)).to_have_value("")
