"""How soon pages come with 100,000 runs stored, what they weigh, and when another browser sees a change."""

from __future__ import annotations

import logging
import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from playwright.sync_api import Browser, Page, sync_playwright
from pydantic import SecretStr
from redis import Redis
from starlette.testclient import TestClient
from tests.bench.http_api import RUNS, create_key, fill, serve
from tests.support.command_calls import invoke

from fluxagents.scheduler.http.app import build_app
from fluxagents.workers.cli import cli
from fluxagents.workers.host.api.api_ports import build_api_ports
from fluxagents.workers.settings import Settings

CHROMIUM = "/usr/bin/chromium"
ROUNDS = 15
LABEL = 24
"""Characters of a path that are shown."""

_NOTE_CLICK = "() => addEventListener('click', () => sessionStorage.setItem('clicked', Date.now()), true)"
_NOTE_SIGHT = """() => new MutationObserver((_, observer) => {
  if (!document.querySelector('#runs .status')) return;
  window.seen = Date.now();
  observer.disconnect();
}).observe(document.body, {childList: true, subtree: true})"""

_NOTE_TEXT = """text => {
  const isThere = () => document.querySelector('#said').textContent.includes(text);
  window.seen = isThere() ? Date.now() : 0;
  new MutationObserver((_, observer) => {
    if (!isThere()) return;
    window.seen = Date.now();
    observer.disconnect();
  }).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""

ORIGIN = "https://127.0.0.1"
"""The client keeps a cookie of TLS only so; browsers keep it on loopback as well."""


def lines(url: str, folder: Path) -> Iterator[str]:
    """What was measured, a line each."""
    # A line for each request would hide what was measured.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    settings = Settings(redis_url=SecretStr(url), data_dir=folder)
    last = fill(Redis.from_url(url), settings.key_prefix)
    key = create_key(settings)
    paths = ("/", "/runs", "/runs?status=running", "/runs?session=bench", f"/runs/{last}")
    with TestClient(build_app(build_api_ports(settings)), base_url=ORIGIN) as client:
        client.post("/enter", data={"key": key, "next": "/"})
        yield from (_time_page(client, path) for path in paths)
    with serve(folder, url) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield from _time_browsers(browser, address, key)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FLUXAGENTS_API_KEY", key)
            yield from _time_one_run(browser, address, key, last)
        browser.close()


def _time_page(client: TestClient, path: str) -> str:
    page = client.get(path)
    page.raise_for_status()
    assets = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    weight = sum(int(client.get(each).headers["content-length"]) for each in assets)
    weight += int(page.headers["content-length"])
    wall_ms, processor_ms = [], []
    for _ in range(ROUNDS):
        began, worked = time.perf_counter(), time.process_time()
        client.get(path).raise_for_status()
        wall_ms.append((time.perf_counter() - began) * 1_000)
        processor_ms.append((time.process_time() - worked) * 1_000)
    return (
        f"{path[:LABEL]:{LABEL}s} {statistics.median(processor_ms):5.0f} ms of the processor, "
        f"{min(wall_ms):5.0f} to {max(wall_ms):5.0f} ms   "
        f"{weight / 1_000:5.1f} kB as sent with all it loads   ({RUNS:,} runs)"
    )


def _time_browsers(browser: Browser, address: str, key: str) -> Iterator[str]:
    """The first view of a browser that has nothing, and a start that another one sees."""
    acting, watching = (_enter(browser, address, key) for _ in range(2))
    views = []
    for _ in range(ROUNDS):
        context = browser.new_context(base_url=address, storage_state=acting.context.storage_state())
        page = context.new_page()
        page.goto("/")
        views.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
        context.close()
    yield f"first view in a browser   {_summarise(views)}"
    seen = []
    for number in range(ROUNDS):
        watching.goto(f"/runs?session=seen-{number}")
        watching.get_by_text("No run is like this").wait_for()
        watching.evaluate(_NOTE_SIGHT)
        acting.goto(f"/ask?model=e_coli_core&question=How fast does it grow?&session=seen-{number}")
        # By the clock of the browsers: what drives them looks at a button for a while before it presses it.
        acting.evaluate(_NOTE_CLICK)
        acting.get_by_role("button", name="Ask").click()
        acting.wait_for_url("**/runs/*")
        watching.locator("#runs .status").wait_for()
        clicked = float(acting.evaluate("sessionStorage.getItem('clicked')"))
        seen.append(watching.evaluate("window.seen") - clicked)
    yield f"seen by another browser   {_summarise(seen)} after the click"


def _time_one_run(browser: Browser, address: str, key: str, run: str) -> Iterator[str]:
    """What one browser, or the command line, says about a run until the other browsers on it show it."""
    acting, watching = (_enter(browser, address, key) for _ in range(2))
    for page in (acting, watching):
        page.goto(f"/runs/{run}")
    by_browser, by_command = [], []
    for number in range(ROUNDS):
        text = f"said in the browser, {number}."
        watching.evaluate(_NOTE_TEXT, text)
        acting.evaluate(_NOTE_CLICK)
        acting.get_by_label(re.compile("^Comment;")).fill(text)
        acting.get_by_role("button", name="Comment").click()
        for page in (acting, watching):
            page.locator("#said", has_text=text).wait_for()
        clicked = float(acting.evaluate("sessionStorage.getItem('clicked')"))
        by_browser.append(watching.evaluate("window.seen") - clicked)
        text = f"said on the command line, {number}."
        for page in (acting, watching):
            page.evaluate(_NOTE_TEXT, text)
        began = time.time() * 1_000
        invoke(cli, "runs", "comment", run, text)
        for page in (acting, watching):
            page.locator("#said", has_text=text).wait_for()
        by_command.append(max(page.evaluate("window.seen") for page in (acting, watching)) - began)
    yield f"one run, seen by another browser   {_summarise(by_browser)} after the click"
    # The interpreter's own start is not in it, as the command is called in a process that runs already.
    yield f"one run, seen by both browsers     {_summarise(by_command)} after a command was called"


def _enter(browser: Browser, address: str, key: str) -> Page:
    """The first page of a browser of its own."""
    page = browser.new_context(base_url=address).new_page()
    page.set_default_timeout(120_000)
    page.goto("/enter")
    page.get_by_label("Key of the API").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Home", level=1).wait_for()
    return page


def _summarise(times_ms: list[float]) -> str:
    return f"median {statistics.median(times_ms):.0f} ms, {min(times_ms):.0f} to {max(times_ms):.0f} ms"
