"""One site for all these tests: the API on loopback, whose runs are carried out in its own process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.support.http_api import Api, build_api
from tests.support.http_server import serve

from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.http.app import build_app
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.tasks.registry import TOOLS

CHROMIUM = Path("/usr/bin/chromium")
TIMEOUT_MS = 120_000

GROWTH = "How fast does it grow?"
ANAEROBIC = "How fast does it grow without oxygen?"
CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"


@dataclass(frozen=True)
class Site:
    """An installation as browsers see it."""

    api: Api
    address: str
    browser: Browser

    def open(self, *, width: int = 1280, scheme: str = "light") -> BrowserContext:
        """A browser of somebody who is not signed in; what is no address of the site ends the test."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        context.set_default_timeout(TIMEOUT_MS)
        return context

    def enter(self, context: BrowserContext, name: str, role: Role) -> Page:
        """The first page of somebody who signs in with a key."""
        page = context.new_page()
        page.goto("/enter")
        page.get_by_label("Key of the API").fill(self.api.key(name, role))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Home", level=1).wait_for()
        return page


def ask(page: Page, question: str, model: str = "textbook") -> None:
    """Ask from the first page, and be on the page of the run."""
    page.goto("/")
    page.get_by_label("Question").fill(question)
    page.get_by_label("Model", exact=True).fill(model)
    page.get_by_role("button", name="Ask").click()
    page.wait_for_url(re.compile("/runs/"))


@pytest.fixture(scope="package")
def site_prefix() -> str:
    """What every key of the site begins with."""
    return f"test-{uuid4().hex[:8]}:"


@pytest.fixture(scope="package")
def served(
    redis_url: str, site_prefix: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Api, str]]:
    """The API, and where it is served."""
    with serve_site(redis_url, site_prefix, tmp_path_factory.mktemp("site")) as site:
        yield site


@contextmanager
def serve_site(redis_url: str, prefix: str, folder: Path) -> Iterator[tuple[Api, str]]:
    """An API with keys of this prefix, whose runs are carried out in its own process, and its address."""
    if not CHROMIUM.exists():
        pytest.skip(f"these tests need a browser: {CHROMIUM} (apt install chromium)")
    _, ports = build_api(redis_url, prefix, folder)
    client = ports.client
    local = Api(build_app(ports), ports, None, folder).local()  # type: ignore[arg-type] # no test client
    # What runs import takes seconds; no test waits for it.
    local.ask(GROWTH, model="textbook")
    ports = replace(
        ports,
        client=RunClient(
            store=client.store,
            publisher=local.runs.publisher,
            clock=ports.clock,
            models=client.models,
            flows=client.flows,
            tools=TOOLS,
            authority=client.authority,
            files=False,
        ),
    )
    app = build_app(ports)
    with serve(app) as address:
        yield Api(app, ports, None, folder), address  # type: ignore[arg-type] # as above


@pytest.fixture(scope="module")
def site(served: tuple[Api, str]) -> Iterator[Site]:
    """Ends with its file: while Playwright runs, no other test can start an event loop in this thread."""
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        # Chromium's own sandbox cannot be set up where tests run as root.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Site(*served, browser)
        browser.close()


@pytest.fixture(autouse=True)
def _close_pages(site: Site) -> Iterator[None]:
    """Pages that are left open would follow what the next tests do."""
    yield
    for context in site.browser.contexts:
        context.close()
