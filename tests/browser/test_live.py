"""Live without drift: what is open shows who acts wherever; what was missed is said and caught up with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.browser.conftest import CHANGE, GROWTH, Site, ask
from tests.chaos.proxy import Proxy
from tests.support.command_calls import invoke
from tests.support.http_server import serve

from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.http.app import build_app
from fluxagents.workers.cli import cli

LOST = "The connection is lost"


def notice(page: Page) -> Locator:
    return page.get_by_text(LOST)


def ask_and_wait(page: Page) -> str:
    """The path of a run that waits for an approval."""
    ask(page, CHANGE)
    page.get_by_role("link", name=re.compile("Waits for an answer")).wait_for()
    return urlsplit(page.url).path


def finish_a_run(site: Site, session: str) -> None:
    site.api.local().ask(GROWTH, model="textbook", session=session)


@pytest.mark.usefixtures("command_line")
def test_two_browsers_and_the_command_line_act_on_one_run(site: Site) -> None:
    ana = site.enter(site.open(), "ana", Role.ADMIN)
    bob = site.enter(site.open(), "bob", Role.APPROVER)
    path = ask_and_wait(ana)
    run = path.rpartition("/")[2]
    bob.goto(path)
    invoke(cli, "runs", "comment", run, "18.5 is what we measured")
    for page in (ana, bob):
        expect(page.locator("#said")).to_contain_text("18.5 is what we measured")
    bob.get_by_label(re.compile("^Comment;")).fill("Not on this medium.")
    bob.get_by_role("button", name="Comment").click()
    expect(ana.locator("#said")).to_contain_text("Not on this medium.")
    assert "Not on this medium." in invoke(cli, "runs", "remarks", run).output
    invoke(cli, "runs", "cancel", run)
    for page in (ana, bob):
        expect(page.locator("#head .status").first).to_have_text("cancelled")
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    # What is said about a run that has ended is shown as well.
    ana.get_by_label(re.compile("^Comment;")).fill("Agreed.")
    ana.get_by_role("button", name="Comment").click()
    expect(bob.locator("#said")).to_contain_text("Agreed.")


def test_a_stale_form_is_refused_with_what_changed_and_nothing_typed_is_lost(site: Site) -> None:
    ana = site.enter(site.open(), "ana", Role.ADMIN)
    bob = site.enter(site.open(), "bob", Role.APPROVER)
    ask_and_wait(ana)
    ana.get_by_role("link", name=re.compile("Waits for an answer")).click()
    bob.goto(ana.url)
    ana.get_by_label(re.compile("^Reason")).fill("as in the chemostat")
    ana.get_by_text("Change what is asked for").click()
    ana.get_by_label(re.compile("^medium changes")).fill('{"EX_glc__D_e": 15}')
    bob.get_by_text("Change what is asked for").click()
    bob.get_by_label(re.compile("^medium changes")).fill('{"EX_glc__D_e": 12}')
    bob.get_by_role("button", name="Ask for this instead").click()
    # Told at once, though nothing under Ana's hands moves before she wants it.
    told = re.compile("bob asked for other arguments.*medium_changes.EX_glc__D_e is 12.*not 18.5", re.DOTALL)
    expect(ana.locator("#fresh")).to_contain_text(told)
    expect(ana.get_by_role("table", name="Arguments")).to_contain_text("18.5")
    ana.get_by_role("button", name="Approve exactly this").click()
    expect(ana.get_by_role("alert")).to_contain_text(re.compile("nothing was decided.*not 18.5", re.DOTALL))
    expect(ana.get_by_label(re.compile("^Reason"))).to_have_value("as in the chemostat")
    # A second change of Bob's is looked at without a new page, and what Ana has typed stays.
    ana.get_by_label(re.compile("^Reason")).fill("as measured")
    bob.get_by_text("Change what is asked for").click()
    bob.get_by_label(re.compile("^medium changes")).fill('{"EX_glc__D_e": 11}')
    bob.get_by_role("button", name="Ask for this instead").click()
    expect(bob.get_by_role("table", name="Arguments")).to_contain_text("11")
    ana.get_by_role("button", name="Show what is asked now").click()
    expect(ana.get_by_role("table", name="Arguments")).to_contain_text("11")
    expect(ana.get_by_role("button", name="Show what is asked now")).to_have_count(0)
    expect(ana.get_by_label(re.compile("^Reason"))).to_have_value("as measured")
    # Decided by Bob: Ana is told, and what she sends is refused and shown to her.
    bob.get_by_label(re.compile("^Reason")).fill("too much")
    bob.get_by_role("button", name="Reject").click()
    expect(ana.locator("#fresh")).to_contain_text("was answered already by 'bob'")
    ana.get_by_role("button", name="Approve exactly this").click()
    expect(ana.get_by_role("alert")).to_contain_text("was answered already by 'bob'")
    expect(ana.get_by_role("region", name="What you wrote")).to_contain_text("as measured")


def test_a_part_that_cannot_be_read_is_said_and_read_again(site: Site) -> None:
    page = site.enter(site.open(), "ana", Role.ADMIN)
    page.goto("/runs?session=unread")
    page.wait_for_function("document.getElementById('connection').hidden")
    refusals = 2

    def refuse(route: Route) -> None:
        nonlocal refusals
        if route.request.headers.get("hx-request") and refusals:
            refusals -= 1
            route.fulfill(status=503, body="Redis is away")
        else:
            route.continue_()

    page.route("**/runs?*", refuse)
    finish_a_run(site, "unread")
    expect(notice(page)).to_be_visible()
    expect(page.locator("#runs .status")).to_have_text("finished")
    expect(notice(page)).to_be_hidden()
    assert refusals == 0


def test_a_lost_connection_says_so_and_catches_up(site: Site) -> None:
    context = site.open()
    page = site.enter(context, "ana", Role.ADMIN)
    page.goto("/runs?session=away")
    context.set_offline(True)
    expect(notice(page)).to_be_visible()
    finish_a_run(site, "away")
    expect(page.locator("#runs")).to_contain_text("No run is like this")
    context.set_offline(False)
    expect(page.locator("#runs .status")).to_have_text("finished")
    expect(notice(page)).to_be_hidden()


@pytest.mark.long
def test_a_connection_over_which_nothing_comes_any_more_is_found_lost(site: Site, proxied: Proxy) -> None:
    behind = replace(site, address=f"http://127.0.0.1:{proxied.port}")
    context = behind.open()
    context.clock.install()
    page = behind.enter(context, "ana", Role.ADMIN)
    page.goto("/runs?session=silent")
    with proxied.partition():
        finish_a_run(site, "silent")
        # Sooner, the silence is none; by then the server would have said twice that it is there.
        page.clock.fast_forward(45_000)
        expect(notice(page)).to_be_visible()
    expect(page.locator("#runs .status")).to_have_text("finished")
    expect(notice(page)).to_be_hidden()


@pytest.mark.long
def test_a_restart_of_the_server_is_survived(site: Site) -> None:
    app = build_app(site.api.ports)
    with serve(app) as address:
        behind = replace(site, address=address)
        page = behind.enter(behind.open(), "ana", Role.ADMIN)
        page.goto("/runs?session=restarted")
        expect(page.locator("#runs")).to_contain_text("No run is like this")
    expect(notice(page)).to_be_visible()
    finish_a_run(site, "restarted")
    with serve(build_app(site.api.ports), port=urlsplit(address).port or 0):
        expect(page.locator("#runs .status")).to_have_text("finished")
        expect(notice(page)).to_be_hidden()


@pytest.mark.long
def test_pages_that_nobody_sees_hold_no_connection(site: Site) -> None:
    context = site.open()
    first = site.enter(context, "ana", Role.ADMIN)
    first.goto("/runs?session=hidden")
    # A browser opens six connections to a server: seven that are kept would leave none for an eighth page.
    pages = [first, *(context.new_page() for _ in range(6))]
    for page in pages:
        page.goto("/runs?session=hidden")
        _set_hidden(page, hidden=True)
    last = context.new_page()
    last.goto("/runs?session=hidden")
    finish_a_run(site, "hidden")
    expect(last.locator("#runs .status")).to_have_text("finished")
    expect(first.locator("#runs")).to_contain_text("No run is like this")
    _set_hidden(first, hidden=False)
    expect(first.locator("#runs .status")).to_have_text("finished")


def _set_hidden(page: Page, *, hidden: bool) -> None:
    """Let the page believe that its tab is in the background, as all of a headless browser's never are."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


@pytest.fixture
def proxied(site: Site) -> Iterator[Proxy]:
    """Between a browser and the site."""
    proxy = Proxy(urlsplit(site.address).port or 0)
    yield proxy
    proxy.close()


@pytest.fixture
def command_line(site: Site, redis_url: str, site_prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of this test act on the site, for Ana."""
    monkeypatch.setenv("FLUXAGENTS_API_KEY", site.api.key("ana", Role.ADMIN))
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", site_prefix)
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(site.api.folder))
