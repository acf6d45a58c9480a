"""What is posted for triggers, over a real Redis: the door that takes no key, and who would try it."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from tests.support.http_api import Api
from tests.support.http_server import serve

from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.http.app import build_app
from fluxagents.scheduler.http.ports import Limits
from fluxagents.scheduler.webhooks.signature import build_headers

TRIGGER: dict[str, Any] = {
    "name": "pushes",
    "source": {"kind": "webhook", "scheme": {"kind": "standard"}},
    "flow": "metabolic_analysis",
    "model": "e_coli_core",
    "expressions": {"question": "payload.question"},
}
HOOK = "/v1/hooks/pushes"
GITHUB_SECRET = "a secret of sixteen"


@pytest.fixture
def secret(api: Api, rob: dict[str, str]) -> str:
    """The secret of a trigger that rob added."""
    made = api.client.post("/v1/triggers", json=TRIGGER, headers=rob)
    assert made.status_code == 201, made.text
    text: str = made.json()["secret"]
    return text


def sign(api: Api, secret: str, body: bytes, message: str = "msg_1") -> dict[str, str]:
    headers = build_headers([secret], message, api.ports.clock.now_ms() // 1_000, body)
    return {"content-type": "application/json", **headers}


def test_a_delivery_is_answered_before_its_run_starts_and_again_in_the_same_way(
    api: Api, rob: dict[str, str], secret: str
) -> None:
    body = json.dumps({"question": "Does it grow?"}).encode()
    first = api.client.post(HOOK, content=body, headers=sign(api, secret, body))
    assert (first.status_code, first.json()["delivery"]) == (202, "msg_1"), first.text
    again = api.client.post(HOOK, content=body, headers=sign(api, secret, body))
    assert (again.status_code, again.json()) == (202, first.json())
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    (kept,) = api.client.get("/v1/triggers/pushes/deliveries", headers=rob).json()
    assert (kept["status"], kept["repeats"], kept["body"]) == ("new", 1, body.decode())
    (preview,) = api.client.post("/v1/triggers/pushes/preview", headers=rob).json()
    assert (preview["fires"], preview["inputs"]) == (True, {"question": "Does it grow?"})
    replayed = api.client.post("/v1/triggers/pushes/deliveries/msg_1/replay", headers=rob)
    assert (replayed.status_code, replayed.json()) == (202, {"occurrence": "msg_1#2"})


def test_the_secret_is_told_once_and_both_count_while_it_is_changed(
    api: Api, rob: dict[str, str], secret: str
) -> None:
    new = api.client.post("/v1/triggers/pushes/rotate", json={"overlap_s": 600}, headers=rob).json()["secret"]
    for number, each in enumerate((secret, new)):
        headers = sign(api, each, b"{}", f"msg_{number}")
        assert api.client.post(HOOK, content=b"{}", headers=headers).status_code == 202
    shown = api.client.get("/v1/triggers/pushes", headers=rob)
    kept = api.client.get("/v1/triggers/pushes/deliveries", headers=rob)
    listed = api.client.get("/v1/triggers", headers=rob)
    for text in (shown.text, kept.text, listed.text):
        assert new not in text
        assert secret not in text
        assert "v1," not in text
    content = {name: value for name, value in TRIGGER.items() if name != "name"}
    match = {**rob, "If-Match": shown.headers["ETag"]}
    replaced = api.client.put("/v1/triggers/pushes", json=content, headers=match)
    assert (replaced.status_code, replaced.json()["secret"]) == (200, None)
    headers = sign(api, new, b"{}", "msg_9")
    assert api.client.post(HOOK, content=b"{}", headers=headers).status_code == 202


def test_a_forged_request_gets_one_answer_whether_there_is_such_a_trigger_or_not(
    api: Api, rob: dict[str, str], secret: str
) -> None:
    forged = sign(api, secret, b"{}") | {"webhook-signature": "v1,AAAA"}
    answers = [
        api.client.post(path, content=b"{}", headers=headers)
        for path in (HOOK, "/v1/hooks/nobody", "/v1/hooks/" + "x" * 64)
        for headers in ({}, forged, rob)
    ]
    assert {answer.status_code for answer in answers} == {401}
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/unsigned"
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert api.client.get("/v1/triggers/pushes/deliveries", headers=rob).json() == []


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "9" * 5_000},
        {"webhook-timestamp": "١٢٣"},
        {"webhook-id": "msg_2"},
        {"webhook-signature": "v1," + "A" * 5_000},
        {"webhook-signature": "v2,abc v1,ü"},
    ],
)
def test_altered_headers_are_no_proof(api: Api, secret: str, change: dict[str, str]) -> None:
    headers = sign(api, secret, b"{}") | change
    raw = [(name.encode(), value.encode("utf-8")) for name, value in headers.items()]
    assert api.client.post(HOOK, content=b"{}", headers=raw).status_code == 401


def test_a_body_that_was_altered_on_the_way_is_no_proof(api: Api, secret: str) -> None:
    headers = sign(api, secret, b'{"question": "Does it grow?"}')
    assert api.client.post(HOOK, content=b'{"question":"Does it grow?"}', headers=headers).status_code == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[" * 100_000, b'{"a":' * 5_000, b"NaN", b'"\xff"', b'"\\ud800"', b'{"a": 1'],
)
def test_a_signed_body_that_nobody_can_read_is_refused(
    api: Api, rob: dict[str, str], secret: str, body: bytes
) -> None:
    answer = api.client.post(HOOK, content=body, headers=sign(api, secret, body))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad_argument"), answer.text
    assert api.client.get("/v1/triggers/pushes/deliveries", headers=rob).json() == []


def test_a_body_that_is_too_large_or_compressed_is_refused_unread(api: Api, secret: str) -> None:
    large = b'"' + b"x" * 1_000_000 + b'"'
    assert api.client.post(HOOK, content=large, headers=sign(api, secret, large)).status_code == 413
    compressed = sign(api, secret, b"{}") | {"content-encoding": "gzip"}
    assert api.client.post(HOOK, content=b"{}", headers=compressed).status_code == 415

    with serve(api.app) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as raw:
            raw.sendall(f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            # It never says that it ends.
            raw.sendall((b"%x\r\n%s\r\n" % (10_000, b"x" * 10_000)) * 101)
            assert raw.recv(10_000).startswith(b"HTTP/1.1 413")


def test_a_body_that_comes_too_slowly_holds_nobody_up(api: Api, secret: str) -> None:
    app = build_app(replace(api.ports, limits=Limits(hook_s=0.3)))
    with serve(app) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as slow:
            slow.sendall(f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
            body = json.dumps({"question": "?"}).encode()
            other = Request(f"{url}{HOOK}", body, sign(api, secret, body))
            with urlopen(other, timeout=10) as taken:
                assert taken.status == 202
            answer = slow.recv(10_000).decode()
    assert answer.startswith("HTTP/1.1 408"), answer


@pytest.mark.parametrize("line", ["X-Event: push\r\nX-Evil: 1", "X-Event: a\x00b", "X-Event: a\rb"])
def test_headers_with_control_characters_do_not_come_through(api: Api, secret: str, line: str) -> None:
    body = b"{}"
    signed = "".join(f"{name}: {value}\r\n" for name, value in sign(api, secret, body).items())
    with serve(api.app) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as raw:
            head = f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{signed}{line}\r\n"
            raw.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = raw.recv(10_000).decode()
    status = int(answer.split()[1])
    kept = api.ports.deliveries(api.ports.client)
    headers = [each.headers for each in kept._box.list("pushes", limit=5)]
    if status == 202:
        # Two lines are two headers, and neither has the other in it.
        assert headers[0]["x-event"] == "push"
    else:
        assert status == 400
        assert headers == []


def test_a_hundred_deliveries_of_one_id_at_once_are_one(api: Api, rob: dict[str, str], secret: str) -> None:
    body = json.dumps({"question": "Does it grow?"}).encode()

    def post(_: int) -> tuple[int, str]:
        answer = api.client.post(HOOK, content=body, headers=sign(api, secret, body))
        return answer.status_code, answer.text

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(post, range(100)))
    assert [status for status, _ in answers] == [202]
    (kept,) = api.client.get("/v1/triggers/pushes/deliveries", headers=rob).json()
    assert kept["repeats"] == 99


def sign_github(body: bytes) -> dict[str, str]:
    digest = hmac.new(GITHUB_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}", "x-github-event": "push"}


def sign_own(body: bytes) -> dict[str, str]:
    return {"x-sig": "s=" + hmac.new(GITHUB_SECRET.encode(), body, hashlib.sha512).hexdigest()}


@pytest.mark.parametrize(
    ("scheme", "signer"),
    [
        ({"kind": "github"}, sign_github),
        ({"kind": "hmac", "header": "X-Sig", "algorithm": "sha512", "prefix": "s="}, sign_own),
    ],
)
@pytest.mark.parametrize("form", [False, True])
def test_other_schemes_and_forms_are_taken_too(
    api: Api,
    rob: dict[str, str],
    scheme: dict[str, str],
    signer: Callable[[bytes], dict[str, str]],
    form: bool,
) -> None:
    source = {"kind": "webhook", "scheme": scheme}
    made = api.client.post(
        "/v1/triggers", json={**TRIGGER, "source": source, "secret": GITHUB_SECRET}, headers=rob
    )
    assert made.status_code == 201, made.text
    body, kind = b'{"question": "Does it grow?"}', "application/json"
    if form:
        body, kind = (
            b"payload=%7B%22question%22%3A+%22Does+it+grow%3F%22%7D",
            "application/x-www-form-urlencoded",
        )
    answer = api.client.post(HOOK, content=body, headers={"content-type": kind, **signer(body)})
    assert answer.status_code == 202, answer.text
    (preview,) = api.client.post("/v1/triggers/pushes/preview", headers=rob).json()
    assert preview["inputs"] == {"question": "Does it grow?"}


def test_payloads_are_for_those_who_may_change_the_trigger(api: Api, secret: str) -> None:
    eve = api.bearer("eve", Role.VIEWER)
    assert api.client.get("/v1/triggers/pushes", headers=eve).status_code == 200
    for method, what in (("get", "deliveries"), ("post", "preview"), ("post", "rotate")):
        assert api.client.request(method, f"/v1/triggers/pushes/{what}", headers=eve).status_code == 403
    assert secret
