"""Sessions as files over HTTP: reports, export and import; and quotas of persons."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient
from tests.support.http_api import Api, build_api

from fluxagents.flows.people.roles import Role

GROWTH: dict[str, Any] = {"question": "How fast does it grow?", "model": "e_coli_core"}


@pytest.fixture
def run(api: Api, rob: dict[str, str]) -> str:
    """A finished run of the session `lab/s`, which is called `Sugars <i>`."""
    body = {"name": "lab/s", "label": "Sugars <i>", "budget": {"runs": 5}}
    assert api.client.post("/v1/sessions", json=body, headers=rob).status_code == 201
    return api.local().start("metabolic_analysis", session="lab/s", **GROWTH).id


def upload(api: Api, data: bytes, who: dict[str, str]) -> str:
    began = api.client.post("/v1/uploads", headers=who)
    headers = {**who, "Content-Type": "application/partial-upload", "Upload-Offset": "0"}
    assert api.client.patch(began.headers["Location"], content=data, headers=headers).status_code == 200
    return str(began.json()["upload"])


def test_a_session_is_reported_as_html_or_pdf(api: Api, rob: dict[str, str], run: str) -> None:
    url = "/v1/sessions/lab%2Fs/report"
    page = api.client.get(url, headers=rob)
    assert page.headers["content-type"].startswith("text/html")
    assert "Sugars &lt;i&gt;" in page.text
    assert GROWTH["question"] in page.text
    # A page that is made from answers of chat models runs nothing in a browser.
    assert "sandbox" in page.headers["Content-Security-Policy"]
    document = api.client.get(url, headers={**rob, "Accept": "application/pdf"})
    assert document.content.startswith(b"%PDF-")
    assert document.headers["content-disposition"] == 'attachment; filename="lab%2Fs.pdf"'
    assert api.client.get(url, headers={**rob, "Accept": "image/png"}).status_code == 406
    guest = api.bearer("guest", Role.VIEWER, place="session:other")
    assert api.client.get(url, headers=guest).status_code == 404
    del run


def test_a_session_goes_out_as_a_file_and_comes_in_elsewhere(
    api: Api, rob: dict[str, str], run: str, redis_url: str, tmp_path: Path
) -> None:
    file = api.client.get("/v1/sessions/lab%2Fs/export", headers=rob)
    assert file.headers["content-type"] == "application/zip"
    app, ports = build_api(redis_url, f"test-{uuid4().hex[:8]}:", tmp_path / "elsewhere")
    with TestClient(app) as client:
        there = Api(app, ports, client, tmp_path / "elsewhere")
        eve = there.bearer("eve", Role.RUNNER)
        body = {"upload": upload(there, file.content, eve), "name": "copy"}
        taken = client.post("/v1/sessions/import", json=body, headers=eve)
        assert (taken.status_code, taken.headers["Location"]) == (201, "/v1/sessions/copy"), taken.text
        assert (taken.json()["runs"], taken.json()["written"]) == (1, [run])
        assert taken.json()["unverified"].startswith("signed by the unknown key")
        copy = client.get(taken.headers["Location"], headers=eve).json()["session"]
        assert (copy["owner"], copy["label"], copy["budget"]["runs"]) == ("eve", "Sugars <i>", 5)
        assert client.get(f"/v1/runs/{run}", headers=eve).json()["session"] == "copy"


def test_a_file_that_was_altered_leaves_nothing(api: Api, rob: dict[str, str], run: str) -> None:
    data = bytearray(api.client.get("/v1/sessions/lab%2Fs/export", headers=rob).content)
    data[len(data) // 2] ^= 1
    body = {"upload": upload(api, bytes(data), rob), "name": "altered"}
    refused = api.client.post("/v1/sessions/import", json=body, headers=rob)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/schema")
    assert api.client.get("/v1/sessions/altered", headers=rob).status_code == 404
    viewer = api.bearer("vic", Role.VIEWER)
    stolen = api.client.post("/v1/sessions/import", json=body, headers=viewer)
    assert stolen.status_code == 403
    del run


def test_a_quota_is_set_by_an_admin_and_holds_at_the_next_start(
    api: Api, rob: dict[str, str], ana: dict[str, str]
) -> None:
    url = "/v1/people/rob/quota"
    before = api.client.get(url, headers=rob)
    assert before.json() == {"runs_at_once": None, "runs_per_day": None, "weight": 1.0}
    assert api.client.get("/v1/people/ana/quota", headers=rob).status_code == 403
    assert api.client.put(url, json={"runs_at_once": 9}, headers=rob).status_code == 403
    match = {**ana, "If-Match": before.headers["ETag"]}
    assert api.client.put(url, json={"runs_at_once": 1}, headers=match).json()["runs_at_once"] == 1
    assert api.client.put(url, json={"runs_at_once": 2}, headers=match).status_code == 412
    assert api.client.put(url, json={"runs_at_once": 0}, headers=ana).status_code == 422
    assert api.client.put("/v1/people/nobody/quota", json={}, headers=ana).status_code == 404
    starts = [api.client.post("/v1/runs", json=GROWTH, headers=rob) for _ in range(2)]
    assert [start.status_code for start in starts] == [201, 409]
    assert starts[1].json()["type"] == "/problems/budget"
    assert "allows 1 at once" in starts[1].json()["detail"]
    assert api.client.put(url, json={}, headers=ana).json() == before.json()
