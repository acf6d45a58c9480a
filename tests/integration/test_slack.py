"""Slack: questions start runs whose answers come in the thread, and buttons answer once, in all copies."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from redis import Redis
from starlette.testclient import TestClient
from tests.support.channel_place import CHANGE, INTERVIEW, SIGN_OFF, ChannelPlace, build_settings
from tests.support.http_api import build_api
from tests.support.slack_server import APP_TOKEN, BOT_TOKEN, SlackServer, serve_slack
from tests.support.waiting import eventually

from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.channels.slack.slack_inbox import SlackInbox
from fluxagents.workers.channels.channel_checks import list_checks, run_check
from fluxagents.workers.channels.listeners import open_listeners
from fluxagents.workers.channels.slack.form_opener import open_forms
from fluxagents.workers.machine.clock import SystemClock

SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with serve_slack() as server:
        yield server


@pytest.fixture
def place(redis: Redis, redis_url: str, key_prefix: str, tmp_path: Path, slack: SlackServer) -> ChannelPlace:
    settings = build_settings(
        redis_url,
        key_prefix,
        tmp_path,
        slack_bot_token=SecretStr(BOT_TOKEN),
        slack_app_token=SecretStr(APP_TOKEN),
        slack_signing_secret=SecretStr(SIGNING),
        slack_channel="CALL",
        slack_url=slack.url,
    )
    place = ChannelPlace(redis, tmp_path, settings)
    place.add_person("bob", slack="UBOB", notify=("slack",))
    place.add_person("ann", slack="UANN")
    place.add_person("vic", Role.VIEWER, slack="UVIC")
    return place


def tell(place: ChannelPlace, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What Slack says, and a worker that deals with it at once."""
    forms = open_forms(place.settings, place.client)
    inbox = SlackInbox(place.channels.outbox, SystemClock(), lambda: None, forms)
    answer = inbox.receive(kind, payload)
    place.deliver()
    place.make_due("slack")
    place.deliver()
    return answer


def command(text: str, *, user: str = "UBOB", trigger: str = "t1") -> dict[str, Any]:
    return {
        "command": "/flux",
        "text": text,
        "user_id": user,
        "channel_id": "CLAB",
        "trigger_id": trigger,
        "token": "verification-secret",
        "response_url": "https://hooks.slack.example/secret",
    }


def mention(text: str, *, ts: str = "1699.1", event_id: str = "Ev1", **more: Any) -> dict[str, Any]:
    event = {"type": "app_mention", "user": "UBOB", "channel": "CLAB", "ts": ts, "text": text, **more}
    return {"type": "event_callback", "event_id": event_id, "event": event}


def texts(message: dict[str, Any]) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


