"""Text of others is text: on every page and in every report no markup of it exists, and none of it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from playwright.sync_api import Dialog, Page
from starlette.testclient import TestClient
from tests.browser.all_pages import find_pages
from tests.browser.conftest import Site, serve_site
from tests.support.http_api import Api
from tests.support.seeds import FOREIGN, MARKS, PLACES, find_places, plant, seed

from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.pages.navigation import SECTIONS

ALONE = re.compile(
    r'(?:src|href)="(/(?:runs|flows)/[^"#]*(?:/drawing\.svg|/plot|/map|/maps/\d+|/picture|/pictures/[^"]+))"'
)
"""Pictures and maps, each of which somebody may open by itself."""

DOWNLOADS = re.compile(r'href="(/[^"#]*)"[^>]* download')

PICTURE = re.compile(r"/drawing\.svg$|/report$")
"""What may be stored and is also looked at where it is, under a policy that lets nothing run."""

ESCHER_FONT = "font-src data:"

LIST_TEXTS = """() => [
  document.documentElement.textContent,
  ...[...document.querySelectorAll('*')].flatMap(each => [...each.attributes].map(one => one.value)),
  ...[...document.querySelectorAll('input, textarea')].map(each => each.value),
]"""


@dataclass
class Watch:
    """What must not happen while pages are shown."""

    site: Site
    faults: list[tuple[str, str, object]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    """Places whose seeds were read as text."""

    def follow(self, page: Page) -> Page:
        page.on("dialog", lambda dialog: self._dismiss(page, dialog))
        page.on("console", lambda said: self._hear(page, said.text))
        page.on("pageerror", lambda error: self._note(page, "error", str(error)))
        page.on("request", lambda request: self._weigh(page, request.url))
        return page

    def look(self, page: Page) -> None:
        """Note what seeds became, in the page and in its frames."""
        for frame in page.frames:
            if frame.evaluate("typeof seeded") != "undefined":
                self._note(page, "script", frame.url)
            for mark in frame.evaluate(
                "marks => [...document.querySelectorAll(marks)].map(e => e.outerHTML)", MARKS
            ):
                self._note(page, "markup", mark)
            for text in frame.evaluate(LIST_TEXTS):
                self.seen |= find_places(text)

    def _dismiss(self, page: Page, dialog: Dialog) -> None:
        self._note(page, "dialog", dialog.message)
        dialog.dismiss()

    def _hear(self, page: Page, text: str) -> None:
        # Escher's style names a font of icons, which no map shows and the policy keeps out.
        if ("Content Security Policy" in text and ESCHER_FONT not in text) or FOREIGN in text:
            self._note(page, "policy", text)

    def _weigh(self, page: Page, url: str) -> None:
        if not url.startswith((self.site.address, "data:", "blob:", "about:", "file:")):
            self._note(page, "request", url)

    def _note(self, page: Page, kind: str, what: object) -> None:
        self.faults.append((page.url, kind, what))


@pytest.fixture(scope="module")
def served(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, str]]:
    """A site of its own: what is planted here would stand on the pages of other tests."""
    prefix = f"test-{uuid4().hex[:8]}:"
    with serve_site(redis_url, prefix, tmp_path_factory.mktemp("seeded")) as (api, address):
        yield replace(api, client=TestClient(api.app, base_url=address)), address


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_no_text_of_others_is_markup_or_runs_on_any_page(site: Site, tmp_path: Path) -> None:
    paths = plant(site.api, site.api.folder)
    watch = Watch(site)
    page = watch.follow(site.enter(site.open(), "ana", Role.ADMIN))
    pages = find_pages(page, [*(section.path for section in SECTIONS), *paths])
    alone, files = set[str](), set[str]()
    for path in dict.fromkeys([*pages.values(), *paths, *_reflect()]):
        page.goto(path)
        for frame in page.locator("iframe").all():
            frame.scroll_into_view_if_needed()
            frame.content_frame.locator("body[data-shown]").wait_for(state="attached")
        watch.look(page)
        html = page.content()
        alone |= {*map(unescape, ALONE.findall(html))}
        files |= {*map(unescape, DOWNLOADS.findall(html))}
    for path in sorted(alone):
        page.goto(path)
        watch.look(page)
    stored = [path for path in sorted(files) if not PICTURE.search(path)]
    for number, path in enumerate(stored):
        answer = page.request.get(path)
        headers = answer.headers
        # An error, as of a run whose flow is not here, is a document of problems and no file.
        is_stored = not answer.ok or headers.get("content-disposition", "").startswith("attachment")
        if not is_stored or headers["x-content-type-options"] != "nosniff":
            watch.faults.append((path, "download", headers))
        if headers["content-type"].startswith("text/html"):
            # Nothing keeps a file from what its own page would do.
            file = tmp_path / f"{number}.html"
            file.write_bytes(answer.body())
            page.goto(file.as_uri())
            watch.look(page)
    assert watch.faults == []
    assert watch.seen == PLACES
    assert (len(alone) >= 4, len(stored) >= 4) == (True, True)


def _reflect() -> Iterator[str]:
    """Addresses that are shown again."""
    text = quote(seed("address"), safe="")
    for path in (
        "models",
        "flows",
        "sessions",
        "people",
        "runs",
        "requests",
        "schedules",
        "prompts",
        "errors",
        "static",
    ):
        yield f"/{path}/{text}"
    for query in (
        "ask?question",
        "ask?model",
        "ask?session",
        "runs?model",
        "runs?view",
        "audit?by",
        "errors?kind",
        "flow-check?flow",
        "models?cursor",
    ):
        yield f"/{query}={text}"
    yield f"/enter?next={quote('javascript:seeded=1')}"
