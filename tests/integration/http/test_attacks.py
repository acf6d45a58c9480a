"""What somebody who means harm would try."""

from __future__ import annotations

import ast
import asyncio
import gzip
import hmac
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from starlette.testclient import TestClient
from tests.support.http_api import Api, build_api
from tests.support.http_server import serve
from tests.support.places import ROOT

from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.http.app import build_app
from fluxagents.scheduler.http.ports import Limits
from fluxagents.workers.models.parser.parsing import ParsingLimits

HERE = "tests/integration/http/test_attacks.py"
ATTACKS = {
    "no key": (f"{HERE}::test_no_address_but_a_few_answers_without_a_key",),
    "a wrong role": (f"{HERE}::test_a_role_does_what_it_may_and_no_more",),
    "a session of others by its id": (
        f"{HERE}::test_what_is_in_a_session_of_others_does_not_exist",
        "tests/integration/http/test_session_files.py::test_a_session_is_reported_as_html_or_pdf",
    ),
    "a key in the URL": (
        "tests/integration/http/test_protocol.py::test_a_key_in_the_url_is_refused_and_not_logged",
    ),
    "a request of another site (CSRF)": (
        "tests/integration/http/test_browser_sessions.py::test_no_other_site_acts_with_the_cookie",
        "tests/unit/flows/people/test_signed_token.py::test_a_request_that_another_site_may_have_sent_is_refused",
    ),
    "a page that runs in a reader's browser (XSS)": (
        "tests/integration/http/test_session_files.py::test_a_session_is_reported_as_html_or_pdf",
    ),
    "a webhook to a private address (SSRF)": (
        "tests/unit/workers/files/test_web_poster.py::test_a_private_address_is_asked_nothing",
        "tests/unit/workers/files/test_web_poster.py::test_a_redirect_is_no_success_and_is_not_followed",
    ),
    "a name that leads elsewhere the second time (DNS rebinding)": (
        "tests/unit/workers/files/test_web_poster.py::test_a_name_that_changes_its_address_leads_to_no_private_one",
        "tests/unit/workers/files/test_web_poster.py::test_the_address_that_was_looked_at_is_the_one_that_is_asked",
        f"{HERE}::test_a_model_from_a_name_that_changes_its_address_is_refused",
    ),
    "a model from a private address (SSRF)": (f"{HERE}::test_a_model_from_a_private_address_is_refused",),
    "a path to another file": (f"{HERE}::test_paths_lead_to_no_file",),
    "a header in a name": (f"{HERE}::test_no_header_of_an_answer_comes_from_a_request",),
    "a JSON bomb": (f"{HERE}::test_a_json_bomb_is_no_fault",),
    "a zip bomb": (
        f"{HERE}::test_large_and_compressed_bodies_are_not_read",
        f"{HERE}::test_a_model_that_unpacks_to_too_much_is_refused",
        "tests/unit/workers/archive/test_run_transfer.py::test_a_bomb_is_not_unpacked",
    ),
    "a body without an end": (f"{HERE}::test_a_body_without_an_end_is_cut_off",),
    "an altered file": (
        "tests/integration/http/test_session_files.py::test_a_file_that_was_altered_leaves_nothing",
        "tests/unit/workers/archive/test_run_transfer.py::test_a_forged_file_is_refused_while_it_keeps_the_signature",
    ),
    "an altered signature": (
        "tests/unit/scheduler/webhooks/test_signature.py::test_what_was_altered_is_not_signed",
        "tests/unit/flows/people/test_signed_token.py::test_no_character_can_be_changed",
    ),
    "a replayed message": (
        "tests/unit/scheduler/webhooks/test_signature.py::test_an_old_message_is_not_taken_again",
        "tests/unit/scheduler/webhooks/test_incoming.py::test_an_old_request_of_slack_is_not_taken_again",
        "tests/unit/scheduler/webhooks/test_incoming.py::test_a_repetition_under_another_unsigned_id_is_the_same_delivery",
    ),
    "an entry taken out of the audit log": (
        "tests/contract/test_audit_trail.py::test_acts_that_are_taken_out_of_the_store_do_not_pass_as_sealed",
        "tests/unit/flows/people/test_audit.py::test_one_change_anywhere_is_found",
    ),
    "the time that a look-up of a key takes": (
        f"{HERE}::test_a_key_is_looked_up_the_same_way_whether_or_not_its_prefix_exists",
    ),
}
"""What is tried, and the tests that try it, wherever they stand."""

START: dict[str, Any] = {"question": "How fast does it grow?", "model": "e_coli_core"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_is_tried_by_a_test(attack: str) -> None:
    for test in ATTACKS[attack]:
        path, _, name = test.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}, test


SIGNED_IN = {"/metrics", "/sign-in/session", "/sign-out"}
"""Outside of `/v1` and `/a2h`, what a key or a session is needed for."""


def test_no_address_but_a_few_answers_without_a_key(api: Api) -> None:
    paths = api.app.openapi()["paths"]
    tried = 0
    for path, operations in paths.items():
        for method in operations:
            answer = api.client.request(method, path)
            if path.startswith(("/v1/", "/a2h/")):
                assert answer.status_code == 401, (method, path)
                tried += 1
            elif path in SIGNED_IN:
                assert answer.status_code in {401, 403}, (method, path)
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


@pytest.mark.parametrize("later", ["127.0.0.1", "169.254.169.254", "::1"])
def test_a_model_from_a_name_that_changes_its_address_is_refused(
    api: Api, rob: dict[str, str], monkeypatch: pytest.MonkeyPatch, later: str
) -> None:
    """Whatever a resolver says the first time, the address that is connected to is the one that counts."""
    asked: list[str] = []

    async def resolve(_: Any, host: str, port: int = 0, **__: Any) -> list[dict[str, Any]]:
        asked.append(host)
        address = later if len(asked) > 1 else "93.184.216.34"
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [{"hostname": host, "host": address, "port": port, "family": kind, "proto": 0, "flags": 0}]

    async def refuse(_: Any, __: socket.socket, address: Any) -> None:
        assert address[0] == "93.184.216.34"
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(aiohttp.resolver.DefaultResolver, "resolve", resolve)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", refuse)
    body = {"url": "http://models.example.org:8080/m.xml", "name": "m"}
    first, second = (api.client.post("/v1/models", json=body, headers=rob) for _ in range(2))
    assert (first.status_code, "Connection refused" in first.json()["detail"]) == (422, True), first.text
    assert "is not of the public internet" in second.json()["detail"]
    assert asked == ["models.example.org"] * 2


def test_a_model_that_unpacks_to_too_much_is_refused(
    api: Api, rob: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.ports.client.models, "_limits", ParsingLimits(expanded_bytes=5_000_000))
    bomb = gzip.compress(b"\0" * 100_000_000, 1)
    began = api.client.post("/v1/uploads", headers=rob)
    headers = {**rob, "Content-Type": "application/partial-upload", "Upload-Offset": "0"}
    assert api.client.patch(began.headers["Location"], content=bomb, headers=headers).status_code == 200
    body = {"upload": began.json()["upload"], "name": "bomb", "suffix": ".xml.gz"}
    refused = api.client.post("/v1/models", json=body, headers=rob)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/unreadable_model")
    assert "is larger than 5 MB when decompressed" in refused.json()["detail"]
    assert api.client.get("/v1/models", headers=rob).json()["items"] == []


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
