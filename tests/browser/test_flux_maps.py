"""Flux maps as people look at them: on a run, between two runs, and before a change is approved."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FrameLocator, Page, Request, expect
from tests.browser.conftest import CHANGE, TIMEOUT_MS, Site, ask
from tests.browser.page_faults import find_faults

from fluxagents.flows.people.roles import Role

MAP = "Draw a flux map."
ANAEROBIC_MAP = "Draw a flux map without oxygen."


def open_map(page: Page) -> FrameLocator:
    """The map of a page, when all its drawings are there."""
    frame = page.frame_locator("iframe.flux-map")
    page.locator("iframe.flux-map").scroll_into_view_if_needed()
    expect(frame.locator("body[data-shown]")).to_be_attached()
    return frame


def test_maps_of_runs_are_looked_into_and_laid_over_each_other(site: Site) -> None:
    local = site.api.local()
    aerobic, anaerobic = (local.ask(question, model="textbook") for question in (MAP, ANAEROBIC_MAP))
    page = site.enter(site.open(), "ana", Role.ADMIN)
    asked: list[str] = []
    page.on("request", lambda request: note(request, asked))
    page.goto(f"/runs/{aerobic.id}")
    frame = open_map(page)
    expect(frame.get_by_text("EX_glc__D_e -10.0", exact=True)).to_be_attached()
    frame.get_by_label("Names instead of ids").check()
    expect(frame.get_by_text("D-Glucose exchange -10.0", exact=True)).to_be_attached()
    frame.get_by_label("Values").uncheck()
    expect(frame.get_by_text("D-Glucose exchange", exact=True)).to_be_attached()
    page.goto(f"/runs/{aerobic.id}/diff/{anaerobic.id}")
    frame = open_map(page)
    expect(frame.get_by_role("figure")).to_have_count(3)
    expect(frame.get_by_text("PFL -17.8", exact=True)).to_be_attached()
    for kind, begin in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("html", b"<!doctype html>")):
        link = page.get_by_role("link", name=kind.upper(), exact=True).get_attribute("href")
        assert page.request.get(link or "").body().startswith(begin)
    assert [url for url in asked if not url.startswith((site.address, "data:", "blob:"))] == []


def note(request: Request, asked: list[str]) -> None:
    asked.append(request.url)


def test_a_page_without_a_map_loads_no_escher(site: Site) -> None:
    run = site.api.local().ask("How fast does it grow?", model="textbook")
    page = site.enter(site.open(), "ana", Role.ADMIN)
    asked: list[str] = []
    page.on("request", lambda request: note(request, asked))
    page.goto(f"/runs/{run.id}")
    assert [url for url in asked if "escher" in url] == []


def test_an_approver_sees_the_difference_and_without_a_script_its_picture(site: Site) -> None:
    page = site.enter(site.open(), "ana", Role.ADMIN)
    ask(page, CHANGE)
    page.get_by_role("link", name=re.compile("Waits for an answer")).click()
    frame = open_map(page)
    expect(frame.get_by_role("heading", name=re.compile("^Difference: after .* less before"))).to_be_visible()
    expect(frame.get_by_text("EX_glc__D_e +8.5", exact=True)).to_be_attached()
    plain = site.browser.new_context(base_url=site.address, java_script_enabled=False)
    plain.set_default_timeout(TIMEOUT_MS)
    reading = site.enter(plain, "bob", Role.APPROVER)
    reading.goto(page.url)
    expect(reading.locator("iframe.flux-map")).to_be_hidden()
    expect(reading.get_by_role("img", name=re.compile("^Flux maps after and before"))).to_be_visible()


@pytest.mark.long
def test_maps_suit_everybody(site: Site) -> None:
    local = site.api.local()
    runs = [local.ask(question, model="textbook").id for question in (MAP, ANAEROBIC_MAP)]
    state = site.api.ports.client.store.load(runs[0])
    digest = next(each.artifact for each in state.findings if each.artifact)
    paths = [
        f"/runs/{runs[0]}",
        f"/runs/{runs[0]}/results/{digest}",
        f"/runs/{runs[0]}/results/{digest}/map",
        f"/runs/{runs[0]}/diff/{runs[1]}",
        f"/runs/{runs[0]}/diff/{runs[1]}/maps/0",
    ]
    assert list(find_faults(site, paths)) == []
