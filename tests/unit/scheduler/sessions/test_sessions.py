"""Sessions as whole things, with runs that go on in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.flows.ports.session import PersonQuota, SessionBudget, SessionRecord
from fluxagents.workers.clients.local import LocalClient

ASK: dict[str, Any] = {
    "flow": "ask_twice",
    "version": 1,
    "purpose": "Asks two things, for tests.",
    "start": "first",
    "inputs": {"topic": {"type": "string", "default": "growth"}},
    "facts": {"what": {"type": "string"}, "why": {"type": "string"}},
    "nodes": {
        "first": {"kind": "ask", "question": "What of {{ topic }}?", "fact": "what", "next": "second"},
        "second": {"kind": "ask", "question": "Why?", "fact": "why", "next": "end"},
        "end": {"kind": "end", "message": "done"},
    },
}
PARENT: dict[str, Any] = {
    "flow": "parent",
    "version": 1,
    "purpose": "Begins another, for tests.",
    "start": "both",
    "nodes": {
        "both": {"kind": "subflow", "flow": "ask_twice", "next": "end"},
        "end": {"kind": "end", "message": "done"},
    },
}
WITHOUT_TOPIC = {"kind": "ask", "question": "What?", "fact": "what", "next": "second"}
OTHER = {**ASK, "flow": "no_topic", "inputs": {}, "nodes": {**ASK["nodes"], "first": WITHOUT_TOPIC}}


@pytest.fixture
def client(tmp_path: Path) -> LocalClient:
    for flow in (ASK, PARENT, OTHER):
        (tmp_path / f"{flow['flow']}.yaml").write_text(yaml.safe_dump(flow, sort_keys=False))
    local = LocalClient(tmp_path / "store", flow_folders=(tmp_path,))
    local.models.add_named("e_coli_core")
    assert local.authority.actor, "whoever acts first is the admin"
    return local


def start(client: LocalClient, session: str = "s", flow: str = "ask_twice", **inputs: Any) -> str:
    return client.start(flow, model="e_coli_core", session=session, **inputs).id


def finish(client: LocalClient, run_id: str) -> None:
    while client.store.load(run_id).status == "waiting":
        request = client.store.load(run_id).waiting_for
        assert request is not None
        client.reply(request.id, answer="because")
    assert client.store.load(run_id).status == "finished"


def statuses(client: LocalClient, session: str = "s") -> list[str]:
    return [state.status for state in client.sessions.states(session)]


def refusal(act: Callable[[], object]) -> FluxError:
    with pytest.raises(FluxError) as caught:
        act()
    return caught.value


def acting(client: LocalClient, name: str, *grants: Grant) -> LocalClient:
    """The same client as another person with these roles."""
    directory = client.authority.directory
    found = directory.find(name)
    directory.save(Person(name=name, grants=grants), before=None if found is None else found.member)
    acted = client.acting_as(Actor(name=name, channel="client", proof=Proof(kind="api-key", id="flux_0")))
    assert isinstance(acted, LocalClient)
    return acted


def test_a_session_is_made_described_and_shown(client: LocalClient) -> None:
    made = client.sessions.create("s", label="Survey", budget=SessionBudget(runs=2), weight=2)
    start(client)
    client.sessions.describe("s", description="of three models")
    entry = client.sessions.show("s")
    assert (entry.session.label, entry.session.description) == ("Survey", "of three models")
    assert (entry.session.owner, entry.session.weight) == (made.owner, 2)
    assert (entry.runs, entry.usage.runs) == (1, 1)
    assert refusal(lambda: client.sessions.create("s")).message == "there is a session 's' already"
    assert refusal(lambda: client.sessions.show("t")).kind is ErrorClass.UNKNOWN_ID
    assert refusal(lambda: client.sessions.create("t", weight=0)).message == "0 cannot be a weight"


def test_what_is_done_to_a_session_is_in_the_log_of_acts(client: LocalClient) -> None:
    client.sessions.create("s")
    client.sessions.limit("s", budget=SessionBudget(tokens=5))
    client.sessions.close("s")
    acts = [entry.act for entry in client.store.audit_log.entries() if entry.act.on.kind == "session"]
    assert [act.action.value for act in acts] == ["session.create", "session.limit", "session.close"]
    assert acts[1].details == {"budget": {"tokens": 5}}


def test_a_session_that_only_runs_name_is_closed_and_opened_like_any_other(client: LocalClient) -> None:
    start(client)
    client.sessions.close("s")
    assert "is closed" in refusal(lambda: start(client)).message
    client.sessions.open("s")
    start(client)
    assert client.sessions.counts() == {"open": 1, "closed": 0, "archived": 0}


def test_all_runs_are_paused_resumed_and_cancelled_with_those_that_they_began(client: LocalClient) -> None:
    own, parent = start(client), start(client, flow="parent")
    done = start(client)
    finish(client, done)
    (child,) = client.store.load(parent).children
    assert set(client.sessions.pause("s")) == {own, parent, child}
    assert {client.store.load(run).status for run in (own, parent, child)} == {"paused"}
    assert client.sessions.pause("s") == []
    assert set(client.sessions.resume("s")) == {own, parent, child}
    assert client.sessions.resume("s") == []
    assert set(client.sessions.cancel("s", reason="enough")) == {own, parent}
    assert client.store.load(child).status == "cancelled"
    assert sorted(statuses(client)) == ["cancelled", "cancelled", "finished"]


def test_an_archived_session_leaves_the_store_and_comes_back_as_it_was(client: LocalClient) -> None:
    client.sessions.create("s", label="Survey", budget=SessionBudget(runs=5))
    parent = start(client, flow="parent")
    (child,) = client.store.load(parent).children
    error = refusal(lambda: client.sessions.archive("s"))
    assert "has 1 run that has not ended" in error.message
    finish(client, child)
    before = {run: client.store.events(run) for run in (parent, child)}
    usage = client.sessions.show("s").usage
    assert client.sessions.archive("s").runs == (parent, child)
    assert [client.store.holds(run) for run in before] == [False, False]
    assert "is archived" in refusal(lambda: start(client)).message
    assert "is archived" in refusal(lambda: client.sessions.open("s")).message
    client.sessions.restore("s")
    assert {run: client.store.events(run) for run in before} == before
    entry = client.sessions.show("s")
    assert (entry.session.status, entry.session.label, entry.usage) == ("open", "Survey", usage)
    assert statuses(client) == ["finished"]
    start(client)
    assert "not archived" in refusal(lambda: client.sessions.restore("s")).message


def test_a_run_that_starts_while_its_session_is_archived_is_not_left_behind(
    client: LocalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = start(client)
    finish(client, finished)
    replace = client.store.sessions.replace
    late: list[str] = []

    def start_before(before: SessionRecord, after: SessionRecord) -> bool:
        if not late:
            late.append(start(client))
        return replace(before, after)

    monkeypatch.setattr(client.store.sessions, "replace", start_before)
    assert "has 1 run that has not ended" in refusal(lambda: client.sessions.archive("s")).message
    assert client.sessions.show("s").session.status == "open"
    assert [client.store.holds(run) for run in (finished, *late)] == [True, True]


def test_an_archiving_that_was_interrupted_is_finished_by_the_next(
    client: LocalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [start(client), start(client)]
    for run in runs:
        finish(client, run)
    forget = client.store.forget

    def fail_at_the_second(run_id: str, session: str, seq: int | None = None) -> bool:
        if run_id == runs[1]:
            raise ConnectionError("away")
        return forget(run_id, session, seq)

    with monkeypatch.context() as patch:
        patch.setattr(client.store, "forget", fail_at_the_second)
        with pytest.raises(ConnectionError):
            client.sessions.archive("s")
    assert [client.store.holds(run) for run in runs] == [False, True]
    assert set(client.sessions.archive("s").runs) == set(runs)
    client.sessions.restore("s")
    assert [client.store.holds(run) for run in runs] == [True, True]


def test_a_fork_shares_what_runs_did_and_does_their_last_step_again(client: LocalClient) -> None:
    client.sessions.create("s", label="Survey", budget=SessionBudget(runs=5), weight=3)
    run = start(client)
    finish(client, run)
    forked, (new,) = client.sessions.fork("s", "t")
    assert (forked.label, forked.budget, forked.weight, forked.forked_from) == (
        "Survey",
        SessionBudget(runs=5),
        3,
        "s",
    )
    state = client.store.load(new)
    assert (state.session, state.origin, state.status) == ("t", run, "waiting")
    assert state.waiting_for is not None
    assert state.waiting_for.question == "Why?"
    assert client.sessions.show("t").usage.runs == 1
    assert statuses(client) == ["finished"]


def test_a_fork_with_changes_begins_anew_what_can_change(client: LocalClient) -> None:
    run = start(client, topic="acetate")
    start(client, flow="no_topic")
    finish(client, run)
    _, (new,) = client.sessions.fork("s", "t", inputs={"topic": "oxygen"})
    state = client.store.load(new)
    assert (state.inputs["topic"], state.origin, state.seq) == ("oxygen", "", 2)
    _, both = client.sessions.fork("s", "u", model="e_coli_core")
    assert len(both) == 2
    error = refusal(lambda: client.sessions.fork("s", "v", inputs={"nothing": 1}))
    assert error.message == "session 's' has no run with the input nothing"
    assert refusal(lambda: client.sessions.show("v")).kind is ErrorClass.UNKNOWN_ID


def test_the_owner_shares_up_to_their_own_role(client: LocalClient) -> None:
    ada = acting(client, "ada", Grant(role=Role.RUNNER))
    bob = acting(client, "bob")
    ada.sessions.create("s")
    assert refusal(lambda: bob.sessions.show("s")).kind is ErrorClass.UNKNOWN_ID
    assert list(bob.sessions.page()) == []
    ada.sessions.share("s", "bob", Role.VIEWER)
    assert bob.sessions.show("s").session.owner == "ada"
    assert [entry.session.name for entry in bob.sessions.page()] == ["s"]
    assert refusal(lambda: bob.sessions.close("s")).kind is ErrorClass.PERMISSION
    assert (
        "may not give the role admin" in refusal(lambda: ada.sessions.share("s", "bob", Role.ADMIN)).message
    )
    ada.sessions.share("s", "bob", Role.RUNNER)
    start(bob)
    assert refusal(lambda: bob.sessions.share("s", "ada", Role.RUNNER)).kind is ErrorClass.PERMISSION
    assert refusal(lambda: start(bob, "t")).kind is ErrorClass.PERMISSION


def test_a_quota_of_a_person_holds_for_all_sessions(client: LocalClient) -> None:
    ada = acting(client, "ada", Grant(role=Role.RUNNER))
    client.sessions.set_quota("ada", PersonQuota(runs_at_once=1))
    run = start(ada, "s")
    assert refusal(lambda: start(ada, "t")).message == (
        "ada has 1 run that has not ended; the quota allows 1 at once"
    )
    finish(client, run)
    start(ada, "t")
    assert refusal(lambda: client.sessions.set_quota("nobody", PersonQuota())).kind is ErrorClass.UNKNOWN_ID
    assert refusal(lambda: ada.sessions.set_quota("ada", PersonQuota())).kind is ErrorClass.PERMISSION


def test_runs_that_ask_the_same_are_one_cluster(client: LocalClient) -> None:
    for topic in ("growth", "growth", "oxygen"):
        finish(client, start(client, topic=topic))
    first, second = client.sessions.clusters("s")
    assert (len(first.runs), first.question, first.models) == (2, "ask_twice topic growth", ("e_coli_core",))
    assert len(second.runs) == 1
