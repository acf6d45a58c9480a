"""Mail comes in by IMAP and LMTP: for verified senders it starts and continues runs and answers requests."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from importlib.resources import files
from pathlib import Path
from threading import Event, Thread

import pytest
from pydantic import SecretStr
from redis import Redis
from tests.support.channel_place import INTERVIEW, SIGN_OFF, ChannelPlace, build_settings
from tests.support.imap_server import ImapServer, serve_imap
from tests.support.mail_receiver import MailReceiver, receive_mail
from tests.support.waiting import eventually

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.roles import Role
from fluxagents.flows.state import RunState
from fluxagents.scheduler.channels.bounces import Bounces
from fluxagents.tasks.ports.models import SHIPPED
from fluxagents.workers.channels.assembly import open_mail_door
from fluxagents.workers.channels.email.mail_reader import read_mail
from fluxagents.workers.channels.email.mail_server import read_mail_server
from fluxagents.workers.channels.email.mailbox import Mailbox
from fluxagents.workers.channels.listeners import open_listeners
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.models.model_store import ModelFiles

FLUX = "flux@lab.example"
BOB = "bob@lab.example"
VERDICT = "mx.lab.example; dkim=pass header.d=lab.example; spf=pass smtp.mailfrom=bob@lab.example"
QUOTE = "\n\nOn Mon, Nov 30, 2026 at 9:00 AM fluxagents <flux@lab.example> wrote:\n> yes\n> no\n"


@dataclass(frozen=True)
class Post:
    """A place whose mailbox is looked into."""

    place: ChannelPlace
    imap: ImapServer
    sent: MailReceiver

    def look(self) -> int:
        """Deal with what is in the mailbox."""
        door = open_mail_door(self.place.settings, self.place.channels, self.place.client, SystemClock())
        mailbox = Mailbox(read_mail_server(SecretStr(self.imap.url), "FLUXAGENTS_IMAP_URL"))
        return mailbox.look(lambda content: door.take(read_mail(content, verifier="mx.lab.example")))

    def receive(self, mail: EmailMessage) -> int:
        """Deal with a mail that the server delivers."""
        self.imap.deliver(mail.as_bytes(policy=SMTP))
        return self.look()

    def runs(self) -> list[RunState]:
        return list(self.place.store.runs(limit=100))

    def last_sent(self) -> EmailMessage:
        self.place.deliver()
        return self.sent.mails[-1]

    def status(self, request_id: str) -> str:
        return str(self.place.store.load(request_id.rpartition(".")[0]).status)


@pytest.fixture(scope="module")
def imap() -> Iterator[ImapServer]:
    with serve_imap() as server:
        yield server


@pytest.fixture
def post(redis: Redis, redis_url: str, key_prefix: str, tmp_path: Path, imap: ImapServer) -> Iterator[Post]:
    with receive_mail() as receiver:
        settings = build_settings(
            redis_url,
            key_prefix,
            tmp_path,
            smtp_url=SecretStr(receiver.url),
            imap_url=SecretStr(imap.url),
            mail_address=FLUX,
            mail_verifier="mx.lab.example",
        )
        place = ChannelPlace(redis, tmp_path, settings)
        place.add_person("bob", email=BOB, notify=("email",))
        yield Post(place, imap, receiver)


def write(text: str, *, subject: str = "How fast does it grow?", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    values = {
        "Authentication-Results": VERDICT,
        "From": f"Bob <{BOB}>",
        "To": FLUX,
        "Subject": subject,
        "Message-ID": f"<{abs(hash((text, subject, *headers.values())))}@lab.example>",
    }
    for name, value in {**values, **{key.replace("_", "-"): value for key, value in headers.items()}}.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail


def answer_to(mail: EmailMessage, text: str, **headers: str) -> EmailMessage:
    subject = str(mail["Subject"])
    return write(f"{text}{QUOTE}", subject=f"Re: {subject}", To=str(mail["Reply-To"]), **headers)


def test_a_mail_asks_and_the_answer_comes_back_in_its_thread(post: Post) -> None:
    question = write("")
    assert post.receive(question) == 1
    assert post.receive(question) == 1
    (run,) = post.runs()
    assert (run.requester, run.model_name) == ("bob", "e_coli_core")
    assert run.inputs["question"] == "How fast does it grow?"
    assert run.trigger is not None
    assert (run.trigger.kind, run.trigger.reply_to) == ("email", f"email:{BOB}")
    mail = post.last_sent()
    assert (mail["To"], mail["Subject"]) == (BOB, "Re: How fast does it grow?")
    assert mail["In-Reply-To"] == question["Message-ID"]
    part = mail.get_body(("plain",))
    assert part is not None
    assert "0.87" in part.get_content()
    assert len(post.sent.mails) == 1
    assert post.imap.flags()[-1] == "S"


def test_a_reply_to_an_answer_asks_further_in_the_same_session(post: Post) -> None:
    post.receive(write(""))
    (first,) = post.runs()
    post.receive(answer_to(post.last_sent(), "Which genes are essential?"))
    second = next(run for run in post.runs() if run.run_id != first.run_id)
    assert second.session == first.session
    assert second.inputs["question"] == "Which genes are essential?"


def test_attached_models_and_media_are_inputs(post: Post) -> None:
    model = ModelFiles(str(post.place.folder)).resolve("e_coli_core")
    source = files("cobra") / "data" / SHIPPED["e_coli_core"]
    mail = write("")
    mail.add_attachment(source.read_bytes(), "application", "gzip", filename="mine.xml.gz")
    table = "exchange\tuptake_mmol_per_gdw_h\nEX_glc__D_e\t5\nEX_o2_e\t20\nEX_nh4_e\t9\nEX_pi_e\t9\n"
    mail.add_attachment(table.encode(), "text", "tab-separated-values", filename="poor.tsv")
    post.receive(mail)
    (run,) = post.runs()
    assert run.model == model.digest
    assert run.inputs["medium"] == {"EX_glc__D_e": 5.0, "EX_o2_e": 20.0, "EX_nh4_e": 9.0, "EX_pi_e": 9.0}


def test_an_attachment_that_is_no_input_is_named(post: Post) -> None:
    mail = write("")
    mail.add_attachment(b"MZ", "application", "octet-stream", filename="growth.exe")
    post.receive(mail)
    assert post.runs() == []
    assert "attachment 'growth.exe' cannot be an input" in post.last_sent().get_content()


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Yes.", "finished"),
        ("No, not before Monday", "finished"),
        ("yes, but only with glucose", "waiting"),
        ("Yes?", "waiting"),
        ("", "waiting"),
    ],
)
def test_a_reply_decides_only_where_it_is_clear(post: Post, text: str, status: str) -> None:
    request = post.place.ask()
    post.receive(answer_to(post.last_sent(), text))
    assert post.status(request.id) == status
    acts = [entry.act for entry in post.place.store.audit_log.entries()]
    decided = [act for act in acts if act.action in {Action.REQUEST_APPROVE, Action.REQUEST_REJECT}]
    if status == "waiting":
        assert decided == []
        assert "nothing is decided" in post.last_sent().get_content()
    else:
        (act,) = decided
        assert (act.by, act.channel, str(act.proof)) == ("bob", "email", f"sender {BOB}")
        assert act.shown == request.digest
        end = post.place.store.load(request.id.rpartition(".")[0])
        assert end.answer == ("agreed" if text.startswith("Yes") else "refused")


def test_a_question_is_answered_by_a_reply_and_asked_again_where_it_does_not_fit(post: Post) -> None:
    request = post.place.ask(INTERVIEW)
    asked = post.last_sent()
    post.receive(answer_to(asked, "some"))
    assert post.status(request.id) == "waiting"
    assert "had no effect" in post.last_sent().get_content()
    post.receive(answer_to(asked, "10"))
    assert post.status(request.id) == "finished"
    post.receive(answer_to(asked, "11"))
    assert "came too late" in post.last_sent().get_content()


def test_who_is_not_vouched_for_or_unknown_gets_nothing_and_no_answer(post: Post) -> None:
    request = post.place.ask()
    asked = post.last_sent()
    forged = {"Authentication_Results": "mx.lab.example; dkim=fail header.d=lab.example"}
    assert post.receive(answer_to(asked, "yes", **forged)) == 1
    assert post.receive(write("How fast?", **forged)) == 1
    assert post.receive(answer_to(asked, "yes", From="carl@lab.example")) == 1
    post.place.deliver()
    assert post.status(request.id) == "waiting"
    assert (len(post.runs()), len(post.sent.mails)) == (1, 1)


def test_a_reply_address_is_its_persons_alone(post: Post) -> None:
    post.place.add_person("ann", email="ann@lab.example")
    request = post.place.ask()
    post.receive(answer_to(post.last_sent(), "yes", From="ann@lab.example"))
    assert post.status(request.id) == "waiting"
    assert "takes no reply of ann@lab.example" in post.last_sent().get_content()


def test_who_may_not_start_runs_is_told(post: Post) -> None:
    post.place.add_person("vic", Role.VIEWER, email="vic@lab.example")
    post.receive(write("", From="vic@lab.example"))
    assert post.runs() == []
    assert "takes the role runner" in post.last_sent().get_content()


@pytest.mark.parametrize(
    "header", ["Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <l.example>"]
)
def test_machines_get_no_answer(post: Post, header: str) -> None:
    name, value = header.split(": ")
    request = post.place.ask()
    post.receive(answer_to(post.last_sent(), "I am away", **{name.replace("-", "_"): value}))
    post.place.deliver()
    assert (post.status(request.id), len(post.sent.mails)) == ("waiting", 1)


BOUNCE = """\
From: MAILER-DAEMON@mx.lab.example
To: {to}
Subject: Undelivered
Message-ID: <b1@mx.lab.example>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.lab.example

