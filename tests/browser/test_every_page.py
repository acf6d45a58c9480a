"""Everybody can use every page: one of each route has no fault that `find_faults` knows."""

from __future__ import annotations

import pytest
from tests.browser.all_pages import NO_PAGES, find_all_pages, list_routes
from tests.browser.conftest import Site
from tests.browser.page_faults import find_faults


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_every_page_suits_everybody(site: Site) -> None:
    pages = find_all_pages(site)
    assert set(list_routes()) - set(pages) - NO_PAGES == set()
    assert list(find_faults(site, [*pages.values()])) == []
