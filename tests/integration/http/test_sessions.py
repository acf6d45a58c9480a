"""Sessions as a whole: made, limited, shared, steered, forked, archived and compared."""

from __future__ import annotations

from typing import Any

from tests.support.http_api import Api

from fluxagents.flows.people.roles import Role

GROWTH: dict[str, Any] = {"question": "How fast does it grow?", "model": "e_coli_core"}


def _act(api: Api, session: str, what: str, who: dict[str, str], body: Any = None) -> Any:
    return api.client.post(f"/v1/sessions/{session}/{what}", json=body, headers=who)


def test_a_session_is_made_once_with_a_slash_in_its_name(api: Api, rob: dict[str, str]) -> None:
    body = {"name": "survey/core", "label": "Carbon sources", "budget": {"runs": 2}, "weight": 2.0}
    made = api.client.post("/v1/sessions", json=body, headers=rob)
    assert made.status_code == 201, made.text
    assert (made.json()["owner"], made.headers["Location"]) == ("rob", "/v1/sessions/survey%2Fcore")
    again = api.client.post("/v1/sessions", json=body, headers=rob)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")
    shown = api.client.get(made.headers["Location"], headers=rob)
    assert shown.headers["ETag"] == made.headers["ETag"]
    assert shown.json()["session"] == made.json()
    assert (shown.json()["runs"], shown.json()["used"]["runs"]) == (0, 0)


def test_a_session_is_changed_as_it_was_read(api: Api, rob: dict[str, str], ana: dict[str, str]) -> None:
    made = api.client.post("/v1/sessions", json={"name": "s"}, headers=rob)
    match = {**rob, "If-Match": made.headers["ETag"]}
    described = api.client.patch("/v1/sessions/s/description", json={"label": "Sugars"}, headers=match)
    assert described.json()["label"] == "Sugars"
    stale = api.client.patch("/v1/sessions/s/limits", json={"weight": 3}, headers=match)
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/changed")
    match = {**ana, "If-Match": described.headers["ETag"]}
    limited = api.client.patch("/v1/sessions/s/limits", json={"budget": {"runs": 1}}, headers=match)
    assert limited.status_code == 200, limited.text
    assert (limited.json()["budget"]["runs"], limited.json()["label"]) == (1, "Sugars")


def test_a_budget_stops_further_runs(api: Api, rob: dict[str, str]) -> None:
    api.client.post("/v1/sessions", json={"name": "s", "budget": {"runs": 1}}, headers=rob)
    body = {**GROWTH, "session": "s"}
    assert api.client.post("/v1/runs", json=body, headers=rob).status_code == 201
    refused = api.client.post("/v1/runs", json=body, headers=rob)
    assert refused.json()["type"] == "/problems/budget"
    for amount in (0, -1, 10**12):
        wrong = api.client.patch("/v1/sessions/s/limits", json={"budget": {"runs": amount}}, headers=rob)
        assert wrong.status_code == 422, wrong.text
    unpriced = api.client.patch("/v1/sessions/s/limits", json={"budget": {"money": 5}}, headers=rob)
    assert "no prices are known" in unpriced.json()["detail"]


def test_a_closed_session_takes_no_runs_until_it_is_opened(api: Api, rob: dict[str, str]) -> None:
    api.client.post("/v1/sessions", json={"name": "s"}, headers=rob)
    assert _act(api, "s", "close", rob).json()["status"] == "closed"
    refused = api.client.post("/v1/runs", json={**GROWTH, "session": "s"}, headers=rob)
    assert refused.status_code == 422
    assert _act(api, "s", "open", rob).json()["status"] == "open"
    records = [entry.record for entry in api.ports.client.store.audit_log.entries()]
    acts = [record["action"] for record in records if (record["by"], record["channel"]) == ("rob", "http")]
    assert acts == ["session.create", "session.close", "session.open"]
    assert api.client.post("/v1/runs", json={**GROWTH, "session": "s"}, headers=rob).status_code == 201


