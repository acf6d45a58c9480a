"""Everybody can use every section: axe finds nothing, a keyboard will do, and each screen is wide enough."""

from __future__ import annotations

from tests.browser.conftest import Site
from tests.browser.page_faults import find_faults

PATHS = ("/", "/runs", "/requests", "/sessions", "/models", "/flows")


def test_the_sections_suit_everybody(site: Site) -> None:
    assert list(find_faults(site, PATHS)) == []
