"""What comes without scripts: a file with a form of a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.support.http_api import Api, build_api
from tests.support.page_visits import enter, open_browser, send_files

from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.http.app import build_app
from fluxagents.scheduler.http.ports import Limits

CORE = files("cobra").joinpath("data", "textbook.xml.gz").read_bytes()


@pytest.fixture
def browser(api: Api) -> TestClient:
    enter(api, browser := open_browser(api), "rob", Role.RUNNER)
    return browser


def test_a_model_is_added_by_a_form(api: Api, browser: TestClient) -> None:
    status, location = send_files(browser, "/models", {"file": ("my.core.xml.gz", CORE)})
    (record,) = api.ports.client.models.list()
    assert (status, location) == (303, f"/models/{record.digest}")
    assert (record.name, record.suffix) == ("my.core", ".xml.gz")
    assert "Contents" in browser.get(location).text


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("core.xml.gz", CORE[:5_000], "model &#39;core&#39;"),
        ("core.doc", CORE, "has no supported suffix"),
        ("", b"", "no file was chosen"),
    ],
    ids=["broken", "other", "none"],
)
def test_what_is_no_model_is_named_and_not_stored(
    api: Api, browser: TestClient, name: str, content: bytes, says: str
) -> None:
    status, page = send_files(browser, "/models", {"file": (name, content)})
    assert (status, says in page, 'id="file"' in page) == (422, True, True)
    assert api.ports.client.models.list() == []


def test_who_only_looks_adds_none(api: Api) -> None:
    enter(api, browser := open_browser(api), "vera", Role.VIEWER)
    status, page = send_files(browser, "/models", {"file": ("core.xml.gz", CORE)})
    assert (status, "may not" in page) == (403, True)


@pytest.fixture
def narrow(redis_url: str, key_prefix: str, tmp_path: Path) -> Iterator[TestClient]:
    """A browser of an API that takes small files only."""
    _, ports = build_api(redis_url, key_prefix, tmp_path)
    app = build_app(replace(ports, limits=Limits(part_bytes=5_000, body_bytes=3_000)))
    with TestClient(app) as client:
        api = Api(app, ports, client, tmp_path)
        enter(api, browser := open_browser(api), "rob", Role.RUNNER)
        yield browser


@pytest.mark.parametrize(
    ("path", "limit"), [("/models", "5,000"), ("/genomes", "5,000"), ("/ask", "3,000"), ("/enter", "3,000")]
)
def test_what_is_too_large_is_told_in_a_page(narrow: TestClient, path: str, limit: str) -> None:
    status, page = send_files(narrow, path, {"file": ("core.xml.gz", CORE)})
    assert (status, page.startswith("<!doctype html>")) == (413, True)
    assert f"at most {limit} are taken here" in page
    assert "drop it on the page" in page


def test_a_body_without_a_length_is_cut_off_in_a_page(narrow: TestClient) -> None:
    answer = narrow.post("/ask", content=iter([b"x" * 2_000] * 3))
    assert (answer.status_code, answer.text.startswith("<!doctype html>")) == (413, True)


def test_programs_are_told_as_before(narrow: TestClient) -> None:
    answer = narrow.post("/v1/hooks/none", content=b"x" * 2_000_000)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too_large")
