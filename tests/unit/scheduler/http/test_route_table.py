"""Every module of routes is found by the addresses that it answers."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from fluxagents.scheduler.http import route_table, routes
from fluxagents.scheduler.http.route_table import MODULES, PACKAGE, PAGE_MODULES, PAGES, RouteTable
from fluxagents.scheduler.pages import routes as page_routes

EAGER = {"pages", "sign_in"}


def test_no_module_of_routes_is_left_out() -> None:
    names = {
        module.name.removeprefix(f"{PACKAGE}.")
        for module in pkgutil.walk_packages(routes.__path__, f"{PACKAGE}.")
        if hasattr(import_module(module.name), "router")
    }
    assert names - EAGER == set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_named_under_all_its_addresses(name: str) -> None:
    router = import_module(f"{PACKAGE}.{name}").router
    paths = [route.path for route in router.routes if isinstance(route, APIRoute)]
    assert {path.split("/")[1] for path in paths} == set(MODULES[name])


def test_no_module_of_pages_is_left_out() -> None:
    names = {
        f"pages.{module.name.removeprefix(f'{PAGES}.')}"
        for module in pkgutil.walk_packages(page_routes.__path__, f"{PAGES}.")
        if not module.ispkg
    }
    assert names == set(PAGE_MODULES)


@pytest.mark.parametrize("name", PAGE_MODULES)
def test_a_module_of_pages_is_named_under_all_its_addresses(name: str) -> None:
    router = import_module(f"{PAGES}.{name.removeprefix('pages.')}").router
    assert {route.path.split("/")[1] for route in router.routes} == set(PAGE_MODULES[name])


@pytest.mark.parametrize("first", ["events", "statuses", "statistics", "sessions"])
def test_routes_keep_their_order_whatever_is_asked_for_first(
    first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    included: list[str] = []
    monkeypatch.setattr(route_table, "_include", lambda _, module, _checks: included.append(module))
    table = RouteTable(FastAPI(), ())
    for name in (first, *(name for names in MODULES.values() for name in names)):
        table.load(f"/v1/{name}")
    for name in {name for names in MODULES.values() for name in names}:
        together = [module for module, names in MODULES.items() if name in names]
        assert [module for module in included if module in together] == together
