"""The habits of HTTP: keys, problems, idempotency, limits and headers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.http_api import Api, build_api

from fluxagents.flows.errors import ErrorClass
from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.http.problem_types import PROBLEMS

START: dict[str, Any] = {"question": "How fast does it grow?", "model": "e_coli_core"}


def test_the_same_key_gives_the_same_answer(api: Api, rob: dict[str, str]) -> None:
    headers = {**rob, "Idempotency-Key": "first"}
    first = api.client.post("/v1/runs", json=START, headers=headers)
    second = api.client.post("/v1/runs", json=START, headers=headers)
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotent-Replayed"] == "true"
    other = api.client.post("/v1/runs", json={**START, "session": "s"}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key_reused")
    assert len(api.client.get("/v1/runs", headers=rob).json()["items"]) == 1


def test_keys_of_two_people_are_two_keys(api: Api, rob: dict[str, str], ana: dict[str, str]) -> None:
    runs = {
        api.client.post("/v1/runs", json=START, headers={**who, "Idempotency-Key": "k"}).json()["run_id"]
        for who in (rob, ana)
    }
    assert len(runs) == 2


def test_a_hundred_requests_with_one_key_at_once_start_one_run(api: Api, rob: dict[str, str]) -> None:
    headers = {**rob, "Idempotency-Key": "storm"}

    def start(_: int) -> int:
        return api.client.post("/v1/runs", json=START, headers=headers).status_code

    with ThreadPoolExecutor(25) as threads:
        statuses = list(threads.map(start, range(100)))
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert len(api.client.get("/v1/runs", headers=rob).json()["items"]) == 1


def test_a_key_whose_process_died_starts_the_same_run(api: Api, rob: dict[str, str]) -> None:
    first = api.client.post("/v1/runs", json=START, headers={**rob, "Idempotency-Key": "k"}).json()
    # As if the process had died after the run was stored and before its answer was.
    keys: Any = api.ports.idempotency
    keys._redis.hdel(keys._name("rob:k"), "response", "lease_until")
    second = api.client.post("/v1/runs", json=START, headers={**rob, "Idempotency-Key": "k"})
    assert second.status_code == 201, second.text
    assert second.json()["run_id"] == first["run_id"]


def test_while_the_first_request_runs_a_second_one_waits(api: Api, rob: dict[str, str]) -> None:
    headers = {**rob, "Idempotency-Key": "slow"}
    first = api.client.post("/v1/runs", json=START, headers=headers)
    keys: Any = api.ports.idempotency
    keys._redis.hdel(keys._name("rob:slow"), "response")
    keys._redis.hset(keys._name("rob:slow"), "lease_until", 2**52)
    second = api.client.post("/v1/runs", json=START, headers=headers)
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["type"] == "/problems/in_flight"
    assert second.headers["Retry-After"] == "1"


def test_a_request_without_a_key_that_counts_is_refused(api: Api, rob: dict[str, str]) -> None:
    for headers in (
        {},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Bearer flux_{'0' * 8}_{'a' * 43}"},
        {"Authorization": f"{rob['Authorization']}x"},
    ):
        answer = api.client.get("/v1/runs", headers=headers)
        assert answer.status_code == 401, headers
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["type"] == "/problems/unauthenticated"


def test_a_revoked_key_counts_no_more_and_the_answer_does_not_tell(api: Api, ana: dict[str, str]) -> None:
    prefix = ana["Authorization"].split("_")[1]
    assert api.client.delete(f"/v1/keys/{prefix}", headers=ana).json()["status"] == "revoked"
    answer = api.client.get("/v1/me", headers=ana)
    assert (answer.status_code, answer.json()["detail"]) == (401, "the key is not valid")


def test_a_key_in_the_url_is_refused_and_not_logged(
    api: Api, rob: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    secret = rob["Authorization"].removeprefix("Bearer ")
    capsys.readouterr()
    for name in ("key", "api_key", "access_token", "TOKEN"):
        answer = api.client.get(f"/v1/runs?{name}={secret}")
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/key_in_url")
    output = capsys.readouterr()
    assert secret not in output.out + output.err


def test_a_key_is_shown_once_and_kept_as_a_digest(api: Api, ana: dict[str, str]) -> None:
    created = api.client.post("/v1/keys", json={"purpose": "p", "scopes": ["read"]}, headers=ana)
    assert created.status_code == 201, created.text
    key = created.json()["key"]
    only_reads = {"Authorization": f"Bearer {key}"}
    assert api.client.get("/v1/runs", headers=only_reads).status_code == 200
    assert api.client.post("/v1/runs", json=START, headers=only_reads).status_code == 403
    listed = api.client.get("/v1/keys", headers=ana).text
    assert created.json()["prefix"] in listed
    assert key not in listed


def test_every_answer_has_an_id_and_headers_that_protect(api: Api, rob: dict[str, str]) -> None:
    answer = api.client.get("/v1/me", headers={**rob, "X-Request-ID": "mine-1"})
    assert answer.headers["X-Request-ID"] == "mine-1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["RateLimit-Policy"] == '"minute";q=6000;w=60'
    assert "access-control-allow-origin" not in answer.headers
    odd = api.client.get("/healthz", headers={"X-Request-ID": "a b\tc"})
    assert odd.headers["X-Request-ID"] != "a b\tc"


def test_long_answers_are_compressed_when_asked_for(api: Api, rob: dict[str, str]) -> None:
    answer = api.client.get("/v1/tools", headers={**rob, "Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    plain = api.client.get("/v1/tools", headers={**rob, "Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.json() == answer.json()


def test_one_key_sends_so_many_requests_a_minute(
    redis_url: str, key_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, ports = build_api(redis_url, key_prefix, tmp_path, api_requests_per_minute=3)
    with TestClient(app) as client:
        api = Api(app, ports, client, tmp_path)
        rob, eve = api.bearer("rob", Role.RUNNER), api.bearer("eve", Role.RUNNER)
        answers = [client.get("/v1/me", headers=rob) for _ in range(5)]
        limited = [answer for answer in answers if answer.status_code == 429]
        assert len(limited) == 2
        assert limited[0].json()["type"] == "/problems/rate_limited"
        assert 0 < int(limited[0].headers["Retry-After"]) <= 60
        assert client.get("/v1/me", headers=eve).status_code == 200
        # Another process, whatever the time on its machine, counts on.
        other, _ = build_api(redis_url, key_prefix, tmp_path, api_requests_per_minute=3)
        with TestClient(other) as second, monkeypatch.context() as elsewhere:
            elsewhere.setattr("time.time", lambda: 4e9)
            assert second.get("/v1/me", headers=rob).status_code == 429


def test_pages_of_other_servers_read_nothing_unless_they_are_named(
    redis_url: str, key_prefix: str, tmp_path: Path
) -> None:
    app, _ = build_api(redis_url, key_prefix, tmp_path, api_origins=("https://lab.example",))
    with TestClient(app) as client:
        asked = {"Access-Control-Request-Method": "POST", "Origin": "https://lab.example"}
        allowed = client.options("/v1/runs", headers=asked)
        assert allowed.headers["access-control-allow-origin"] == "https://lab.example"
        refused = client.options("/v1/runs", headers={**asked, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_each_problem_has_a_page(api: Api, name: str) -> None:
    page = api.client.get(PROBLEMS[name].uri)
    assert PROBLEMS[name].meaning in page.text


def test_each_kind_of_error_has_a_problem() -> None:
    assert {kind.value for kind in ErrorClass} <= set(PROBLEMS)


def test_errors_of_the_protocol_are_problems_too(api: Api, rob: dict[str, str]) -> None:
    cases: list[tuple[Any, int, str]] = [
        (api.client.get("/v1/nothing", headers=rob), 404, "no_such_page"),
        (api.client.get("/nothing"), 404, "no_such_page"),
        (api.client.delete("/v1/runs", headers=rob), 405, "method"),
        (api.client.post("/v1/runs", content=b"{", headers=rob), 422, "invalid_request"),
        (api.client.post("/v1/runs", json={**START, "extra": 1}, headers=rob), 422, "invalid_request"),
        (api.client.post("/v1/runs", json={"model": 7}, headers=rob), 422, "invalid_request"),
        (api.client.post("/v1/runs", json=[], headers=rob), 422, "invalid_request"),
        (api.client.get("/v1/runs?limit=0", headers=rob), 422, "invalid_request"),
        (api.client.get("/v1/runs?cursor=nonsense", headers=rob), 422, "bad_argument"),
        (api.client.get("/v1/runs?unknown=1", headers=rob), 422, "invalid_request"),
    ]
    for answer, status, name in cases:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        assert answer.json()["type"] == f"/problems/{name}"
    # As RFC 9110 asks, and before anybody has asked for runs in another way.
    assert api.client.delete("/v1/runs", headers=rob).headers["Allow"] == "GET, POST"


def test_a_store_that_is_away_is_said_to_be_away(key_prefix: str, tmp_path: Path) -> None:
    app, _ = build_api("redis://127.0.0.1:1/0", key_prefix, tmp_path)
    with TestClient(app) as client:
        answer = client.get("/v1/runs", headers={"Authorization": f"Bearer flux_{'0' * 8}_{'a' * 43}"})
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/provider_outage")
        assert answer.headers["Retry-After"] == "5"
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200


def test_unknown_fields_are_named(api: Api, rob: dict[str, str]) -> None:
    body = {**START, "modle": "x", "lane": "fast"}
    errors = api.client.post("/v1/runs", json=body, headers=rob).json()["errors"]
    assert {error["field"] for error in errors} == {"body.modle", "body.lane"}
    assert json.dumps(errors).isascii()


@pytest.mark.parametrize(
    ("address", "name", "hint"),
    [
        ("/v1/runs?statuz=failed", "query.statuz", "nearest: status"),
        ("/v1/sessions?cursor=&INF=null", "query.INF", "there are"),
        ("/v1/runs/nobody/result?full=1", "query.full", "it has none"),
        ("/v1/approvals?=1&limit=1", "query.", "there are"),
    ],
)
def test_a_parameter_that_an_address_does_not_have_is_refused(
    api: Api, rob: dict[str, str], address: str, name: str, hint: str
) -> None:
    refused = api.client.get(address, headers=rob)
    assert refused.status_code == 422, refused.text
    (error,) = refused.json()["errors"]
    assert error["field"] == name
    assert hint in error["message"]


@pytest.mark.parametrize(("field", "value"), [("stars", True), ("stars", "5")])
def test_what_pydantic_would_take_for_a_number_is_none(
    api: Api, rob: dict[str, str], field: str, value: object
) -> None:
    refused = api.client.post("/v1/runs/nobody/ratings", json={"stars": 5, field: value}, headers=rob)
    assert refused.status_code == 422, refused.text
    (error,) = refused.json()["errors"]
    assert error["field"] == f"body.{field}"
    assert "is no number" in error["message"]
