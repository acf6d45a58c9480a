"""The Agent-to-Human facade: agents of another make ask the humans of this installation."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.http_api import Api

from fluxagents.flows.people.roles import Role

CONTACT: dict[str, Any] = {
    "run_id": "run_123",
    "call_id": "call_456",
    "spec": {
        "msg": "The refund of {customer} returns a 500. Can you help?",
        "channel": {"slack": {"channel_or_user_id": "U1234567890"}},
    },
}
CALL: dict[str, Any] = {
    "run_id": "run_789",
    "call_id": "call_101",
    "spec": {"fn": "process_payment", "kwargs": {"amount": 100.0, "recipient": "merchant_123"}},
}


def carry_out(api: Api, run_id: str) -> str:
    """Let the run ask, as a worker would; the id of its request."""
    local = api.local()
    for outgoing in api.ports.client.store.find_lost_dispatches("human", idle=True, grace_ms=0, limit=10):
        local._publisher.publish([outgoing])
    state = local.get(run_id).state
    assert state.waiting_for is not None
    return state.waiting_for.id


def run_of(api: Api, headers: dict[str, str]) -> str:
    (run,) = api.client.get("/v1/runs?session=a2h", headers=headers).json()["items"]
    return str(run["run_id"])


def test_a_human_is_contacted_and_answers(api: Api, rob: dict[str, str]) -> None:
    created = api.client.post("/a2h/human_contacts", json=CONTACT, headers=rob)
    assert created.status_code == 201, created.text
    assert {key: created.json()[key] for key in ("run_id", "call_id", "spec")} == CONTACT
    assert created.json()["status"]["requested_at"]
    again = api.client.post("/a2h/human_contacts", json=CONTACT, headers=rob)
    assert again.json() == created.json()
    url = created.headers["Location"]
    request = run_request(api, rob)
    shown = api.client.get(f"/v1/questions/{request}", headers=rob).json()
    assert shown["request"]["question"] == CONTACT["spec"]["msg"]
    ben = api.bearer("ben", Role.RUNNER)
    api.client.post(f"/v1/questions/{request}/reply", json={"answer": "try again"}, headers=ben)
    status = api.client.get(url, headers=rob).json()["status"]
    assert status["response"] == "try again"
    assert status["responded_at"]
    assert api.client.get(url, headers=ben).status_code == 404


def run_request(api: Api, headers: dict[str, str]) -> str:
    run = api.client.get(f"/v1/runs/{run_of(api, headers)}", headers=headers).json()
    if run["waiting_for"]:
        return str(run["waiting_for"]["id"])
    return carry_out(api, run["run_id"])


@pytest.mark.parametrize(("answer", "approved"), [("approve", True), ("reject", False)])
def test_leave_for_a_call_is_given_or_refused(
    api: Api, rob: dict[str, str], answer: str, approved: bool
) -> None:
    url = api.client.post("/a2h/function_calls", json=CALL, headers=rob).headers["Location"]
    assert api.client.get(url, headers=rob).json()["status"].get("approved") is None
    request = run_request(api, rob)
    zoe = api.bearer("zoe", Role.APPROVER)
    body = {} if approved else {"reason": "too much"}
    assert api.client.post(f"/v1/approvals/{request}/{answer}", json=body, headers=zoe).status_code == 200
    status = api.client.get(url, headers=rob).json()["status"]
    assert (status["approved"], status["user_info"]) == (approved, {"name": "zoe"})
    assert status.get("comment") == (None if approved else "too much")


def test_a_call_without_a_key_or_with_another_meaning_is_refused(api: Api, rob: dict[str, str]) -> None:
    assert api.client.post("/a2h/function_calls", json=CALL).status_code == 401
    api.client.post("/a2h/function_calls", json=CALL, headers=rob)
    other = {**CALL, "spec": {"fn": "delete_everything"}}
    assert api.client.post("/a2h/function_calls", json=other, headers=rob).status_code == 409
    assert api.client.get("/a2h/human_contacts/call_101", headers=rob).status_code == 404


def test_any_call_id_has_an_address(api: Api, rob: dict[str, str]) -> None:
    odd = {**CONTACT, "call_id": "a/b?c #d"}
    created = api.client.post("/a2h/human_contacts", json=odd, headers=rob)
    assert api.client.get(created.headers["Location"], headers=rob).json() == created.json()
