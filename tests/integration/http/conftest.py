"""One API for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.support.http_api import Api, build_api
from tests.support.http_server import serve

from fluxagents.flows.people.roles import Role


@pytest.fixture
def api(redis_url: str, key_prefix: str, tmp_path: Path) -> Iterator[Api]:
    app, ports = build_api(redis_url, key_prefix, tmp_path)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Api(app, ports, client, tmp_path)


@pytest.fixture
def served(redis_url: str, key_prefix: str, tmp_path: Path) -> Iterator[tuple[Api, str]]:
    """One that listens on loopback, and its address."""
    app, ports = build_api(redis_url, key_prefix, tmp_path)
    with serve(app) as address:
        yield Api(app, ports, TestClient(app), tmp_path), address


@pytest.fixture
def ana(api: Api) -> dict[str, str]:
    """The header of an admin."""
    return api.bearer("ana", Role.ADMIN)


@pytest.fixture
def rob(api: Api) -> dict[str, str]:
    """The header of a runner."""
    return api.bearer("rob", Role.RUNNER)