def buttons(message: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        element["text"]["text"]: element
        for block in message["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    }


def press(button: dict[str, Any], *, user: str, text: str = "", trigger: str = "p1") -> dict[str, Any]:
    return {
        "type": "block_actions",
        "trigger_id": trigger,
        "user": {"id": user},
        "channel": {"id": "CALL"},
        "actions": [{"action_id": button["action_id"], "value": button["value"]}],
        "state": {"values": {"reason": {"reason": {"type": "plain_text_input", "value": text or None}}}},
    }


def test_a_command_is_answered_at_once_and_its_result_comes_in_a_thread(
    place: ChannelPlace, slack: SlackServer
) -> None:
    answer = tell(place, "slash_commands", command("How fast does it grow?"))
    assert answer == {"response_type": "ephemeral", "text": "On it."}
    tell(place, "slash_commands", command("How fast does it grow?"))
    (run,) = place.store.runs(limit=10)
    assert run.trigger is not None
    assert (run.requester, run.trigger.kind) == ("bob", "slack")
    opener, result = slack.posted("CLAB")
    ((_, stamp), _), *_ = slack.messages.items()
    assert "bob asks: How fast does it grow?" in texts(opener)
    assert result["thread_ts"] == stamp
    assert "0.87" in texts(result)
    tell(place, "events_api", mention("<@UFLUX> and on acetate?", ts="1.2", thread_ts=stamp))
    assert {each.session for each in place.store.runs(limit=10)} == {run.session}


def test_a_mention_is_answered_in_its_thread_and_a_second_one_goes_on_in_the_session(
    place: ChannelPlace, slack: SlackServer
) -> None:
    tell(place, "events_api", mention("<@UFLUX> How fast does it grow?"))
    tell(place, "events_api", mention("<@UFLUX> How fast does it grow?"))
    second = mention("<@UFLUX> and on acetate?", ts="1699.2", event_id="Ev2", thread_ts="1699.1")
    tell(place, "events_api", second)
    runs = list(place.store.runs(limit=10))
    assert len(runs) == 2
    assert len({run.session for run in runs}) == 1
    assert [message["thread_ts"] for message in slack.posted("CLAB")] == ["1699.1", "1699.1"]
    tell(place, "events_api", mention("<@UFLUX> hello", event_id="Ev3", bot_id="B1"))
    assert len(list(place.store.runs(limit=10))) == 2


def test_who_is_nobody_or_may_not_is_told_alone(place: ChannelPlace, slack: SlackServer) -> None:
    tell(place, "slash_commands", command("How fast?", user="UEVE"))
    tell(place, "slash_commands", command("How fast?", user="UVIC", trigger="t2"))
    notes = slack.of("chat.postEphemeral")
    assert [note["user"] for note in notes] == ["UEVE", "UVIC"]
    assert "--slack UEVE" in texts(notes[0])
    assert "takes the role runner" in texts(notes[1])
    assert list(place.store.runs(limit=10)) == []


def test_a_button_answers_once_and_all_copies_are_replaced(place: ChannelPlace, slack: SlackServer) -> None:
    request = place.ask()
    place.deliver()
    (own,), (shared,) = slack.posted("DBOB"), slack.posted("CALL")
    assert buttons(own).keys() == buttons(shared).keys() == {"Approve", "Reject", "Ask"}
    assert "confirm" in buttons(own)["Approve"]
    tell(place, "interactive", press(buttons(shared)["Approve"], user="UANN"))
    (act,) = [
        entry.act
        for entry in place.store.audit_log.entries()
        if entry.act.action in {Action.REQUEST_APPROVE, Action.REQUEST_REJECT}
    ]
    assert (act.by, act.channel, str(act.proof)) == ("ann", "slack", "slack-user UANN")
    assert act.shown == request.digest
    for channel in ("DBOB", "CALL"):
        (message,) = slack.posted(channel)
        assert buttons(message) == {}
        assert "approved by ann" in texts(message)
    tell(place, "interactive", press(buttons(own)["Reject"], user="UBOB", trigger="p2"))
    assert slack.of("views.open") == []
    (note,) = slack.of("chat.postEphemeral")
    assert "was answered already by 'ann'" in texts(note)


def test_an_answer_elsewhere_and_a_cancelled_run_replace_the_buttons(
    place: ChannelPlace, slack: SlackServer
) -> None:
    first, second = place.ask(), place.ask()
    place.deliver()
    place.client.reject(first.id, reason="too risky")
    place.client.cancel(second.id.rpartition(".")[0], reason="not needed")
    place.deliver()
    shown = " ".join(texts(message) for message in slack.posted("CALL"))
    assert [buttons(message) for message in slack.posted("CALL")] == [{}, {}]
    assert "too risky" in shown
    assert "the run is cancelled" in shown


def send(view: dict[str, Any], values: dict[str, Any], *, user: str, number: int = 1) -> dict[str, Any]:
    """A form as its user sends it."""
    sent = {name: view[name] for name in ("callback_id", "private_metadata")}
    state = {"values": {name: {name: element} for name, element in values.items()}}
    return {
        "type": "view_submission",
        "user": {"id": user},
        "view": {**sent, "id": f"V{number}", "state": state},
    }


def test_a_reason_is_written_in_a_form_that_opens_at_once(place: ChannelPlace, slack: SlackServer) -> None:
    place.ask()
    place.deliver()
    (message,) = slack.posted("CALL")
    tell(place, "interactive", press(buttons(message)["Reject"], user="UBOB"))
    assert place.statuses("slack-in") == []
    (opened,) = slack.of("views.open")
    assert opened["trigger_id"] == "p1"
    view = json.loads(opened["view"]) if isinstance(opened["view"], str) else opened["view"]
    reason = {"type": "plain_text_input", "value": "wrong medium"}
    tell(place, "interactive", send(view, {"reason": reason}, user="UBOB"))
    (run,) = place.store.runs(limit=5)
    assert run.answer == "refused"
    assert "wrong medium" in texts(slack.posted("CALL")[0])


def test_arguments_are_edited_and_the_agent_is_asked_in_forms(
    place: ChannelPlace, slack: SlackServer
) -> None:
    request = place.ask(CHANGE)
    run_id = request.id.rpartition(".")[0]
    place.deliver()
    place.make_due("slack")
    place.deliver()
    assert {shared["channel_id"] for shared in slack.shared} == {"CALL", "DBOB"}
    assert {(shared["channel_id"], shared["thread_ts"]) for shared in slack.shared} == set(slack.messages)
    assert slack.files["F1"].startswith(b"\x89PNG")
    shown = buttons(slack.posted("CALL")[0])
    assert shown.keys() == {"Approve", "Reject", "Ask", "Edit", "Abstain", "Recuse"}
    for number, name in enumerate(("Ask", "Edit")):
        tell(place, "interactive", press(shown[name], user="UBOB", trigger=f"p{number}"))
    ask, edit = (
        json.loads(each["view"]) if isinstance(each["view"], str) else each["view"]
        for each in slack.of("views.open")
    )
    question = {"reason": {"type": "plain_text_input", "value": "Why not less?"}}
    tell(place, "interactive", send(ask, question, user="UBOB", number=1))
    asked = place.store.load(run_id).waiting_for
    assert asked is not None
    assert [remark.by for remark in asked.thread] == ["bob", "agent"]
    assert asked.thread[0].text == "Why not less?"
    new = {"bounds": {"type": "plain_text_input", "value": '{"PFK": {"upper_mmol_per_gdw_h": 3}}'}}
    tell(place, "interactive", send(edit, new, user="UVIC", number=2))
    tell(place, "interactive", send(edit, new, user="UBOB", number=3))
    after = place.store.load(run_id).waiting_for
    assert after is not None
    assert after.call is not None
    assert after.call.args["bounds"] == {"PFK": {"upper_mmol_per_gdw_h": 3}}
    assert buttons(slack.posted("CALL")[0]) == {}
    tell(place, "interactive", press(shown["Edit"], user="UBOB", trigger="p9"))
    assert "is not any more what this message shows" in texts(slack.of("chat.postEphemeral")[-1])


def test_a_question_is_answered_in_the_message(place: ChannelPlace, slack: SlackServer) -> None:
    place.ask(INTERVIEW)
    place.deliver()
    send = buttons(slack.posted("CALL")[0])["Send"]
    tell(place, "interactive", press(send, user="UBOB", text="much", trigger="p1"))
    assert "This had no effect" in texts(slack.of("chat.postEphemeral")[0])
    tell(place, "interactive", press(send, user="UBOB", text="10", trigger="p2"))
    (run,) = place.store.runs(limit=5)
    assert run.status == "finished"


def test_a_button_of_other_arguments_or_of_somebody_who_may_not_decides_nothing(
    place: ChannelPlace, slack: SlackServer
) -> None:
    request = place.ask(assignees="ann")
    place.deliver()
    yes = buttons(slack.posted("CALL")[0])["Approve"]
    tell(place, "interactive", press(yes, user="UBOB", trigger="p1"))
    tell(place, "interactive", press(yes, user="UVIC", trigger="p2"))
    tell(place, "interactive", press(yes, user="UEVE", trigger="p3"))
    tell(place, "interactive", press({**yes, "value": "0" * 64}, user="UANN", trigger="p4"))
    assert place.store.load(request.id.rpartition(".")[0]).status == "waiting"
    assert len(slack.of("chat.postEphemeral")) == 4


def test_no_word_of_a_user_calls_a_channel_and_no_secret_is_posted(
    place: ChannelPlace, slack: SlackServer
) -> None:
    place.ask(SIGN_OFF.replace("Go on with <b>this</b>?", f"Go on, <!channel> & {BOT_TOKEN}?"))
    place.deliver()
    (message,) = slack.posted("CALL")
    assert message["text"] == "A run asks for approval: Go on, &lt;!channel&gt; &amp; ***?"
    assert BOT_TOKEN not in json.dumps(message)
    kinds = {block["text"]["type"] for block in message["blocks"] if "text" in block}
    assert kinds == {"plain_text"}


@pytest.mark.parametrize(
    ("failure", "status", "copies"),
    [
        ("ratelimited", "delivered", 1),
        ("invalid_auth", "delivered", 1),
        ("channel_not_found", "given_up", 0),
        ("fatal_error", "unknown", 0),
        ("drop", "unknown", 1),
    ],
)
def test_a_message_is_posted_once_or_marked(
    place: ChannelPlace, slack: SlackServer, failure: str, status: str, copies: int
) -> None:
    place.directory.save(
        place.directory.find("bob").member.model_copy(update={"notify": ()}),  # type: ignore[union-attr]
        before=place.directory.find("bob").member,  # type: ignore[union-attr]
    )
    place.ask()
    slack.failures = [failure]
    place.deliver()
    place.make_due("slack")
    place.deliver()
    assert place.statuses("slack") == [status]
    assert len(slack.posted("CALL")) == copies


def test_socket_mode_keeps_what_comes_before_it_acknowledges_and_connects_again(
    place: ChannelPlace, slack: SlackServer
) -> None:
    nudges: list[bool] = []
    listeners = open_listeners(
        place.settings, place.channels, place.client, SystemClock(), lambda: nudges.append(True)
    )
    stop = Event()
    thread = Thread(target=listeners["slack"], args=(stop,), daemon=True)
    thread.start()
    try:
        slack.push("slash_commands", "e1", command("How fast does it grow?"))
        eventually(lambda: slack.acknowledged, within_s=120)
        assert slack.acknowledged[0]["envelope_id"] == "e1"
        assert slack.acknowledged[0]["payload"]["text"] == "On it."
        assert (len(nudges), place.statuses("slack-in")) == (1, ["pending"])
        slack.hang_up()
        slack.push("events_api", "e2", mention("<@UFLUX> How fast does it grow?"))
        eventually(lambda: len(slack.acknowledged) == 2, within_s=120)
        assert place.statuses("slack-in") == ["pending", "pending"]
        health = place.channels.book.health("slack")
        assert health is not None
        assert health.is_well
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_a_channel_that_hangs_or_cannot_be_opened_delays_no_other(
    place: ChannelPlace, slack: SlackServer
) -> None:
    ann = place.add_person("ana", email="ana@lab.example", notify=("email",))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = place.settings.model_copy(
            update={
                "smtp_url": SecretStr(f"smtp://127.0.0.1:{silent.getsockname()[1]}"),
                "mail_address": "flux@lab.example",
            }
        )
        other = ChannelPlace(place.redis, place.folder, hanging)
        other.ask()
        sending = Thread(target=other.deliver, daemon=True)
        sending.start()
        connection, _ = silent.accept()
        eventually(lambda: slack.posted("CALL"), within_s=120)
        assert sending.is_alive()
        assert other.statuses() == ["pending"]
        connection.close()
        sending.join(30)
    broken = hanging.model_copy(update={"smtp_url": SecretStr("smtp://:::")})
    last = ChannelPlace(place.redis, place.folder, broken)
    last.ask()
    last.deliver()
    assert len(slack.posted("CALL")) == 2
    (attempt, *_) = last.channels.outbox.attempts("email", limit=5)
    assert (attempt.outcome, "names no server of mail" in attempt.error) == ("retry", True)
    assert ann.email in last.channels.outbox.messages("email", limit=1)[0].body


def test_what_is_kept_of_an_event_holds_no_secret(place: ChannelPlace) -> None:
    SlackInbox(place.channels.outbox, SystemClock(), lambda: None).receive(
        "slash_commands", command("How fast?")
    )
    (message,) = place.channels.outbox.messages("slack-in", limit=5)
    assert "secret" not in message.body


def test_requests_over_http_are_signed_by_slack(place: ChannelPlace, redis_url: str) -> None:
    changes = {
        name: getattr(place.settings, name)
        for name in ("slack_bot_token", "slack_signing_secret", "slack_url", "public_url")
    }
    app, ports = build_api(redis_url, place.settings.key_prefix, place.folder, **changes)
    body = urlencode(command("How fast does it grow?")).encode()

    def sign(secret: str, at_s: int, content: bytes = body) -> dict[str, str]:
        digest = hmac.new(secret.encode(), f"v0:{at_s}:".encode() + content, hashlib.sha256).hexdigest()
        return {
            "X-Slack-Request-Timestamp": str(at_s),
            "X-Slack-Signature": f"v0={digest}",
            "Content-Type": "application/x-www-form-urlencoded",
        }

    now_s = ports.clock.now_ms() // 1_000
    with TestClient(app, raise_server_exceptions=False) as client:
        for headers in ({}, sign("other", now_s), sign(SIGNING, now_s - 900), sign(SIGNING, now_s, b"x")):
            assert client.post("/slack", content=body, headers=headers).status_code == 401
        assert place.statuses("slack-in") == []
        for _ in range(2):
            answer = client.post("/slack", content=body, headers=sign(SIGNING, now_s))
            assert answer.json() == {"response_type": "ephemeral", "text": "On it."}
        challenge = json.dumps({"type": "url_verification", "challenge": "c1"}).encode()
        headers = {**sign(SIGNING, now_s, challenge), "Content-Type": "application/json"}
        assert client.post("/slack", content=challenge, headers=headers).json() == {"challenge": "c1"}
        for bad in (b"[]", b"{", b"payload=[]", b"payload=%7B"):
            kind = "application/x-www-form-urlencoded" if bad.startswith(b"p") else "application/json"
            headers = {**sign(SIGNING, now_s, bad), "Content-Type": kind}
            assert client.post("/slack", content=bad, headers=headers).status_code == 422
    assert place.statuses("slack-in") == ["pending"]


def test_doctor_names_what_does_not_answer(place: ChannelPlace) -> None:
    def look(**changes: Any) -> tuple[bool, str]:
        ((_, check, _),) = list_checks(place.settings.model_copy(update=changes))
        return run_check(check)

    assert look() == (True, "flux in Lab")
    assert look(slack_bot_token=SecretStr("xoxb-wrong")) == (
        False,
        "Slack does not take the bot's token: invalid_auth",
    )
    is_well, seen = look(slack_url="http://127.0.0.1:9/")
    assert not is_well
    assert "refused" in seen.lower()
