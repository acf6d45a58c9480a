"""Schedules, triggers and webhooks: what starts runs by itself, and who is told of them."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis
from tests.support.http_api import Api

from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.outbox.message import Message
from fluxagents.scheduler.outbox.retries import Response, Verdict
from fluxagents.workers.redis.triggers.webhook_outbox import RedisWebhookOutbox

INPUTS = {"question": "How fast does it grow?"}
RUN: dict[str, Any] = {"flow": "metabolic_analysis", "model": "e_coli_core", "inputs": INPUTS}


@pytest.fixture
def schedule(api: Api, rob: dict[str, str]) -> str:
    """The address of a schedule that is due each hour."""
    body = {"name": "hourly", "timing": {"kind": "cron", "expression": "@hourly"}, **RUN}
    made = api.client.post("/v1/schedules", json=body, headers=rob)
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


def test_a_schedule_is_paused_and_resumed(api: Api, rob: dict[str, str], schedule: str) -> None:
    assert api.client.post(f"{schedule}/pause", headers=rob).json()["paused_by"] == "rob"
    assert api.client.post(f"{schedule}/resume", headers=rob).json()["paused_by"] is None
    again = api.client.post(f"{schedule}/resume", headers=rob)
    assert (again.status_code, "not paused" in again.json()["detail"]) == (422, True)
    history = api.client.get(f"{schedule}/history", headers=rob).json()
    assert [entry["outcome"] for entry in history] == ["resumed", "paused"]
    assert len(api.client.get(f"{schedule}/history?limit=1", headers=rob).json()) == 1


def test_ticks_that_have_passed_get_their_runs_once(api: Api, rob: dict[str, str], schedule: str) -> None:
    span = {"since": "2026-01-01T00:30:00Z", "until": "2026-01-01T03:30:00Z"}
    first = api.client.post(f"{schedule}/backfill", json=span, headers=rob).json()
    assert (first["ticks"], len(first["runs"])) == (3, 3)
    run = api.client.get(f"/v1/runs/{first['runs'][0]}", headers=rob).json()
    assert run["session"] == "schedule:hourly"
    again = api.client.post(f"{schedule}/backfill", json=span, headers=rob).json()
    assert again == {"ticks": 3, "runs": []}
    history = api.client.get(f"{schedule}/history", headers=rob).json()
    assert {(entry["due"], entry["run_id"]) for entry in history} == {
        (f"2026-01-01T0{hour}:00:00Z", run) for hour, run in enumerate(first["runs"], 1)
    }
    empty = api.client.post(f"{schedule}/backfill", json={**span, "until": span["since"]}, headers=rob)
    assert empty.status_code == 422


def test_a_schedule_of_others_is_neither_shown_nor_steered(api: Api, schedule: str) -> None:
    guest = api.bearer("guest", Role.RUNNER, place="session:other")
    eve = api.bearer("eve", Role.VIEWER)
    span = {"since": "2026-01-01", "until": "2026-01-02"}
    for what in ("pause", "resume", "backfill"):
        body = span if what == "backfill" else None
        hidden = api.client.post(f"{schedule}/{what}", json=body, headers=guest)
        assert hidden.status_code == 404, what
    assert api.client.get(f"{schedule}/history", headers=guest).status_code == 404
    assert api.client.get(f"{schedule}/history", headers=eve).status_code == 200
    assert api.client.post(f"{schedule}/pause", headers=eve).status_code == 403
    assert api.client.post(f"{schedule}/backfill", json=span, headers=eve).status_code == 403


NEW_MODELS = {"name": "check", "source": {"kind": "run"}, "flow": "metabolic_analysis", "inputs": INPUTS}


def test_a_trigger_is_made_replaced_paused_and_removed(api: Api, rob: dict[str, str]) -> None:
    made = api.client.post("/v1/triggers", json=NEW_MODELS, headers=rob)
    assert made.status_code == 201, made.text
    url = made.headers["Location"]
    again = api.client.post("/v1/triggers", json=NEW_MODELS, headers=rob)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")
    content = {name: value for name, value in NEW_MODELS.items() if name != "name"}
    assert api.client.put(url, json=content, headers=rob).status_code == 428
    match = {**rob, "If-Match": made.headers["ETag"]}
    replaced = api.client.put(url, json={**content, "when": "growth_per_h < 0.1"}, headers=match)
    assert replaced.json()["trigger"]["when"] == "growth_per_h < 0.1", replaced.text
    assert api.client.put(url, json=content, headers=match).status_code == 412
    assert api.client.post(f"{url}/pause", headers=rob).json()["paused_by"] == "rob"
    assert api.client.post(f"{url}/resume", headers=rob).json()["paused_by"] is None
    history = api.client.get(f"{url}/history", headers=rob).json()
    assert [entry["outcome"] for entry in history] == ["resumed", "paused"]
    assert len(api.client.get("/v1/triggers", headers=rob).json()) == 1
    guest = api.bearer("guest", Role.RUNNER, place="session:other")
    assert api.client.get("/v1/triggers", headers=guest).json() == []
    assert api.client.post(f"{url}/pause", headers=guest).status_code == 404
    assert api.client.delete(url, headers=rob).status_code == 204
    assert api.client.get(url, headers=rob).status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"when": "growth_per_h <"}, {"flow": "no_such_flow"}, {"inputs": {"wrong": 1}}, {"wait_s": 1e9}],
)
def test_a_trigger_that_could_not_fire_is_refused(
    api: Api, rob: dict[str, str], change: dict[str, Any]
) -> None:
    refused = api.client.post("/v1/triggers", json={**NEW_MODELS, **change}, headers=rob)
    assert 400 <= refused.status_code < 500, refused.text
    assert api.client.get("/v1/triggers", headers=rob).json() == []


def test_events_that_have_passed_are_gathered(api: Api, rob: dict[str, str]) -> None:
    api.local().start("metabolic_analysis", model="e_coli_core", question=INPUTS["question"])
    url = api.client.post("/v1/triggers", json=NEW_MODELS, headers=rob).headers["Location"]
    span = {"since": "2026-01-01", "until": "2099-01-01"}
    gathered = api.client.post(f"{url}/backfill", json=span, headers=rob)
    assert (gathered.status_code, gathered.json()) == (202, {"events": 1})
    earlier = {"since": "2025-01-01", "until": "2025-01-02"}
    assert api.client.post(f"{url}/backfill", json=earlier, headers=rob).json() == {"events": 0}


TAKEN = Response(status=200)
HOOK = {"name": "chat", "url": "https://example.invalid/hook", "events": ["run.*"]}


def test_a_webhook_tells_its_secret_once(api: Api, ana: dict[str, str]) -> None:
    made = api.client.post("/v1/webhooks", json=HOOK, headers=ana)
    assert made.status_code == 201, made.text
    url, secret = made.headers["Location"], made.json()["secret"]
    assert api.client.post("/v1/webhooks", json=HOOK, headers=ana).status_code == 409
    shown = api.client.get(url, headers=ana)
    assert (shown.json()["owner"], shown.json()["status"]) == ("ana", "active")
    assert secret not in shown.text + api.client.get("/v1/webhooks", headers=ana).text
    rotated = api.client.post(f"{url}/rotate", json={"overlap_s": 60}, headers=ana).json()["secret"]
    assert rotated != secret
    match = {**ana, "If-Match": made.headers["ETag"]}
    content = {name: value for name, value in HOOK.items() if name != "name"}
    assert api.client.put(url, json=content, headers=match).status_code == 412
    match["If-Match"] = api.client.get(url, headers=ana).headers["ETag"]
    replaced = api.client.put(url, json={**content, "events": ["run.failed"]}, headers=match)
    assert replaced.status_code == 200, replaced.text
    assert api.client.get(url, headers=ana).json()["events"] == ["run.failed"]
    active = api.client.post(f"{url}/enable", headers=ana)
    assert "is active" in active.json()["detail"]
    assert api.client.delete(url, headers=ana).status_code == 204
    assert api.client.get("/v1/webhooks", headers=ana).json() == []


def test_a_test_message_is_logged_though_nobody_takes_it(api: Api, ana: dict[str, str]) -> None:
    url = api.client.post("/v1/webhooks", json=HOOK, headers=ana).headers["Location"]
    # No resolver knows the name, so there is no answer; a test is not tried again.
    answer = api.client.post(f"{url}/test", headers=ana).json()
    assert (answer["taken"], answer["status"]) == (False, 0)
    (attempt,) = api.client.get(f"{url}/attempts", headers=ana).json()
    assert (attempt["type"], attempt["outcome"]) == ("webhook.test", "given_up")


def test_what_was_sent_is_listed_and_sent_again(
    api: Api, ana: dict[str, str], redis: Redis, key_prefix: str
) -> None:
    url = api.client.post("/v1/webhooks", json=HOOK, headers=ana).headers["Location"]
    outbox = RedisWebhookOutbox(redis, prefix=key_prefix)
    message = Message(endpoint="chat", id="msg_1", type="run.finished", body="{}", created_ms=1)
    outbox.put([message])
    (claim,) = outbox.claim(limit=1, lease_ms=60_000)
    outbox.settle(claim, TAKEN, Verdict("delivered"), at_ms=2)
    (delivery,) = api.client.get(f"{url}/deliveries", headers=ana).json()
    assert (delivery["id"], delivery["status"], delivery["attempts"]) == ("msg_1", "delivered", 1)
    assert api.client.post(f"{url}/deliveries/msg_1/resend", headers=ana).status_code == 202
    (again,) = api.client.get(f"{url}/deliveries", headers=ana).json()
    assert (again["id"], again["body"], again["status"]) == ("msg_1", "{}", "pending")
    assert api.client.post(f"{url}/deliveries/msg_2/resend", headers=ana).status_code == 404


def test_a_webhook_is_for_admins(api: Api, ana: dict[str, str], rob: dict[str, str]) -> None:
    assert api.client.post("/v1/webhooks", json=HOOK, headers=rob).status_code == 403
    url = api.client.post("/v1/webhooks", json=HOOK, headers=ana).headers["Location"]
    assert api.client.get("/v1/webhooks", headers=rob).json() == []
    for method, what in (("get", ""), ("delete", ""), ("post", "/test"), ("get", "/deliveries")):
        assert api.client.request(method, f"{url}{what}", headers=rob).status_code == 404
    for address in ("http://127.0.0.1/x", "ftp://example.org", "https://user:pass@example.org/"):
        wrong = api.client.post("/v1/webhooks", json={**HOOK, "name": "w", "url": address}, headers=ana)
        assert wrong.status_code == 422, address
