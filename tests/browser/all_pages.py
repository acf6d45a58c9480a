"""One of each page, filled with something of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from importlib import import_module
from itertools import chain
from typing import Any

from playwright.sync_api import Page
from starlette.routing import Route
from tests.browser.conftest import ANAEROBIC, CHANGE, Site, ask

from fluxagents.flows.engine.tool_flows import build_call_flow
from fluxagents.flows.errors import ErrorClass, ErrorInfo
from fluxagents.flows.people.members import Group
from fluxagents.flows.people.roles import Role
from fluxagents.flows.remedies import ErrorCase, RemedyTrial
from fluxagents.scheduler.http.route_table import PAGE_MODULES, PAGES
from fluxagents.scheduler.pages.navigation import SECTIONS

NO_PAGES = {
    "/enter/link",
    "/live",
    "/static/{name:path}",
    "/runs/{run_id}/diff",
    "/runs/{run_id}/drawing.svg",
    "/runs/{run_id}/results/{digest}/plot",
    "/runs/{run_id}/results/{digest}/plot.{kind}",
    "/runs/{run_id}/results/{digest}/map",
    "/runs/{run_id}/results/{digest}/map/picture",
    "/runs/{run_id}/results/{digest}/map.{kind}",
    "/runs/{run_id}/diff/{other_id}/maps/{number}",
    "/runs/{run_id}/diff/{other_id}/maps/{number}.{kind}",
    "/runs/{run_id}/diff/{other_id}/maps/{number}/picture",
    "/runs/{run_id}/results/{digest}/pictures/{name}",
    "/runs/{run_id}/results/{digest}/tables/{name}/{kind}",
    "/flows/{name}/drawing.svg",
}
"""Pictures, files, what happens, and addresses that lead to others; `test_flux_maps.py` has the maps."""


def find_all_pages(site: Site) -> dict[str, str]:
    """One path of each route that shows a page, in a site that has something of each kind from now on."""
    page = site.enter(site.open(), "ana", Role.ADMIN)
    pages = find_pages(page, [*(section.path for section in SECTIONS), *_fill(site, page)])
    page.context.close()
    return pages


def find_pages(page: Page, paths: Iterable[str]) -> dict[str, str]:
    """One path of each page that links lead to, by route."""
    routes, pages, todo = list_routes(), dict[str, str](), list(paths)
    while todo:
        path = todo.pop(0)
        bare = path.partition("?")[0]
        route = next((name for name, pattern in routes.items() if pattern.match(bare)), None)
        if route is None or route in pages or route in NO_PAGES:
            continue
        pages[route] = path
        todo += map(unescape, re.findall(r'href="(/[^"#]*)', page.request.get(path).text()))
    return pages


def list_routes() -> dict[str, re.Pattern[str]]:
    """What matches the path of each page, in the order in which they answer."""
    routes = chain.from_iterable(
        import_module(f"{PAGES}.{module.removeprefix('pages.')}").router.routes for module in PAGE_MODULES
    )
    return {
        route.path: route.path_regex
        for route in routes
        if isinstance(route, Route) and "GET" in (route.methods or ())
    }


def _fill(site: Site, page: Page) -> list[str]:
    """Let there be something of each kind; returns where links from the sections do not lead."""
    headers = site.api.bearer("ana", Role.ADMIN)
    run = {"flow": "metabolic_analysis", "model": "textbook", "inputs": {"question": ANAEROBIC}}
    for path, body in (
        ("runs", {"question": ANAEROBIC, "model": "textbook", "session": "story"}),
        ("schedules", {**run, "name": "nightly", "timing": {"kind": "every", "seconds": 86_400}}),
        ("triggers", {**run, "name": "failed", "source": {"kind": "run", "ends": ["failed"]}}),
    ):
        assert page.request.post(f"/v1/{path}", data=body, headers=headers).ok
    shared = page.request.post("/v1/sessions/story/notebook/links", data={}, headers=headers).json()
    error = ErrorInfo(
        kind=ErrorClass.SOLVER,
        where="run_fba",
        message="no basis",
        retryable=False,
        fingerprint="0a1b2c3d4e5f",
    )
    trial = RemedyTrial("scale the rows", helped=True)
    site.api.ports.remedies.record_outcome("a", [ErrorCase(error, 2, (trial,))], at_ms=1)
    directory = site.api.ports.client.authority.directory
    assert directory.save_group(Group(name="lab", members=("ana",)), before=None)
    local = site.api.local()
    paused = local.start("metabolic_analysis", model="textbook", question=ANAEROBIC, stepwise=True)
    page.goto(f"/runs/{paused.id}")
    page.get_by_role("link", name="Change this call").click()
    call = page.url.removeprefix(site.address)
    # What the page of a model shows of them has no fault either.
    model = local.models.resolve("textbook").digest
    calls: dict[str, dict[str, Any]] = {
        "score_model": {},
        "compare_media_performance": {},
        "compare_models": {"models": ["iJO1366"]},
    }
    for tool, args in calls.items():
        flow = build_call_flow(tool, args)
        site.api.ports.client.store.save_flow(flow)
        local.start(flow.digest, model=model, **args)
    ask(page, CHANGE)
    waiting = page.url.removeprefix(site.address)
    page.get_by_role("link", name=re.compile("Waits for an answer")).wait_for()
    ask(page, ANAEROBIC)
    page.locator(".answer").wait_for()
    run_path = page.url.removeprefix(site.address)
    diff = f"{run_path}/diff/{waiting.rpartition('/')[2]}"
    return [call, run_path, diff, shared["path"], "/models/textbook", "/ask", "/enter"]
