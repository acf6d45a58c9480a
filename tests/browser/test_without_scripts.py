"""A browser that runs no scripts adds models, and is told in a page what it may not send."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from playwright.sync_api import expect
from tests.browser.conftest import TIMEOUT_MS, Site

from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.http.ports import Limits


def test_a_model_is_added_and_a_large_file_refused(site: Site, tmp_path: Path) -> None:
    context = site.browser.new_context(base_url=site.address, java_script_enabled=False)
    context.set_default_timeout(TIMEOUT_MS)
    page = site.enter(context, "ana", Role.ADMIN)
    page.goto("/models")
    large = tmp_path / "large.xml"
    large.write_bytes(b" " * (Limits().part_bytes + 1_000_000))
    page.locator("#file").set_input_files(large)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_contain_text("at most 16,000,000 are taken here")

    page.goto("/models")
    own = tmp_path / "e_coli_core.xml.gz"
    own.write_bytes(files("cobra").joinpath("data", "textbook.xml.gz").read_bytes())
    page.locator("#file").set_input_files(own)
    page.get_by_role("button", name="Add").click()
    # The name alone means the model that is always there.
    expect(page.get_by_role("heading", level=1)).to_contain_text("e_coli_core-")
