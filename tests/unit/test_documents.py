"""The documents that are made from the code say what the code says, and their links lead somewhere."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from tests.support.places import DOCS, ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def test_the_api_reference_is_made_from_the_docstrings() -> None:
    page = runpy.run_path(str(DOCS / "write_api.py"))["render_page"]()
    assert (DOCS / "api.md").read_text(encoding="utf-8") == page, "`make api` writes it anew"


def test_the_description_of_the_http_api_is_made_from_its_code() -> None:
    script = runpy.run_path(str(DOCS / "write_openapi.py"))
    described = (DOCS / "openapi.json").read_text(encoding="utf-8")
    assert described == script["render_description"](), "`make openapi` writes it anew"
    assert (DOCS / "problems.md").read_text(encoding="utf-8") == script["render_page"]()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_pages_and_sections(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, section = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if section:
            assert section in sections(linked.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    rooms = r"(?:flows|prompts|tasks|scheduler|workers|tests|deploy|docs)"
    for name in re.findall(rf"`({rooms}/[\w/]+\.(?:py|lua|toml|json|md))`", text):
        if "count_reactions" not in name and "checkpoint" not in name:  # the worked examples
            assert (ROOT / name).exists(), name


def sections(text: str) -> set[str]:
    """The anchors of a page's headings, as they are made on GitHub."""
    headings = re.findall(r"(?m)^#+ (.*)$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
