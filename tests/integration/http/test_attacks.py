"""What somebody who means harm would try."""

from __future__ import annotations

import gzip
import hmac
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient
from tests.support.http_api import Api, build_api
from tests.support.http_server import serve

from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.http.app import build_app
from fluxagents.scheduler.http.ports import Limits

START: dict[str, Any] = {"question": "How fast does it grow?", "model": "e_coli_core"}


def test_no_address_but_a_few_answers_without_a_key(api: Api) -> None:
    paths = api.app.openapi()["paths"]
    tried = 0
    for path, operations in paths.items():
        for method in operations:
            answer = api.client.request(method, path)
            if path.startswith(("/v1/", "/a2h/")):
                assert answer.status_code == 401, (method, path)
                tried += 1
            else:
                assert answer.status_code in {200, 404}, (method, path)
    assert tried > 50


def test_a_role_does_what_it_may_and_no_more(api: Api, rob: dict[str, str]) -> None:
    eve = api.bearer("eve", Role.VIEWER)
    run = api.client.post("/v1/runs", json=START, headers=rob).json()["run_id"]
    assert api.client.get(f"/v1/runs/{run}", headers=eve).status_code == 200
    tries: list[tuple[str, str, Any]] = [
        ("post", "/v1/runs", START),
        ("post", "/v1/batches", {"flow": "metabolic_analysis", "runs": [{"model": "e_coli_core"}]}),
        ("post", f"/v1/runs/{run}/cancel", {}),
        ("post", f"/v1/runs/{run}/pause", None),
        ("post", f"/v1/runs/{run}/fork", {}),
        ("post", "/v1/models", {"url": "https://example.org/m.xml"}),
        ("post", "/v1/uploads", None),
        ("post", "/v1/schedules", _schedule("s")),
        ("post", "/v1/prompts/tool_selection/versions", {"source": "x"}),
        ("post", "/v1/prompts/tool_selection/promote", {"version": "1"}),
        ("get", "/v1/people", None),
        ("get", "/v1/groups", None),
        ("post", "/v1/keys", {"owner": "rob"}),
    ]
    for method, path, body in tries:
        answer = api.client.request(method, path, json=body, headers=eve)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/permission"), path
    assert api.client.get(f"/v1/runs/{run}", headers=rob).json()["status"] == "running"


def _schedule(name: str) -> dict[str, Any]:
    timing = {"kind": "every", "seconds": 60}
    return {"name": name, "flow": "metabolic_analysis", "model": "e_coli_core", "timing": timing}


def test_what_is_in_a_session_of_others_does_not_exist(api: Api, rob: dict[str, str]) -> None:
    guest = api.bearer("guest", Role.RUNNER, place="session:shared")
    run = api.client.post("/v1/runs", json={**START, "session": "private"}, headers=rob).json()["run_id"]
    api.client.post("/v1/runs", json={**START, "session": "shared"}, headers=rob)
    unknown = api.client.get("/v1/runs/NOTHING", headers=guest)
    for method, path in (
        ("get", f"/v1/runs/{run}"),
        ("get", f"/v1/runs/{run}/result"),
        ("get", f"/v1/runs/{run}/events"),
        ("get", f"/v1/runs/{run}/artifacts"),
        ("get", f"/v1/runs/{run}/export"),
        ("get", f"/v1/runs/{run}/rollback"),
        ("post", f"/v1/runs/{run}/cancel"),
        ("post", f"/v1/approvals/{run}.3/approve"),
        ("get", "/v1/sessions/private"),
        ("post", "/v1/sessions/private/cancel"),
    ):
        answer = api.client.request(method, path, headers=guest)
        assert answer.status_code == 404, (path, answer.text)
    hidden = api.client.get(f"/v1/runs/{run}", headers=guest)
    assert hidden.json()["detail"].replace(run, "NOTHING") == unknown.json()["detail"]
    listed = api.client.get("/v1/runs", headers=guest).json()["items"]
    assert [item["session"] for item in listed] == ["shared"]


def test_paths_lead_to_no_file(api: Api, ana: dict[str, str]) -> None:
    tries = ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "sha256:../../x", "a" * 3_000]
    for address in ("artifacts", "models", "flows", "media", "tools", "prompts", "uploads", "schedules"):
        for name in tries:
            answer = api.client.get(f"/v1/{address}/{name}", headers=ana)
            assert answer.status_code in {404, 405, 422}, (address, name, answer.text)
            assert "root:" not in answer.text


