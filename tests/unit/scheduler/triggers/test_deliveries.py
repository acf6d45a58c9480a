"""Deliveries from the door to the run: signatures, repetitions, conditions, pauses, workers that die."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from tests.support.trigger_desk import QUESTION, START, Desk

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import RunStarted, Trigger
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.roles import EVERYWHERE, Grant, Role
from fluxagents.flows.texts.trace_context import find_trace
from fluxagents.scheduler.firings.lookout import Lookout
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.triggers.event_trigger import RunSource, WebhookSource
from fluxagents.scheduler.triggers.intake.reception import Receipt, UnsignedError
from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine
from fluxagents.scheduler.triggers.triggers import Triggers
from fluxagents.scheduler.webhooks.endpoint import Endpoint, Secret
from fluxagents.scheduler.webhooks.incoming import GithubScheme, HmacScheme, StandardScheme
from fluxagents.scheduler.webhooks.signature import build_headers, create_secret

SECRET = create_secret()
GITHUB_SECRET = "a secret of sixteen"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def add(desk: Desk, **changes: Any) -> None:
    given = {"source": WebhookSource(), "model": "e_coli_core", "secret": SECRET}
    desk.add("pushes", **{**given, **changes})


def post(desk: Desk, number: int, secret: str = SECRET, **payload: Any) -> Receipt:
    body = json.dumps(payload).encode()
    headers = {
        "content-type": "application/json",
        "x-event": "push",
        **build_headers([secret], f"msg_{number}", desk.clock.at_ms // 1_000, body),
    }
    source = desk.reception.check("pushes", headers, body)
    return desk.reception.take("pushes", source, headers, body)


def statuses(desk: Desk) -> list[tuple[str, str]]:
    found = desk.deliveries.list("pushes", limit=100)
    return [(each.status, each.note) for each in sorted(found, key=lambda each: each.id)]


def test_what_is_posted_starts_one_run_in_the_name_of_whoever_added_the_trigger(desk: Desk) -> None:
    add(desk, inputs={}, expressions={"question": "'Is ' + payload.model.name + ' sound?'"}, reply_to="lab")
    receipt = post(desk, 1, model={"name": "iML1515"})
    assert receipt == Receipt("pushes", "msg_1", START, is_repeated=False)
    desk.clock.at_ms += 1_000
    assert post(desk, 1, model={"name": "iML1515"}) == Receipt("pushes", "msg_1", START, is_repeated=True)
    (state,) = desk.look()
    assert (state.session, state.inputs["question"]) == ("trigger:pushes", "Is iML1515 sound?")
    assert state.trigger == Trigger(
        kind="event", name="pushes", delivery="msg_1", source="webhook signed as standard", reply_to="lab"
    )
    assert state.requester == desk.book.list()[0].owner
    (started,) = [
        each.record for each in desk.store.audit_log.entries() if each.record["action"] == "run.start"
    ]
    assert started["channel"] == "webhook"
    assert started["proof"] == {"kind": "signature", "id": "pushes"}
    assert statuses(desk) == [("started", "")]
    assert desk.history("pushes") == [("started", "")]
    post(desk, 1, model={"name": "iML1515"})
    assert len(desk.look()) == 1
    assert desk.feed.kinds == set()


def test_a_run_joins_the_trace_of_its_delivery() -> None:
    desk = Desk(traced_share=1.0)
    add(desk)
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    body = b"{}"
    headers = build_headers([SECRET], "msg_1", desk.clock.at_ms // 1_000, body) | {"traceparent": parent}
    desk.reception.take("pushes", desk.reception.check("pushes", headers, body), headers, body)
    post(desk, 2)
    traces = {}
    for state in desk.look():
        started = desk.store.events(state.run_id)[0]
        assert isinstance(started, RunStarted)
        assert started.trigger
        traces[started.trigger.delivery] = started.trace
    assert traces["msg_1"] == parent
    assert find_trace(traces["msg_2"]) not in {"", find_trace(parent)}


@pytest.mark.parametrize("where", ["secret", "body", "id", "time", "name", "no signature"])
def test_what_was_altered_is_not_let_in_and_leaves_no_trace(desk: Desk, where: str) -> None:
    add(desk)
    body = b'{"a": 1}'
    secret = create_secret() if where == "secret" else SECRET
    headers = build_headers([secret], "msg_1", START // 1_000, body)
    changes = {
        "id": {"webhook-id": "msg_2"},
        "time": {"webhook-timestamp": str(START // 1_000 + 1)},
        "no signature": {"webhook-signature": ""},
    }
    headers |= changes.get(where, {})
    name = "other" if where == "name" else "pushes"
    with pytest.raises(UnsignedError) as refused:
        desk.reception.check(name, headers, body + b" " if where == "body" else body)
    assert name not in str(refused.value)
    assert statuses(desk) == []


def test_a_delivery_that_was_recorded_is_not_let_in_later(desk: Desk) -> None:
    add(desk)
    body = b"{}"
    headers = build_headers([SECRET], "msg_1", START // 1_000, body)
    desk.reception.check("pushes", headers, body)
    desk.clock.at_ms += 301_000
    with pytest.raises(UnsignedError):
        desk.reception.check("pushes", headers, body)


def test_a_delivery_without_a_time_that_is_posted_again_starts_nothing(desk: Desk) -> None:
    add(desk, source=WebhookSource(scheme=GithubScheme()), secret=GITHUB_SECRET)
    body = json.dumps({"after": "abc"}).encode()
    signature = "sha256=" + hmac.new(GITHUB_SECRET.encode(), body, hashlib.sha256).hexdigest()
    for delivery in ("1", "2"):
        headers = {"x-hub-signature-256": signature, "x-github-delivery": delivery}
        source = desk.reception.check("pushes", headers, body)
        desk.reception.take("pushes", source, headers, body)
        desk.clock.at_ms += 86_400_000
    assert len(desk.look()) == 1


def test_secrets_are_kept_out_of_what_is_kept(desk: Desk) -> None:
    add(desk)
    post(desk, 1)
    (delivery,) = desk.deliveries.list("pushes", limit=5)
    assert delivery.headers == {
        "content-type": "application/json",
        "x-event": "push",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(START // 1_000),
    }


def test_a_condition_decides_and_the_delivery_says_so(desk: Desk) -> None:
    add(desk, when="headers['x-event'] == 'push' and payload.ref == 'main'")
    post(desk, 1, ref="main")
    post(desk, 2, ref="draft")
    post(desk, 3)
    assert len(desk.look()) == 1
    started, draft, unclear = statuses(desk)
    assert started == ("started", "")
    assert draft == (
        "skipped",
        "the condition does not hold: headers['x-event'] == 'push' and payload.ref == 'main'",
    )
    assert unclear[0] == "skipped"
    assert "ref" in unclear[1]


def test_the_model_follows_from_the_payload(desk: Desk) -> None:
    add(desk, model="", model_from="payload.model")
    post(desk, 1, model="textbook")
    post(desk, 2, model="gone")
    post(desk, 3, model=7)
    (state,) = desk.look()
    assert state.model_name == "textbook"
    assert statuses(desk) == [
        ("started", ""),
        ("failed", "there is no model 'gone'"),
        ("failed", "expression 'payload.model' gives 7, and no model"),
    ]


def test_deliveries_are_gathered_as_events_are(desk: Desk) -> None:
    add(desk, inputs={}, expressions={"question": "'How is ' + events[0].payload.who + '?'"}, wait_s=60.0)
    post(desk, 1, who="first")
    post(desk, 2, who="second")
    assert desk.look() == []
    assert statuses(desk) == [("waiting", ""), ("waiting", "")]
    desk.clock.at_ms += 60_000
    (state,) = desk.look()
    assert state.inputs["question"] == "How is first?"
    assert statuses(desk) == [("started", "for 2 events"), ("started", "for 2 events")]


def test_what_waits_outlives_the_replacement_of_its_trigger(desk: Desk) -> None:
    add(desk, wait_s=60.0)
    post(desk, 1)
    assert desk.look() == []
    desk.clock.at_ms += 1_000
    add(desk, secret=None, replace=True)
    (state,) = desk.look()
    assert state.trigger is not None
    assert state.trigger.delivery == "msg_1"
    post(desk, 2)
    assert len(desk.look()) == 2


def test_what_comes_during_a_pause_starts_when_it_is_replayed(desk: Desk) -> None:
    add(desk)
    desk.triggers.pause("pushes")
    post(desk, 1)
    assert desk.look() == []
    assert statuses(desk) == [("paused", "")]
    desk.triggers.resume("pushes")
    assert desk.look() == []
    desk.clock.at_ms += 5_000
    assert desk.deliveries.replay("pushes", "msg_1") == "msg_1#2"
    assert desk.deliveries.replay("pushes", "msg_1") == "msg_1#3"
    found = [state.trigger.delivery for state in desk.look() if state.trigger]
    assert sorted(found) == ["msg_1#2", "msg_1#3"]
    with pytest.raises(FluxError, match="keeps no delivery 'msg_9'"):
        desk.deliveries.replay("pushes", "msg_9")


@pytest.mark.parametrize("dies_at", ["batch", "settle"])
def test_a_worker_that_dies_on_the_way_starts_one_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    add(desk)
    post(desk, 1)
    where = {"batch": RunClient, "settle": type(desk.box)}[dies_at]
    with monkeypatch.context() as patch:
        patch.setattr(where, dies_at, lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.look()
    assert len(desk.look()) == 1
    assert statuses(desk) == [("started", "")]


def test_a_preview_shows_what_would_start_and_starts_nothing(desk: Desk) -> None:
    add(desk, when="payload.ref == 'main'", model="", model_from="payload.model")
    post(desk, 1, ref="main", model="textbook")
    post(desk, 2, ref="main", model="gone")
    post(desk, 3, ref="draft", model="textbook")
    before = desk.deliveries.list("pushes", limit=9)
    previews = {each.delivery: each for each in desk.deliveries.preview("pushes", limit=9)}
    assert {name: (each.fires, each.note) for name, each in previews.items()} == {
        "msg_1": (True, ""),
        "msg_2": (False, "there is no model 'gone'"),
        "msg_3": (False, "the condition does not hold: payload.ref == 'main'"),
    }
    assert (previews["msg_1"].model, previews["msg_1"].inputs) == ("textbook", QUESTION)
    changed = desk.deliveries.preview(
        "pushes", when="", model_from="'iJO1366'", expressions={"question": "7"}
    )
    assert {each.note for each in changed} == {
        "input 'question' of flow 'metabolic_analysis' is 7, expected string"
    }
    tried = desk.deliveries.preview("pushes", payload={"ref": "main", "model": "textbook"})
    assert [each.fires for each in tried] == [True]
    assert desk.deliveries.list("pushes", limit=9) == before
    assert list(desk.store.runs(limit=9)) == []


def test_both_secrets_count_while_one_takes_the_place_of_the_other(desk: Desk) -> None:
    add(desk)
    new = desk.deliveries.rotate("pushes", overlap_s=60.0)
    post(desk, 1)
    post(desk, 2, secret=new)
    desk.clock.at_ms += 60_000
    post(desk, 3, secret=new)
    with pytest.raises(UnsignedError):
        post(desk, 4)
    with pytest.raises(FluxError, match="no secret of a webhook"):
        desk.deliveries.rotate("pushes", secret="short")


def test_a_trigger_that_is_removed_lets_nobody_in(desk: Desk) -> None:
    add(desk)
    post(desk, 1)
    desk.triggers.remove("pushes")
    with pytest.raises(UnsignedError):
        post(desk, 2)
    assert desk.look() == []
    assert desk.box.list("pushes", limit=5) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model": ""}, "about no model"),
        ({"model_from": "payload.m"}, "not both"),
        ({"secret": None}, "no secret to keep"),
        ({"secret": "guess"}, "no secret of a webhook"),
        ({"source": WebhookSource(scheme=HmacScheme(header="x")), "secret": "guess"}, "could be guessed"),
        ({"model": "", "model_from": "payload."}, "cannot be read"),
    ],
)
def test_a_trigger_that_does_not_fit_is_refused(desk: Desk, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(FluxError, match=says):
        add(desk, **changes)
    assert desk.book.list() == []
    assert desk.box.secrets("pushes") == ()


def test_another_kind_of_trigger_takes_no_deliveries(desk: Desk) -> None:
    add(desk, source=RunSource(), secret=None)
    with pytest.raises(UnsignedError):
        post(desk, 1)
    with pytest.raises(FluxError, match="nothing is posted for it"):
        desk.deliveries.preview("pushes")


def test_the_secret_of_another_scheme_is_not_kept(desk: Desk) -> None:
    add(desk, source=WebhookSource(scheme=GithubScheme()), secret=GITHUB_SECRET)
    with pytest.raises(FluxError, match="no secret to keep"):
        add(desk, source=WebhookSource(scheme=StandardScheme()), secret=None, replace=True)


def test_a_viewer_sees_no_payload_and_replays_nothing(desk: Desk) -> None:
    add(desk)
    post(desk, 1)
    stranger = Actor(name="eve", channel="http", proof=Proof(kind="api-key", id="k"))
    client = desk.client.acting_as(stranger)
    deliveries = type(desk.deliveries)(client, desk.triggers, desk.box, desk.clock)
    for act in (
        lambda: deliveries.list("pushes", limit=5),
        lambda: deliveries.replay("pushes", "msg_1"),
        lambda: deliveries.rotate("pushes"),
        lambda: deliveries.preview("pushes"),
    ):
        with pytest.raises(FluxError, match="eve"):
            act()


BEFORE, AFTER, NONE = "a" * 40, "b" * 40, "0" * 40


def add_repository(desk: Desk, **changes: Any) -> None:
    """A trigger that checks the file of a repository after and before a push."""
    desk.endpoints.add(
        Endpoint(
            name="ci",
            form="github",
            url="https://api.github.com/repos/lab/models",
            events=("*",),
            secrets=(Secret(text="token"),),
            owner="ada",
            created_ms=1,
        )
    )
    given = {
        "flow": "model_check",
        "inputs": {},
        "model": "",
        "via": "ci",
        "model_from": "'core.xml@' + payload.after",
        "fetch": {"last": "'core.xml@' + payload.before"},
        "reply_to": "ci",
        "reply": {"commit": "payload.after"},
    }
    add(desk, **{**given, **changes})


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_a_pushed_file_is_the_model_and_the_one_before_it_an_input(desk: Desk) -> None:
    add_repository(desk)
    desk.files.files |= {("core.xml", BEFORE): b"old", ("core.xml", AFTER): b"new"}
    post(desk, 1, before=BEFORE, after=AFTER)
    post(desk, 2, before=NONE, after=AFTER)
    first, second = sorted(desk.look(), key=lambda state: state.trigger.delivery if state.trigger else "")
    assert (first.model, first.inputs["last"]) == (digest(b"new"), digest(b"old"))
    assert (second.model, second.inputs.get("last")) == (digest(b"new"), None)
    assert first.trigger is not None
    assert (first.trigger.reply_to, first.trigger.reply) == ("ci", {"commit": AFTER})


def test_a_repository_that_is_away_keeps_no_other_delivery_waiting_and_is_asked_again(desk: Desk) -> None:
    add_repository(desk)
    away = FluxError(ErrorClass.PROVIDER_OUTAGE, "it is away")
    desk.files.files |= {("core.xml", AFTER): away, ("core.xml", BEFORE): b"old"}
    post(desk, 1, before=NONE, after=AFTER)
    post(desk, 2, before=NONE, after=BEFORE)
    assert len(desk.look()) == 1
    assert statuses(desk) == [("waiting", ""), ("started", "")]
    desk.clock.at_ms += 30_000
    post(desk, 3, before=NONE, after=BEFORE)
    assert len(desk.look()) == 2
    desk.files.files["core.xml", AFTER] = b"new"
    desk.clock.at_ms += 30_000
    assert len(desk.look()) == 3
    assert statuses(desk) == [("started", "")] * 3


def test_a_file_that_cannot_be_had_is_given_up_and_the_history_says_so(desk: Desk) -> None:
    add_repository(desk)
    desk.files.files["core.xml", AFTER] = FluxError(ErrorClass.PROVIDER_OUTAGE, "it is away")
    post(desk, 1, before=NONE, after=AFTER)
    post(desk, 2, before=NONE, after=BEFORE)
    assert desk.look() == []
    assert statuses(desk)[1] == ("failed", f"repository 'ci' has no file 'core.xml@{BEFORE}'")
    desk.clock.at_ms += 3_600_001
    desk.look()
    assert statuses(desk)[0] == ("failed", "it is away")


def test_a_worker_that_may_wait_for_the_network_is_called_once(desk: Desk) -> None:
    add_repository(desk)
    called: list[str] = []
    engine = TriggerEngine(
        desk.client,
        desk.book,
        desk.ledger,
        desk.feed,
        box=desk.box,
        clock=desk.clock,
        hand_over=called.append,
    )
    lookout = Lookout(desk.ledger, desk.clock, {"trigger": engine.look})
    post(desk, 1, before=NONE, after=AFTER)
    lookout.look()
    lookout.look()
    assert called == ["pushes"]
    assert statuses(desk) == [("new", "")]
    # A worker that dies leaves the trigger to the next one.
    desk.clock.at_ms += 90_000
    lookout.look()
    assert called == ["pushes", "pushes"]


def test_the_token_of_a_repository_is_used_for_those_only_who_may_name_it(desk: Desk) -> None:
    add_repository(desk)
    desk.client.authority.directory.save(
        Person(name="rob", grants=(Grant(role=Role.RUNNER, place=EVERYWHERE),)), before=None
    )
    rob = desk.client.acting_as(Actor(name="rob", channel="http", proof=Proof(kind="api-key", id="k")))
    triggers = Triggers(
        rob,
        desk.book,
        desk.engine,
        box=desk.box,
        endpoints=desk.endpoints,
        reader=desk.folders,
        clock=desk.clock,
    )
    tries: list[dict[str, Any]] = [{"via": "ci"}, {"reply_to": "ci"}]
    for given in tries:
        with pytest.raises(FluxError, match="rob"):
            triggers.add("mine", source=RunSource(), flow="metabolic_analysis", inputs=QUESTION, **given)
    with pytest.raises(FluxError, match="no repository 'ce'"):
        add(desk, via="ce")
    with pytest.raises(FluxError, match="--via"):
        add(desk, fetch={"question": "'core.xml@' + payload.after"}, inputs={})
