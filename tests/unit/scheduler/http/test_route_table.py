"""Every module of routes is found by the addresses that it answers."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest
from fastapi.routing import APIRoute

from fluxagents.scheduler.http import routes
from fluxagents.scheduler.http.route_table import MODULES, PACKAGE

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
