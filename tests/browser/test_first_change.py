"""From a file to an approved change in ten minutes, in a browser only, as docs/page.md tells it."""

from __future__ import annotations

import gzip
import re
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import CHANGE, GROWTH, Site

from fluxagents.flows.people.roles import Role


@pytest.mark.long
def test_from_a_file_to_an_approved_change(site: Site, tmp_path: Path) -> None:
    page = site.enter(site.open(), "ana", Role.ADMIN)
    page.get_by_role("link", name="Models").click()
    page.get_by_label(re.compile("^A file: SBML")).set_input_files(_write_strain(tmp_path))
    expect(page.get_by_role("region", name="Stored models")).to_contain_text("my_strain")
    page.get_by_role("status").get_by_role("link", name="my_strain").click()
    page.get_by_role("link", name="Ask about it").click()
    expect(page.get_by_label("Model", exact=True)).to_have_value("my_strain")

    page.get_by_label("Question").fill(GROWTH)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator(".answer").get_by_role("link", name="0.691").first.click()
    expect(page.locator(".chain")).to_contain_text("EX_glc__D_e 8")
    page.get_by_role("link", name=re.compile("^← ")).click()

    page.get_by_role("link", name="Ask more about this model").click()
    page.get_by_label("Question").fill(CHANGE)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_role("link", name=re.compile("^Waits for an answer: apply_medium: EX_glc__D_e 18.5")).click()
    expect(page.get_by_role("row", name=re.compile("^growth"))).to_contain_text("0.6906")
    page.get_by_text("Change what is asked for").click()
    page.get_by_label(re.compile("^medium changes")).fill("EX_glc__D_e: 12")
    page.get_by_role("button", name="Ask for this instead").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("EX_glc__D_e 12")
    page.get_by_role("button", name="Approve exactly this").click()
    expect(page.locator(".answer")).to_contain_text("1.06")

    page.get_by_role("link", name="The changed model").click()
    expect(page.get_by_role("region", name="Lineage", exact=True)).to_contain_text("by apply_medium")
    with page.expect_download() as download:
        page.get_by_role("link", name="Its file").click()
    assert Path(download.value.path()).stat().st_size > 0
    page.get_by_role("button", name="Compare with its parent").click()
    expect(page.locator(".answer")).to_contain_text("my_strain")


def _write_strain(folder: Path) -> Path:
    """The core model with less glucose, as a file of somebody's own."""
    packed = files("cobra").joinpath("data", "textbook.xml.gz").read_bytes()
    text = gzip.decompress(packed).decode()
    bound = 'id="R_EX_glc__D_e_lower_bound" sboTerm="SBO:0000625" units="mmol_per_gDW_per_hr" value="-10"'
    assert bound in text
    path = folder / "my_strain.xml"
    path.write_text(text.replace(bound, bound.replace("-10", "-8")))
    return path