Final-Recipient: rfc822; bob@lab.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b--
"""


LADDER = "    assignees: [bob]\n    ladder: [{after: 1h, via: slack}]\n"


def bounce(post: Post) -> HumanRequest:
    """A request whose only mail comes back."""
    request = post.place.ask(SIGN_OFF.replace("    assignees: [ASSIGNEES]\n", LADDER))
    post.imap.deliver(BOUNCE.format(to=post.last_sent()["Reply-To"]).encode())
    post.look()
    return request


def level_of(post: Post, request: HumanRequest) -> int:
    waits = post.place.store.load(request.id.rpartition(".")[0]).waiting_for
    assert waits is not None
    return waits.level


def test_a_bounce_is_noted_with_its_mail_and_the_ladder_goes_on(post: Post) -> None:
    request = bounce(post)
    (message,) = post.place.channels.outbox.messages("email", limit=5)
    assert (message.status, message.last) == ("given_up", "bounced: smtp; 550 5.1.1 no such user")
    assert level_of(post, request) == 1


def test_a_bounce_that_comes_before_all_are_told_counts_when_they_are(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = post.place
    load = place.store.load
    with monkeypatch.context() as early:
        early.setattr(place.store, "load", lambda run: load(run).model_copy(update={"notified": False}))
        request = bounce(post)
        Bounces(place.client, place.channels.book, place.channels.outbox).look_again()
    assert level_of(post, request) == 0
    Bounces(place.client, place.channels.book, place.channels.outbox).look_again()
    assert level_of(post, request) == 1
    assert place.channels.book.early_failures() == []


def test_one_bad_mail_holds_up_no_other_and_one_in_an_outage_waits(post: Post) -> None:
    mailbox = Mailbox(read_mail_server(SecretStr(post.imap.url), "FLUXAGENTS_IMAP_URL"))
    for text in ("broken", "away", "well"):
        post.imap.deliver(f"Subject: {text}\r\n\r\n.".encode())
    taken: list[bytes] = []

    def handle(content: bytes) -> None:
        if b"broken" in content:
            raise ZeroDivisionError
        if b"away" in content and not taken:
            raise FluxError(ErrorClass.PROVIDER_OUTAGE, "the store is away")
        taken.append(content)

    assert mailbox.look(handle) == 2
    assert [b"well" in content for content in taken] == [True]
    assert mailbox.look(handle) == 1
    assert b"away" in taken[1]
    assert post.imap.flags().count("FS") == 1


def test_listeners_take_mail_by_imap_and_by_lmtp_and_say_how_they_are(post: Post) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = post.place.settings.model_copy(update={"lmtp_port": port, "imap_every_s": 0.05})
    listeners = open_listeners(
        settings, post.place.channels, post.place.client, SystemClock(), nudge=lambda: None
    )
    stop = Event()
    threads = [Thread(target=listener, args=(stop,), daemon=True) for listener in listeners.values()]
    for thread in threads:
        thread.start()
    try:
        for name in ("imap", "lmtp"):
            health = eventually(partial(post.place.channels.book.health, name))
            assert health is not None
            assert health.is_well, health
        post.imap.deliver(write("by imap").as_bytes(policy=SMTP))
        with smtplib.LMTP("127.0.0.1", port) as client:
            client.sendmail(BOB, [FLUX], write("by lmtp").as_bytes(policy=SMTP))
        assert len(post.runs()) >= 1
        eventually(lambda: len(post.runs()) == 2)
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