def test_no_header_of_an_answer_comes_from_a_request(api: Api, rob: dict[str, str]) -> None:
    body = {"flow": "metabolic_analysis", "runs": [{"model": "e_coli_core", "inputs": {"question": "q"}}]}
    evil = {**body, "session": "a\r\nX-Evil: 1"}
    assert api.client.post("/v1/batches", json=evil, headers=rob).status_code == 422
    unusual = {**body, "session": "ä/b?c#d é"}
    started = api.client.post("/v1/batches", json=unusual, headers=rob)
    assert started.status_code == 202, started.text
    location = started.headers["Location"]
    assert api.client.get(location, headers=rob).json()["name"] == unusual["session"]


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_json_bomb_is_no_fault(api: Api, rob: dict[str, str], opening: str) -> None:
    headers = {**rob, "Content-Type": "application/json"}
    answer = api.client.post("/v1/runs", content=opening * 200_000, headers=headers)
    assert answer.status_code in {400, 422}, answer.text
    deep = '{"model": "e_coli_core", "question": "q", "inputs": {"x": ' + "[" * 900 + "]" * 900 + "}}"
    answer = api.client.post("/v1/runs", content=deep, headers=headers)
    assert answer.status_code in {400, 422}, answer.text


def test_large_and_compressed_bodies_are_not_read(api: Api, rob: dict[str, str]) -> None:
    large = api.client.post("/v1/runs", content=b"x" * 10_000_000, headers=rob)
    assert (large.status_code, large.json()["type"]) == (413, "/problems/too_large")
    headers = {**rob, "Content-Encoding": "gzip", "Content-Type": "application/json"}
    bomb = api.client.post("/v1/runs", content=gzip.compress(b" " * 10_000_000), headers=headers)
    assert (bomb.status_code, bomb.json()["type"]) == (415, "/problems/media_type")


def test_a_body_without_an_end_is_cut_off(redis_url: str, key_prefix: str, tmp_path: Path) -> None:
    _, ports = build_api(redis_url, key_prefix, tmp_path)
    app = build_app(replace(ports, limits=Limits(body_s=0.5)))
    rob = Api(app, ports, TestClient(app), tmp_path).bearer("rob", Role.RUNNER)
    head = (
        "POST /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: {rob['Authorization']}\r\n"
    )
    with serve(app) as address:
        slow = _talk(address, f"{head}Content-Length: 100\r\n\r\n{{")
        assert b"408 Request Timeout" in slow
        assert b"/problems/too_slow" in slow
        chunk = "10000\r\n" + "x" * 0x10000 + "\r\n"
        endless = _talk(address, f"{head}Transfer-Encoding: chunked\r\n\r\n" + chunk * 31)
        assert b"413 " in endless


def _talk(address: str, request: str) -> bytes:
    url = urlsplit(address)
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(request.encode())
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


def test_a_model_from_a_private_address_is_refused(api: Api, rob: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        listener.settimeout(0.1)
        for url in (f"http://127.0.0.1:{port}/m.xml", f"http://localhost:{port}/m.xml", "http://[::1]/m.xml"):
            answer = api.client.post("/v1/models", json={"url": url, "name": "m"}, headers=rob)
            assert answer.status_code in {403, 422}, answer.text
        with pytest.raises(TimeoutError):
            listener.accept()
    for url in ("file:///etc/passwd", "s3://bucket/m.xml", "/etc/passwd"):
        assert api.client.post("/v1/models", json={"url": url}, headers=rob).status_code == 422


def test_a_key_is_looked_up_the_same_way_whether_or_not_its_prefix_exists(
    api: Api, rob: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    digest = hmac.compare_digest

    def compare(a: Any, b: Any) -> bool:
        compared.append(a)
        return bool(digest(a, b))

    monkeypatch.setattr(hmac, "compare_digest", compare)
    known = rob["Authorization"].split("_")[1]
    for prefix in (known, "0" * 8):
        key = {"Authorization": f"Bearer flux_{prefix}_{'a' * 43}"}
        assert api.client.get("/v1/me", headers=key).status_code == 401
    assert len(compared) == 2
