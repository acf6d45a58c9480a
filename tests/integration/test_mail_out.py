"""Requests go out by mail: once for each key, to those who want them, and a server that fails loses none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis
from tests.support.channel_place import CHANGE, INTERVIEW, SIGN_OFF, ChannelPlace, build_settings
from tests.support.mail_receiver import MailReceiver, receive_mail

from fluxagents.flows.events import LadderStepReached
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.digest import Digest
from fluxagents.flows.people.quiet_hours import QuietHours
from fluxagents.flows.people.roles import Role
from fluxagents.scheduler.channels.digest_book import DigestPeriod
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.triggers.digest_book import RedisDigestBook

BOB = "bob@lab.example"


@pytest.fixture
def server() -> Iterator[MailReceiver]:
    with receive_mail() as receiver:
        yield receiver


@pytest.fixture
def place(
    redis: Redis, redis_url: str, key_prefix: str, tmp_path: Path, server: MailReceiver
) -> ChannelPlace:
    settings = build_settings(
        redis_url, key_prefix, tmp_path, smtp_url=SecretStr(server.url), mail_address="flux@lab.example"
    )
    place = ChannelPlace(redis, tmp_path, settings)
    place.add_person("bob", email=BOB, notify=("email",))
    return place


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_request_says_what_will_happen_in_text_and_html(place: ChannelPlace, server: MailReceiver) -> None:
    request = place.ask()
    assert place.deliver() == 1
    (mail,) = server.mails
    assert (mail["To"], mail["Subject"]) == (BOB, "[Approval] Go on with <b>this</b>?")
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = body(mail, "plain"), body(mail, "html")
    assert "Go on with <b>this</b>?" in text
    assert "Go on with &lt;b&gt;this&lt;/b&gt;?" in html
    for part in (text, html):
        assert "https://flux.lab.example/answer/" in part
        assert request.digest in part


def test_the_picture_of_an_effect_stands_in_the_html_and_the_bytes_repeat(
    place: ChannelPlace, server: MailReceiver
) -> None:
    place.add_person("ann")
    place.ask(CHANGE)
    place.deliver()
    (message,) = place.channels.outbox.messages("email", limit=1)
    place.channels.outbox.resend("email", message.id)
    place.deliver()
    assert server.contents[0] == server.contents[1]
    mail = server.mails[0]
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content().startswith(b"\x89PNG")
    assert f'src="cid:{picture["Content-ID"][1:-1]}"' in body(mail, "html")
    assert "growth, 1/h: 0.8739" in body(mail, "plain")


def test_a_step_that_runs_again_sends_nothing_again(place: ChannelPlace, server: MailReceiver) -> None:
    request = place.ask()
    place.notify(request)
    place.deliver()
    place.notify(request)
    assert place.deliver() == 0
    assert len(server.mails) == 1


def test_only_those_are_told_who_may_answer_and_want_to_be(place: ChannelPlace, server: MailReceiver) -> None:
    place.add_person("eve", Role.VIEWER, email="eve@lab.example", notify=("email",))
    place.add_person("tom", Role.RUNNER, email="tom@lab.example", notify=("email",))
    place.add_person("ann", email="ann@lab.example")
    place.add_person("off", email="off@lab.example", notify=("email",), disabled=True)
    place.ask()
    place.deliver()
    assert {mail["To"] for mail in server.mails} == {BOB}
    place.ask(INTERVIEW)
    place.deliver()
    assert sorted(mail["To"] for mail in server.mails[1:]) == [BOB, "tom@lab.example"]


def test_who_is_not_assigned_is_not_told(place: ChannelPlace, server: MailReceiver) -> None:
    place.add_person("ann", email="ann@lab.example", notify=("email",))
    place.ask(assignees="ann")
    place.deliver()
    assert [mail["To"] for mail in server.mails] == ["ann@lab.example"]


def test_quiet_hours_are_waited_for_unless_the_deadline_is_before(
    place: ChannelPlace, server: MailReceiver
) -> None:
    now = datetime.now(UTC)
    quiet = QuietHours(begins=f"{now:%H:%M}", ends=f"{now + timedelta(hours=9):%H:%M}")
    place.add_person("zoe", email="zoe@lab.example", notify=("email",), quiet=quiet)
    place.ask(assignees="zoe")
    assert place.deliver() == 0
    assert place.statuses() == ["pending"]
    place.ask(SIGN_OFF.replace("kind: approve", "kind: approve\n    timeout_s: 3600"), assignees="zoe")
    place.deliver()
    assert len(server.to("zoe@lab.example")) == 1


def test_a_digest_tells_once_of_what_waits_and_what_was_decided(
    place: ChannelPlace, server: MailReceiver
) -> None:
    now = datetime.now(UTC)
    later = Digest(at=f"{now + timedelta(hours=2):%H:%M}")
    place.add_person("zoe", email="zoe@lab.example", notify=("email",), digest=later)
    waits, done = place.ask(assignees="zoe"), place.ask(assignees="zoe")
    place.notify(waits)
    urgent = SIGN_OFF.replace("kind: approve", "kind: approve\n    urgency: high")
    place.ask(urgent, assignees="zoe")
    assert place.deliver() == 1
    zoe = Actor(name="zoe", channel="http", proof=Proof(kind="sign-in", id="zoe"))
    place.client.acting_as(zoe).approve(done.id)
    assert place.deliver() == 0
    book = RedisDigestBook(place.redis, prefix=place.settings.key_prefix)
    for day in (1, 2):
        (period,) = book.list_due(SystemClock().now_ms() + day * 86_400_000)
        # As if its time had come.
        book.forget(period)
        for request in (waits.id, done.id)[: 3 - day]:
            book.add(DigestPeriod(person="zoe", due_ms=day), request)
        assert place.deliver() == 1
        assert place.deliver() == 0
    _, first, second = server.to("zoe@lab.example")
    assert first["Subject"] == "[Digest] 1 request waits for you"
    for kind in ("plain", "html"):
        assert waits.id in body(first, kind)
        assert "https://flux.lab.example/answer/" in body(first, kind)
        assert "approved by zoe" in body(first, kind)
    assert "approved by" not in body(second, "plain")


def test_a_server_that_is_away_delays_and_loses_nothing(place: ChannelPlace, server: MailReceiver) -> None:
    place.ask()
    server.answers = ["451 4.3.0 try again later"]
    place.deliver()
    assert (place.statuses(), server.mails) == (["pending"], [])
    place.make_due()
    place.deliver()
    assert place.statuses() == ["delivered"]
    assert len(server.mails) == 1


def test_attempts_send_the_same_bytes(place: ChannelPlace, server: MailReceiver) -> None:
    place.ask()
    place.deliver()
    (message,) = place.channels.outbox.messages("email", limit=1)
    place.channels.outbox.resend("email", message.id)
    place.deliver()
    first, second = server.contents
    assert first == second


def test_a_mail_that_may_have_arrived_is_marked_and_not_sent_again(
    place: ChannelPlace, server: MailReceiver
) -> None:
    place.ask()
    server.answers = ["drop"]
    place.deliver()
    place.make_due()
    place.deliver()
    assert place.statuses() == ["unknown"]
    assert len(server.mails) == 1


def test_a_mail_whose_sender_died_is_marked_and_not_sent_again(
    place: ChannelPlace, server: MailReceiver
) -> None:
    place.ask()
    (dead,) = place.channels.outbox.claim(limit=1, lease_ms=0)
    assert dead.attempt == 1
    place.deliver()
    assert (place.statuses(), server.mails) == (["unknown"], [])


def test_an_address_that_is_refused_is_given_up(place: ChannelPlace, server: MailReceiver) -> None:
    server.refused = {BOB}
    place.ask()
    place.deliver()
    (message,) = place.channels.outbox.messages("email", limit=1)
    assert (message.status, message.last) == ("given_up", "550 5.1.1 no such user")


LADDER = """
    policy: [bob, ann]
    ladder: [{after: 1h, to: lea, via: email}, {after: 2h, then: deny}]
