"""Requests go to inboxes of other makes and their answers come back as acts here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.interchange import a2h_messages, langchain_interrupts, pydantic_ai_deferrals
from fluxagents.scheduler.interchange.human_act import HumanAct, carry_out
from fluxagents.scheduler.interchange.langchain_interrupts import HumanResponse
from fluxagents.scheduler.runs.request_view import RequestView
from fluxagents.workers.clients.local import LocalClient

FLOW = """
flow: mutant
version: 1
purpose: Asks for a gene, and knocks one out.
facts: {uptake: {type: number, unit: mmol/gDW/h}}
start: ask
nodes:
  ask: {kind: ask, question: "How much?", fact: uptake, minimum: 0, next: change}
  change: {kind: tool, tool: knock_out, args: {genes: [b4025]}, on_error: no, next: done}
  no: {kind: end, message: "no"}
  done: {kind: end, message: "yes"}
"""


@pytest.fixture
def client(tmp_path: Path) -> LocalClient:
    (tmp_path / "mutant.yaml").write_text(
        FLOW.replace("no:", '"no":').replace("on_error: no", 'on_error: "no"')
    )
    return LocalClient(tmp_path / "data", flow_folders=(tmp_path,))


def question(client: LocalClient) -> RequestView:
    run = client.start("mutant", model="e_coli_core")
    request = client.store.load(run.id).waiting_for
    assert request is not None
    return client.show_request(request.id)


def approval(client: LocalClient) -> RequestView:
    view = question(client)
    client.reply(view.id, answer="5")
    request = client.store.load(view.run_id).waiting_for
    assert request is not None
    return client.show_request(request.id)


def end(client: LocalClient, view: RequestView, act: HumanAct) -> tuple[str | None, Any]:
    """The answer of the run after the act, and the arguments that its tool ran with."""
    carry_out(client, view.id, act, digest=view.request.digest)
    state = client.store.load(view.run_id)
    return state.answer, state.findings[-1].args if state.findings else None


def test_an_approval_is_an_interrupt_of_langchain(client: LocalClient) -> None:
    view = approval(client)
    interrupt = langchain_interrupts.to_interrupt(view)
    assert interrupt["action_request"] == {"action": "knock_out", "args": {"genes": ["b4025"]}}
    assert interrupt["config"] == {
        "allow_ignore": False,
        "allow_respond": True,
        "allow_edit": True,
        "allow_accept": True,
    }
    assert interrupt["description"] is not None
    assert "- growth, 1/h: 0.8739 → 0.8632 (-1.2 %)" in interrupt["description"].splitlines()
    asked: HumanResponse = {"type": "edit", "args": {"action": "knock_out", "args": {"genes": ["b0008"]}}}
    act = langchain_interrupts.read_response(view, asked)
    assert end(client, view, act) == ("yes", {"genes": ["b0008"]})


@pytest.mark.parametrize(
    ("response", "act"),
    [
        ({"type": "accept", "args": None}, HumanAct(kind="approve")),
        ({"type": "response", "args": "not now"}, HumanAct(kind="reject", text="not now")),
        ({"type": "ignore", "args": None}, HumanAct(kind="none")),
    ],
)
def test_answers_of_langchain_are_acts(client: LocalClient, response: HumanResponse, act: HumanAct) -> None:
    assert langchain_interrupts.read_response(approval(client), response) == act


def test_what_a_request_does_not_take_is_refused(client: LocalClient) -> None:
    view = question(client)
    with pytest.raises(FluxError, match="does not take 'accept'"):
        langchain_interrupts.read_response(view, {"type": "accept", "args": None})
    assert langchain_interrupts.read_response(view, {"type": "response", "args": "7"}) == HumanAct(
        kind="reply", text="7"
    )
    other: HumanResponse = {"type": "edit", "args": {"action": "add_reactions", "args": {}}}
    with pytest.raises(FluxError, match="instead of 'knock_out'"):
        langchain_interrupts.read_response(approval(client), other)


def test_requests_are_deferred_calls_of_pydantic_ai(client: LocalClient) -> None:
    asked, waiting = question(client), approval(client)
    document = pydantic_ai_deferrals.to_deferred([asked, waiting]).model_dump(mode="json")
    assert document["calls"] == [
        {
            "tool_name": "ask_human",
            "args": {"question": "How much?", "expected": "a number in mmol/gDW/h of at least 0"},
            "tool_call_id": asked.id,
            "part_kind": "tool-call",
        }
    ]
    assert document["approvals"][0]["tool_name"] == "knock_out"
    assert document["metadata"][waiting.id]["digest"] == waiting.request.digest
    results = {
        "calls": {asked.id: 7},
        "approvals": {waiting.id: {"kind": "tool-approved", "override_args": {"genes": ["b0008"]}}},
    }
    acts = pydantic_ai_deferrals.read_results(results)
    assert acts[asked.id] == HumanAct(kind="reply", text="7")
    assert end(client, waiting, acts[waiting.id]) == ("yes", {"genes": ["b0008"]})


@pytest.mark.parametrize(
    ("approval", "act"),
    [
        (True, HumanAct(kind="approve")),
        (False, HumanAct(kind="reject", text="The tool call was denied.")),
        ({"kind": "tool-approved"}, HumanAct(kind="approve")),
        ({"kind": "tool-denied", "message": "no"}, HumanAct(kind="reject", text="no")),
    ],
)
def test_results_of_pydantic_ai_are_acts(approval: object, act: HumanAct) -> None:
    assert pydantic_ai_deferrals.read_results({"approvals": {"r.1": approval}}) == {"r.1": act}


def test_a_document_of_another_shape_is_refused() -> None:
    with pytest.raises(FluxError, match="no results of deferred tools"):
        pydantic_ai_deferrals.read_results({"approvals": {"r.1": {"kind": "maybe"}}})


def test_requests_are_messages_of_a2h(client: LocalClient) -> None:
    waiting, asked = approval(client), question(client)
    call = a2h_messages.to_message(waiting)
    assert (call["run_id"], call["call_id"]) == (waiting.run_id, waiting.id)
    assert (call["spec"]["fn"], call["spec"]["kwargs"]) == ("knock_out", {"genes": ["b4025"]})
    assert call["spec"]["state"]["effect"][0].startswith("growth, 1/h: ")
    assert a2h_messages.to_message(asked)["spec"]["msg"].startswith("How much?")
    answered = {"responded_at": "2026-11-29T10:00:00Z"}
    assert a2h_messages.read_status(waiting, {"requested_at": "2026-11-29T09:00:00Z"}) == HumanAct(
        kind="none"
    )
    assert a2h_messages.read_status(asked, {**answered, "response": "7"}) == HumanAct(kind="reply", text="7")
    act = a2h_messages.read_status(waiting, {**answered, "approved": False, "comment": "not now"})
    assert act == HumanAct(kind="reject", text="not now")
    assert end(client, waiting, act) == ("no", None)
    with pytest.raises(FluxError, match="neither yes nor no"):
        a2h_messages.read_status(waiting, answered)


def test_nothing_decided_is_nothing_done(client: LocalClient) -> None:
    view = question(client)
    with pytest.raises(FluxError, match="was left open"):
        carry_out(client, view.id, HumanAct(kind="none"))
