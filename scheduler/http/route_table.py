"""Which module answers at which addresses: each is imported when one of its addresses is first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from fastapi import APIRouter, FastAPI
from fastapi.params import Depends
from starlette.routing import BaseRoute

from fluxagents.scheduler.http.description import PROBLEM_ANSWERS, name_operation

PACKAGE = "fluxagents.scheduler.http.routes"

PAGES = "fluxagents.scheduler.pages.routes"
"""The pages stand above the API and use what it is made of, so they are named here and not imported."""

V1 = "/v1"

MODULES: dict[str, tuple[str, ...]] = {
    "runs": ("runs", "batches", "statuses"),
    "run_acts": ("runs",),
    "run_history": ("runs",),
    "humans.requests": ("approvals", "questions"),
    "humans.request_dialogue": ("approvals",),
    "collaboration.remarks": ("runs",),
    "collaboration.request_claims": ("requests",),
    "collaboration.inbox": ("inbox",),
    "humans.standing": ("standing-approvals",),
    "artifacts": ("runs", "artifacts"),
    "models": ("models", "uploads"),
    "genomes": ("genomes",),
    "library": ("flows", "tools", "media"),
    "sessions.acts": ("sessions",),
    "sessions.figures": ("sessions",),
    "sessions.files": ("sessions",),
    "sessions.notebooks": ("sessions",),
    # The plain address of a session comes last: its name may hold slashes.
    "sessions.listing": ("sessions", "events"),
    "triggers.schedules": ("schedules",),
    "triggers.triggers": ("triggers",),
    "triggers.deliveries": ("triggers",),
    "triggers.hooks": ("hooks",),
    "triggers.webhooks": ("webhooks",),
    "queries": ("queries",),
    "prompts": ("prompts",),
    "operations.figures": ("errors", "statistics"),
    "people.people": ("me", "people", "quotas", "groups", "keys"),
    "people.member_details": ("people",),
    "humans.a2h": ("a2h",),
    "operations.metrics": ("metrics",),
    "channels.answers": ("answer",),
    "channels.slack": ("slack",),
}
"""Modules in the order of their routes, with the first names of their addresses."""


AT_ROOT = frozenset({"humans.a2h", "operations.metrics", "channels.answers", "channels.slack"})
"""Modules whose addresses are not below `V1`."""

OPEN_TO_OTHERS = frozenset({"triggers.hooks"})
"""Modules whose addresses other programs call in their own way, with parameters of theirs."""

PAGE_MODULES: dict[str, tuple[str, ...]] = {
    "pages.entrance": ("enter", "leave"),
    "pages.static_files": ("static",),
    "pages.live": ("live",),
    "pages.home": ("",),
    "pages.ask": ("ask",),
    "pages.runs": ("runs",),
    "pages.run_steps": ("runs",),
    "pages.run_acts": ("runs",),
    "pages.results": ("runs",),
    "pages.flux_maps": ("runs",),
    "pages.run": ("runs",),
    "pages.requests": ("requests",),
    "pages.sessions.notebook": ("sessions", "shared"),
    # As for `sessions.listing`.
    "pages.sessions.sessions": ("sessions",),
    "pages.models.models": ("models",),
    "pages.models.contents": ("models",),
    "pages.models.genomes": ("genomes",),
    "pages.flows": ("flows", "flow-check"),
    "pages.automation.schedules": ("schedules",),
    "pages.automation.triggers": ("triggers",),
    "pages.figures.prompts": ("prompts",),
    "pages.figures.errors": ("errors",),
    "pages.figures.statistics": ("statistics",),
    "pages.figures.operations": ("operations",),
    "pages.people.people": ("people",),
    "pages.people.keys": ("keys",),
    "pages.people.audit_log": ("audit",),
}
"""Modules of pages, as `MODULES`."""


def is_page(path: str) -> bool:
    """Whether a path is that of a page, or of a form of one."""
    return not path.startswith(f"{V1}/") and _first_name(path) in _PAGE_NAMES


RESOURCES = frozenset(name for names in MODULES.values() for name in names)


def name_resource(path: str) -> str:
    """What an address is about, in one of a few words."""
    name = _first_name(path)
    return name if name in RESOURCES else "other"


def _first_name(path: str) -> str:
    return path.removeprefix(f"{V1}/").lstrip("/").partition("/")[0]


class RouteTable:
    """The routes of an application: a few from its start, the others when they are first asked for.

    A module with its models takes some 20 ms of the processor, all of them as much as the rest of a start.

    Args:
        app: Where the routes go.
        first: Those that it answers from its start.
        checks: What a request to the others passes, hooks and pages apart.
    """

    def __init__(self, app: FastAPI, first: Sequence[APIRouter], checks: Sequence[Depends] = ()) -> None:
        self._app = app
        self._first = first
        self._checks = checks
        self._missing = [*MODULES, *PAGE_MODULES]
        _include_all(app.router, first)

    def load(self, path: str) -> None:
        """Let the application answer at a path, if anything does."""
        name = _first_name(path)
        modules = MODULES if path.startswith(f"{V1}/") or name in _ROOT_NAMES else PAGE_MODULES
        # With a module come those that share a name with it: of two routes for one address, the first counts.
        names = {name}.union(*(each for each in modules.values() if name in each))
        for module in [each for each in self._missing if not names.isdisjoint(modules.get(each, ()))]:
            _include(self._app.router, module, self._checks)
            self._missing.remove(module)

    def list_routes(self) -> list[BaseRoute]:
        """All routes in their order, whatever was asked for before."""
        router = APIRouter(generate_unique_id_function=name_operation)
        _include_all(router, self._first)
        for module in MODULES:
            _include(router, module, self._checks)
        return router.routes


_PAGE_NAMES = frozenset(name for names in PAGE_MODULES.values() for name in names)
_ROOT_NAMES = frozenset(name for module in AT_ROOT for name in MODULES[module])


def _include_all(router: APIRouter, routers: Sequence[APIRouter]) -> None:
    for each in routers:
        router.include_router(each, responses=PROBLEM_ANSWERS)


def _include(router: APIRouter, module: str, checks: Sequence[Depends]) -> None:
    if module in PAGE_MODULES:
        # No part of the description of the API.
        router.include_router(
            import_module(f"{PAGES}.{module.removeprefix('pages.')}").router, include_in_schema=False
        )
        return
    prefix = "" if module in AT_ROOT else V1
    added = import_module(f"{PACKAGE}.{module}").router
    passed = [] if module in AT_ROOT | OPEN_TO_OTHERS else checks
    router.include_router(added, prefix=prefix, responses=PROBLEM_ANSWERS, dependencies=passed)
