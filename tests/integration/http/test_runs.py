"""Runs over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.http_api import Api, build_api
from tests.support.page_visits import enter, open_browser

from fluxagents.flows.people.roles import Role

QUESTION = "How fast does it grow?"
START: dict[str, Any] = {
    "flow": "metabolic_analysis",
    "model": "e_coli_core",
    "inputs": {"question": QUESTION},
}


def test_a_started_run_has_an_address_under_which_it_is_shown(api: Api, rob: dict[str, str]) -> None:
    started = api.client.post("/v1/runs", json=START, headers=rob)
    assert started.status_code == 201, started.text
    shown = api.client.get(started.headers["Location"], headers=rob)
    assert shown.json() == started.json()
    assert shown.json()["inputs"]["question"] == QUESTION
    assert shown.json()["requester"] == "rob"
    again = api.client.get(
        started.headers["Location"], headers={**rob, "If-None-Match": shown.headers["ETag"]}
    )
    assert again.status_code == 304
    assert again.content == b""


def test_a_question_without_a_flow_gets_one(api: Api, rob: dict[str, str]) -> None:
    body = {"question": QUESTION, "model": "e_coli_core"}
    assert api.client.post("/v1/runs", json=body, headers=rob).json()["flow"]["name"] == "metabolic_analysis"
    nothing = api.client.post("/v1/runs", json={"model": "e_coli_core"}, headers=rob)
    assert nothing.status_code == 422
    assert "question" in nothing.json()["detail"]


def test_what_is_not_known_is_refused_with_the_nearest_names(api: Api, rob: dict[str, str]) -> None:
    answer = api.client.post("/v1/runs", json={**START, "model": "e_coli_cor"}, headers=rob)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "/problems/unknown_id"
    assert "e_coli_core" in problem["nearest"]
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert api.client.get(problem["type"]).text.startswith(f"{problem['title']} (404 unknown_id)")


def test_a_model_cannot_be_a_file_of_the_server(api: Api, rob: dict[str, str]) -> None:
    for model in (
        ".",
        "..",
        "/etc/passwd",
        "../../model.xml",
        "file:///etc/passwd",
        "http://127.0.0.1/model.xml",
    ):
        answer = api.client.post("/v1/runs", json={**START, "model": model}, headers=rob)
        assert answer.status_code == 404, (model, answer.text)
    flow = api.client.post("/v1/runs", json={**START, "flow": "/tmp/flow.yaml"}, headers=rob)
    assert flow.status_code == 422


def test_pages_of_runs_stay_where_they_are_when_runs_begin(api: Api, rob: dict[str, str]) -> None:
    body = {"flow": "metabolic_analysis", "session": "many", "runs": [{"model": "e_coli_core"}]}
    body["runs"] = [{"model": "e_coli_core", "inputs": {"question": f"q{n}"}} for n in range(7)]
    batch = api.client.post("/v1/batches", json=body, headers=rob)
    assert batch.status_code == 202, batch.text
    assert batch.headers["Location"] == "/v1/sessions/many"
    seen: list[str] = []
    url = "/v1/runs?session=many&limit=3"
    while url:
        page = api.client.get(url, headers=rob)
        seen += [run["run_id"] for run in page.json()["items"]]
        # A run that begins meanwhile is newer than all, and moves no page.
        api.client.post("/v1/runs", json={**START, "session": "many"}, headers=rob)
        link = page.links.get("next")
        url = link["url"] if link else ""
    assert sorted(seen) == sorted(batch.json()["runs"])
    status = api.client.get("/v1/sessions/many", headers=rob).json()
    assert (status["running"], status["runs"]) == (10, 10)


def test_a_list_is_filtered_and_filters_are_saved(api: Api, rob: dict[str, str]) -> None:
    run = api.client.post("/v1/runs", json={**START, "session": "mine"}, headers=rob).json()
    api.client.post("/v1/runs", json={**START, "model": "textbook"}, headers=rob)
    wanted = {"model": "e_coli_core", "session": "mine", "status": "running"}

    def ids(**filters: str) -> list[str]:
        page = api.client.get("/v1/runs", params=filters, headers=rob)
        assert page.status_code == 200, page.text
        return [item["run_id"] for item in page.json()["items"]]

    assert ids(**wanted) == [run["run_id"]]
    assert ids(flow="metabolic_analysis", until="2020-01-01T00:00:00Z") == []
    assert ids(since="2999-01-01T00:00:00") == []
    assert len(ids(since="2020-01-01T00:00:00")) == 2
    saved = api.client.put("/v1/queries/mine", json={"where": wanted}, headers=rob)
    assert saved.status_code == 201, saved.text
    assert ids(query="mine") == [run["run_id"]]
    blind = api.client.put("/v1/queries/mine", json={"where": {}}, headers=rob)
    assert blind.status_code == 428
    stale = api.client.put("/v1/queries/mine", json={"where": {}}, headers={**rob, "If-Match": '"0"'})
    assert stale.status_code == 412
    fresh = {**rob, "If-Match": saved.headers["ETag"]}
    assert api.client.put("/v1/queries/mine", json={"where": {}}, headers=fresh).status_code == 200
    assert api.client.delete("/v1/queries/mine", headers=rob).status_code == 204
    assert api.client.get("/v1/runs?query=mine", headers=rob).status_code == 404


def test_acts_on_a_run_answer_with_its_state(api: Api, rob: dict[str, str]) -> None:
    url = api.client.post("/v1/runs", json=START, headers=rob).headers["Location"]
    paused = api.client.post(f"{url}/pause", headers=rob)
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
    stale = api.client.post(f"{url}/resume", headers={**rob, "If-Match": '"1"'})
    assert stale.status_code == 412
    assert stale.json()["type"] == "/problems/changed"
    match = {**rob, "If-Match": paused.headers["ETag"]}
    assert api.client.post(f"{url}/resume", headers=match).json()["status"] == "running"
    again = api.client.post(f"{url}/resume", headers=rob)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")
    cancelled = api.client.post(f"{url}/cancel", json={"reason": "enough"}, headers=rob)
    assert cancelled.json()["status"] == "cancelled"
    events = api.client.get(f"{url}/events?limit=500", headers=rob).json()["items"]
    assert [event["type"] for event in events[-1:]] == ["RunCancelled"]
    assert (events[-1]["by"], events[-1]["reason"]) == ("rob", "enough")
    late = api.client.post(f"{url}/cancel", headers=rob)
    assert late.status_code == 409


def test_the_log_comes_in_pages(api: Api, rob: dict[str, str]) -> None:
    run = api.local().start("metabolic_analysis", model="e_coli_core", question=QUESTION)
    log: list[dict[str, Any]] = []
    url = f"/v1/runs/{run.id}/events?limit=4"
    while url:
        page = api.client.get(url, headers=rob)
        log += page.json()["items"]
        link = page.links.get("next")
        url = link["url"] if link else ""
    assert log == [event.model_dump(mode="json") for event in run.events()]


def test_a_run_is_forked_compared_and_rolled_back(api: Api, rob: dict[str, str]) -> None:
    run = api.local().start("metabolic_analysis", model="e_coli_core", question=QUESTION)
    url = f"/v1/runs/{run.id}"
    fork = api.client.post(f"{url}/fork", json={"at": 2, "values": {}}, headers=rob)
    assert fork.status_code == 201, fork.text
    other = fork.json()["run_id"]
    assert fork.headers["Location"] == f"/v1/runs/{other}"
    comparison = api.client.get(f"{url}/diff/{other}", headers=rob).json()
    assert not comparison["same"]
    assert {each["section"] for each in comparison["differences"]} >= {"outcome"}
    plan = api.client.get(f"{url}/rollback?to=2", headers=rob).json()
    assert plan["to_step"] == 2
    body = {"to": 2, "reason": "again"}
    unasked = api.client.post(f"{url}/rollback", json=body, headers=rob)
    assert unasked.status_code == 422
    assert "cannot undo" in unasked.json()["detail"]
    rolled = api.client.post(f"{url}/rollback", json={**body, "confirmed": True}, headers=rob)
    assert rolled.status_code == 200, rolled.text
    assert rolled.json()["status"] == "running"
    neither = api.client.post(f"{url}/rollback", json={}, headers=rob)
    assert neither.status_code == 422


def test_a_run_is_exported_as_one_file(api: Api, rob: dict[str, str]) -> None:
    run = api.local().start("metabolic_analysis", model="e_coli_core", question=QUESTION)
    answer = api.client.get(f"/v1/runs/{run.id}/export", headers=rob)
    assert answer.status_code == 200, answer.text
    assert answer.content[:4] == b"PK\x03\x04"
    assert f"{run.id}.run.zip" in answer.headers["Content-Disposition"]


def test_the_result_says_what_is_answered(api: Api, rob: dict[str, str]) -> None:
    run = api.local().start("metabolic_analysis", model="e_coli_core", question=QUESTION)
    result = api.client.get(f"/v1/runs/{run.id}/result", headers=rob).json()
    assert (result["status"], result["answered"]) == ("finished", "yes")
    assert abs(result["facts"]["growth_per_h"] - 0.8739215) < 1e-6
    assert result["answer"] == run.answer


def test_a_session_is_cancelled_at_once(api: Api, rob: dict[str, str]) -> None:
    for _ in range(3):
        api.client.post("/v1/runs", json={**START, "session": "s"}, headers=rob)
    cancelled = api.client.post("/v1/sessions/s/cancel", headers=rob).json()["runs"]
    assert len(cancelled) == 3
    assert api.client.get("/v1/sessions/s", headers=rob).json()["failed"] == 3
    assert api.client.get("/v1/sessions/unknown", headers=rob).status_code == 404


def test_sessions_are_listed_to_those_who_may_see_them(api: Api, rob: dict[str, str]) -> None:
    for session in ("one", "two", "three"):
        api.client.post("/v1/runs", json={**START, "session": session}, headers=rob)
    names: list[str] = []
    url = "/v1/sessions?limit=2"
    while url:
        page = api.client.get(url, headers=rob)
        names += [item["session"]["name"] for item in page.json()["items"]]
        link = page.links.get("next")
        url = link["url"] if link else ""
    assert sorted(names) == ["one", "three", "two"]
    guest = api.bearer("guest", Role.VIEWER, place="session:two")
    seen = api.client.get("/v1/sessions", headers=guest).json()["items"]
    assert [(item["session"]["name"], item["runs"]) for item in seen] == [("two", 1)]


def test_statistics_add_up_runs(api: Api, ana: dict[str, str], rob: dict[str, str]) -> None:
    api.local().start("metabolic_analysis", model="e_coli_core", question=QUESTION, session="counted")
    api.client.post("/v1/runs", json=START, headers=rob)
    figures = api.client.get("/v1/statistics?session=counted", headers=ana)
    assert figures.status_code == 200, figures.text
    assert figures.json()["in_redis"] == 1
    guest = api.bearer("guest", Role.VIEWER, place="session:other")
    assert api.client.get("/v1/statistics", headers=guest).status_code == 403


def test_a_start_that_no_replica_has_is_named(
    redis_url: str, key_prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app, ports = build_api(redis_url, key_prefix, tmp_path, redis_replicas=1)
    with TestClient(app) as client:
        header = Api(app, ports, client, tmp_path).bearer("rob", Role.RUNNER)
        started = client.post("/v1/runs", json=START, headers=header)
    assert started.status_code == 201, started.text
    named = [run for record in caplog.records for run in getattr(record, "runs", ())]
    assert named == [started.json()["run_id"]]


def test_a_run_joins_the_trace_of_its_request_and_no_other(
    redis_url: str, key_prefix: str, tmp_path: Path
) -> None:
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    app, ports = build_api(redis_url, key_prefix, tmp_path, trace_url="http://127.0.0.1:9/v1/traces")
    with TestClient(app) as client:
        api = Api(app, ports, client, tmp_path)
        header = api.bearer("rob", Role.RUNNER)
        joined = {**header, "traceparent": f"00-{trace}-{span}-01"}
        started = client.post("/v1/runs", json=START, headers=joined)
        assert started.headers["X-Trace-ID"] == trace
        assert started.json()["trace"] == joined["traceparent"]
        shown = client.get(started.headers["Location"], headers=header)
        assert "X-Trace-ID" not in shown.headers
        own = client.post("/v1/runs", json=START, headers=header)
        assert own.headers["X-Trace-ID"] not in {"", trace}
        batch = {"flow": START["flow"], "runs": [{"model": START["model"], "inputs": START["inputs"]}]}
        (run_id,) = client.post("/v1/batches", json=batch, headers=joined).json()["runs"]
        assert client.get(f"/v1/runs/{run_id}", headers=header).json()["trace"] == joined["traceparent"]
        enter(api, browser := open_browser(api))
        assert f"<dt>Trace</dt><dd><code>{trace}</code></dd>" in browser.get(f"/runs/{run_id}").text
