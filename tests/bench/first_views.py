"""The first view of every page: when a browser that has nothing shows it, what it weighs, what moves."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Iterator
from pathlib import Path

import structlog
from playwright.sync_api import sync_playwright
from tests.browser.all_pages import find_all_pages
from tests.browser.conftest import CHROMIUM, Site, serve_site
from tests.browser.first_view import view

from fluxagents.flows.people.roles import Role

ROUNDS = 3
"""After one that imports what the page needs."""

MAX_MS, MAX_WEIGHT = 500, 100_000


def lines(url: str, folder: Path) -> Iterator[str]:
    """A row for each page, and what is beyond the targets."""
    # A line for each request would hide what was measured.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with serve_site(url, "views:", folder / "views") as (api, address), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        site = Site(api, address, browser)
        pages = find_all_pages(site)
        state = site.enter(site.open(), "ana", Role.ADMIN).context.storage_state()
        for route, path in sorted(pages.items()):
            views = [view(browser, address, state, path) for _ in range(ROUNDS + 1)][1:]
            times, last = [each.shown_ms for each in views], views[-1]
            median_ms, shift = statistics.median(times), max(each.shift for each in views)
            is_missed = median_ms > MAX_MS or last.weight > MAX_WEIGHT or shift > 0
            yield (
                f"{route:44s} {median_ms:5.0f} ms ({min(times):.0f} to {max(times):.0f})   "
                f"{last.weight / 1_000:5.1f} kB   layout shift {shift:.4f}{'   missed' if is_missed else ''}"
            )
            yield from (f"    {each}" for each in last.moved)
        browser.close()
