"""Somebody who visits the pages with a browser that keeps cookies and follows no redirect by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.testclient import TestClient
from tests.support.http_api import Api

from fluxagents.flows.people.roles import Role

ORIGIN = "http://127.0.0.1:8100"


def open_browser(api: Api) -> TestClient:
    """It speaks TLS, since it keeps secure cookies as browsers do on loopback."""
    return TestClient(api.app, base_url=ORIGIN.replace("http:", "https:"), follow_redirects=False)


def enter(api: Api, browser: TestClient, name: str = "ana", role: Role = Role.ADMIN) -> None:
    """Sign in with a key."""
    done = browser.post("/enter", data={"key": api.key(name, role), "next": "/"})
    assert (done.status_code, done.headers["location"]) == (303, "/")


def send(browser: TestClient, path: str, **fields: str) -> tuple[int, str]:
    """Send a form of a page as its browser does; the status, and where it leads or what it shows."""
    return send_files(browser, path, {}, **fields)


def send_files(
    browser: TestClient, path: str, files: Mapping[str, tuple[str, bytes]], **fields: str
) -> tuple[int, str]:
    """The same with a name and a content for each field of a file."""
    token = re.search(r'name="csrf_token" value="(\w+)"', browser.get("/").text)
    assert token
    headers = {"Origin": ORIGIN, "Host": "127.0.0.1:8100"}
    done = browser.post(path, data={"csrf_token": token[1], **fields}, files=files, headers=headers)
    return done.status_code, done.headers.get("location", done.text)