def test_all_runs_of_a_session_are_steered(api: Api, rob: dict[str, str]) -> None:
    started = [
        api.client.post("/v1/runs", json={**GROWTH, "session": "s"}, headers=rob).json()["run_id"]
        for _ in range(2)
    ]
    going_on = _act(api, "s", "archive", rob)
    assert (going_on.status_code, "not ended" in going_on.json()["detail"]) == (422, True)
    assert sorted(_act(api, "s", "pause", rob).json()["runs"]) == started
    assert sorted(_act(api, "s", "resume", rob).json()["runs"]) == started
    assert sorted(_act(api, "s", "cancel", rob, {"reason": "enough"}).json()["runs"]) == started
    assert _act(api, "s", "cancel", rob).json()["runs"] == []


def test_a_session_is_forked_archived_and_restored(api: Api, rob: dict[str, str]) -> None:
    run = api.local().start("metabolic_analysis", session="s", **GROWTH)
    forked = _act(api, "s", "fork", rob, {"name": "t", "model": "textbook"})
    assert (forked.status_code, forked.headers["Location"]) == (201, "/v1/sessions/t")
    assert forked.json()["session"]["forked_from"] == "s"
    (anew,) = forked.json()["runs"]
    assert api.client.get(f"/v1/runs/{anew}", headers=rob).json()["model_name"] == "textbook"
    nothing = _act(api, "s", "fork", rob, {"name": "u", "inputs": {"no_such_input": 1}})
    assert nothing.status_code == 422
    assert api.client.get("/v1/sessions/u", headers=rob).status_code == 404
    assert _act(api, "s", "archive", rob).json()["runs"] == [run.id]
    archived = api.client.get("/v1/sessions/s", headers=rob).json()
    assert (archived["session"]["status"], archived["runs"]) == ("archived", 0)
    assert api.client.get(f"/v1/runs/{run.id}", headers=rob).json()["status"] == "finished"
    assert _act(api, "s", "restore", rob).json()["runs"] == [run.id]
    assert api.client.get("/v1/sessions/s", headers=rob).json()["finished"] == 1
    assert _act(api, "s", "restore", rob).status_code == 422


def test_runs_of_a_session_are_compared_and_added_up(api: Api, rob: dict[str, str]) -> None:
    client = api.local()
    runs = {client.start("metabolic_analysis", session="s", **GROWTH).id for _ in range(2)}
    (cluster,) = api.client.get("/v1/sessions/s/clusters", headers=rob).json()
    assert (set(cluster["runs"]), cluster["disagreements"]) == (runs, [])
    assert sum(cluster["outcomes"].values()) == 2
    statistics = api.client.get("/v1/sessions/s/statistics", headers=rob).json()
    assert statistics["states"][-1]["runs"] == {"finished": 2}
    assert statistics["totals"]["in_redis"] == 2


def test_a_session_is_shared_by_its_owner_alone(api: Api, rob: dict[str, str]) -> None:
    guest = api.bearer("guest", Role.VIEWER, place="session:other")
    api.client.post("/v1/sessions", json={"name": "s"}, headers=rob)
    tries = (("patch", "/description"), ("post", "/close"), ("post", "/pause"), ("get", "/clusters"))
    for method, what in tries:
        hidden = api.client.request(method, f"/v1/sessions/s{what}", json={}, headers=guest)
        assert hidden.status_code == 404, what
    above = _act(api, "s", "share", rob, {"person": "guest", "role": "admin"})
    assert above.status_code == 403
    shared = _act(api, "s", "share", rob, {"person": "guest", "role": "viewer"})
    assert shared.json() == {"role": "viewer", "place": "session:s"}
    assert api.client.get("/v1/sessions/s", headers=guest).status_code == 200
    assert _act(api, "s", "close", guest).status_code == 403
