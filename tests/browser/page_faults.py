"""What keeps somebody from reading or using a page: for everybody, on every screen, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Page, Response
from tests.browser.conftest import TIMEOUT_MS, Site
from tests.browser.first_view import view

from fluxagents.flows.people.roles import Role

AXE = Path(__file__).with_name("vendor") / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

MAX_WEIGHT = 100_000
"""Bytes that a first view may take, as they are sent, without plots."""

MAX_TABS = 120
"""Presses of the key on one page; a longer list goes on as it begins."""

_MARK_FOCUS = """() => {
  if (document.activeElement === document.body) return false;
  const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
  const isSeen = outlineStyle !== 'none' && outlineWidth !== '0px';
  document.activeElement.dataset.focus = isSeen ? 'seen' : 'unseen';
  return true;
}"""
_LIST_UNFOCUSED = """most => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden], [type=radio]), select, textarea, summary, [tabindex="0"]'
  )].filter(each => !each.disabled && each.checkVisibility()).slice(0, most)
  .filter(each => each.dataset.focus !== 'seen')
  .map(each => `${each.dataset.focus ?? 'out of reach'}: ${each.outerHTML.slice(0, 120)}`)"""


def find_faults(site: Site, paths: Sequence[str]) -> Iterator[tuple[str, str, object]]:
    """What is wrong with pages: the path, the kind and the details."""
    # axe is put into the page, whose own policy would refuse it.
    context = site.browser.new_context(base_url=site.address, bypass_csp=True)
    context.set_default_timeout(TIMEOUT_MS)
    page = site.enter(context, "ana", Role.ADMIN)
    foreign: list[str] = []

    def note(response: Response) -> None:
        if not response.url.startswith(site.address):
            foreign.append(response.url)

    page.on("response", note)
    for path in paths:
        first = view(site.browser, site.address, context.storage_state(), path)
        if first.weight > MAX_WEIGHT:
            yield path, "weight", first.weight
        yield from ((path, "moves", each) for each in first.moved)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(path)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        for scheme, only in (("light", RULES), ("dark", ["color-contrast"])):
            yield from ((path, scheme, fault) for fault in _run_axe(page, scheme, only))
        yield from ((path, "keyboard", fault) for fault in _press_tab(page))
        for width in (375, 2560):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                yield path, "scrolls sideways", width
    yield from (("", "foreign", url) for url in foreign)


def _run_axe(page: Page, scheme: str, only: list[str]) -> Iterator[str]:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", only)
    for violation in found["violations"]:
        yield f"{violation['id']}: {violation['nodes'][0]['failureSummary']}"


def _press_tab(page: Page) -> list[str]:
    """What the keyboard does not reach, or where nobody sees that it is."""
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        if not page.evaluate(_MARK_FOCUS):
            break
    # A longer page is followed for a part of the way, and only what stands there is asked for.
    unfocused: list[str] = page.evaluate(_LIST_UNFOCUSED, MAX_TABS // 2)
    return unfocused