"""


def test_the_ladder_goes_on_at_once_where_no_message_arrives(
    place: ChannelPlace, server: MailReceiver
) -> None:
    place.add_person("ann", email="ann@lab.example", notify=("email",))
    place.add_person("lea", email="lea@lab.example")
    flow = SIGN_OFF.replace("    assignees: [ASSIGNEES]\n", LADDER.removeprefix("\n"))
    server.refused = {BOB}
    first = place.ask(flow)
    place.deliver()
    assert place.store.load(first.id.rpartition(".")[0]).waiting_for.level == 0  # type: ignore[union-attr]
    server.refused = {BOB, "ann@lab.example", "lea@lab.example"}
    second = place.ask(flow)
    place.deliver()
    run_id = second.id.rpartition(".")[0]
    (step,) = [each for each in place.store.events(run_id) if isinstance(each, LadderStepReached)]
    assert (step.level, step.because) == (1, "no message reached anybody")
    place.notify(place.store.load(run_id).waiting_for)
    place.deliver()
    # What ends a request waits for its time.
    state = place.store.load(run_id)
    assert (state.status, state.waiting_for.level if state.waiting_for else 0) == ("waiting", 1)
    assert [mail["To"] for mail in server.mails] == ["ann@lab.example"]


def test_a_request_that_is_answered_meanwhile_is_not_sent(place: ChannelPlace, server: MailReceiver) -> None:
    request = place.ask()
    place.client.approve(request.id)
    place.deliver()
    assert (place.statuses(), server.mails) == (["ended"], [])


def test_a_person_cannot_be_mailed_lines_of_a_header(place: ChannelPlace, server: MailReceiver) -> None:
    place.add_person("mal", email="mal@lab.example\r\nBcc: all@lab.example", notify=("email",))
    place.ask(assignees="mal")
    place.deliver()
    assert (place.statuses(), server.mails) == (["given_up"], [])
