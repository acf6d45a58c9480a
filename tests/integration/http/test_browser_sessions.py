"""A browser signs in by an OpenID provider, and no other site acts with its cookie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.support.http_api import Api, build_api
from tests.support.openid_provider import run_provider

from fluxagents.flows.people.members import Person
from fluxagents.flows.people.roles import Grant, Role

ORIGIN = "https://flux.example"
START: dict[str, Any] = {"question": "How fast does it grow?", "model": "e_coli_core"}


@pytest.fixture
def browser(redis_url: str, key_prefix: str, tmp_path: Path) -> Iterator[tuple[Api, TestClient]]:
    with run_provider(tmp_path) as issuer:
        app, ports = build_api(
            redis_url,
            key_prefix,
            tmp_path,
            oidc_issuer=issuer,
            oidc_client_id="flux",
            oidc_client_secret=SecretStr("secret"),
            public_url=ORIGIN,
        )
        ana = Person(name="ana", sign_ins=(f"{issuer} ana-17",), grants=(Grant(role=Role.RUNNER),))
        ports.client.authority.directory.save(ana, before=None)
        with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
            yield Api(app, ports, client, tmp_path), client


def enter(client: TestClient, subject: str) -> Any:
    """Sign in as somebody whom the provider knows."""
    begun = client.get("/sign-in?next=/v1/me")
    assert begun.status_code == 303
    back = httpx2.post(begun.headers["Location"], data={"sub": subject})
    assert back.is_redirect, back.text
    return client.get(back.headers["Location"].removeprefix(ORIGIN))


def test_a_browser_comes_in_acts_and_goes_out(browser: tuple[Api, TestClient]) -> None:
    _, client = browser
    assert client.get("/v1/me").status_code == 401
    done = enter(client, "ana-17")
    assert (done.status_code, done.headers["Location"]) == (303, "/v1/me")
    cookies = done.headers.get_list("Set-Cookie")
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in cookies)
    assert client.get("/v1/me").json()["name"] == "ana"
    token = client.get("/sign-in/session").json()["csrf_token"]
    own = {"Origin": ORIGIN, "X-CSRF-Token": token}
    started = client.post("/v1/runs", json=START, headers=own)
    assert (started.status_code, started.json()["requester"]) == (201, "ana")
    session = client.cookies["__Host-flux-session"]
    assert client.post("/sign-out", headers=own).status_code == 204
    client.cookies.set("__Host-flux-session", session)
    assert client.get("/v1/me").status_code == 403


def test_no_other_site_acts_with_the_cookie(browser: tuple[Api, TestClient]) -> None:
    _, client = browser
    enter(client, "ana-17")
    token = client.get("/sign-in/session").json()["csrf_token"]
    for headers in (
        {},
        {"Origin": ORIGIN},
        {"Origin": "https://evil.example", "X-CSRF-Token": token},
        {"Origin": ORIGIN, "X-CSRF-Token": "x" * len(token)},
        {"X-CSRF-Token": token},
        {"Origin": "null", "X-CSRF-Token": token},
    ):
        for method, path in (("post", "/v1/runs"), ("post", "/sign-out"), ("delete", "/v1/keys/0")):
            assert client.request(method, path, headers=headers).status_code == 403, headers
    assert client.get("/v1/runs").json()["items"] == []


def test_whom_nobody_let_in_stays_outside(browser: tuple[Api, TestClient]) -> None:
    _, client = browser
    refused = enter(client, "eve-3")
    assert refused.status_code == 403
    assert "is nobody in this installation" in refused.json()["detail"]
    assert client.get("/v1/me").status_code == 401


def test_without_a_provider_there_is_no_sign_in(api: Api) -> None:
    assert api.client.get("/sign-in").status_code == 404
    assert api.client.get("/v1/me", headers={"Cookie": "__Host-flux-session=x"}).status_code == 403
