"""docs/channels.md: its commands, as they stand, and its way of a question by mail with real processes."""

from __future__ import annotations

import re
import shlex
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from tests.support.imap_server import ImapServer, serve_imap
from tests.support.mail_receiver import MailReceiver, receive_mail
from tests.support.places import DOCS
from tests.support.stack import Stack, isolated
from tests.support.waiting import eventually

from fluxagents.workers.settings import Settings

BOB = "bob@lab.example"


def list_commands() -> list[str]:
    """The commands of the page in order, a line each."""
    page = (DOCS / "channels.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("fluxagents ")]


def test_the_page_does_what_it_says(stack: Stack) -> None:
    for line in list_commands():
        done = stack.command(*shlex.split(line)[1:])
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    (ana,) = [member for member in stack.json("people", "list")["members"] if member["name"] == "ana"]
    assert (ana["notify"], ana["quiet"]["zone"]) == (["email"], "Europe/Vienna")
    assert stack.json("schedules", "show", "growth-by-mail")["reply_to"] == "email:ana@lab.example"
    stranger = stack.command(
        *shlex.split(
            "schedules add out --flow metabolic_analysis --model e_coli_core --input question=x "
            "--cron '0 2 * * *' --reply-to email:eve@elsewhere.example"
        )
    )
    assert (stranger.returncode, "nobody here" in stranger.stderr) == (2, True)
    nothing = stack.command("channels", "listen")
    assert (nothing.returncode, "there is nothing to listen to" in nothing.stderr) == (2, True)


@contextmanager
def run_installation(folder: Path, imap: ImapServer, smtp: MailReceiver) -> Iterator[Stack]:
    """An installation that reads and writes mail."""
    with ExitStack() as taken:
        ports = [
            str(taken.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1])
            for _ in range(2)
        ]
    environment = isolated(
        folder,
        FLUXAGENTS_API_PORT=ports[0],
        FLUXAGENTS_FLOWER_PORT=ports[1],
        FLUXAGENTS_PUBLIC_URL=f"http://127.0.0.1:{ports[0]}",
        FLUXAGENTS_SMTP_URL=smtp.url,
        FLUXAGENTS_IMAP_URL=imap.url,
        FLUXAGENTS_IMAP_EVERY_S="0.5",
        FLUXAGENTS_MAIL_ADDRESS="flux@lab.example",
        FLUXAGENTS_MAIL_VERIFIER="mx.lab.example",
        FLUXAGENTS_CONCURRENCY_TOOLS="1",
    )
    stack = Stack(environment, Settings(data_dir=folder), "")
    up = stack.process("up", "--detach")
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        yield stack
    finally:
        stack.process("down")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_change_that_is_asked_by_mail_is_approved_on_the_page(tmp_path: Path) -> None:
    with serve_imap() as imap, receive_mail() as smtp, run_installation(tmp_path, imap, smtp) as stack:
        words = f"people add bob --role approver --email {BOB} --notify email"
        added = stack.command(*words.split())
        assert added.returncode == 0, added.stderr
        question = EmailMessage()
        question["Authentication-Results"] = "mx.lab.example; dkim=pass header.d=lab.example"
        question["From"], question["To"] = BOB, "flux@lab.example"
        question["Subject"] = "Remove oxygen from the medium for good."
        question["Message-ID"] = "<1@lab.example>"
        imap.deliver(question.as_bytes())
        eventually(lambda: smtp.mails, within_s=120)
        text = smtp.mails[0].get_body(("plain",))
        assert text is not None
        assert "apply_medium" in text.get_content()
        link = re.search(r"http://\S+/answer/\S+", text.get_content())
        assert link is not None
        with urlopen(link[0]) as page:
            assert b"Nothing has been decided yet" in page.read()
        form = urlencode({"decision": "approve", "confirm": "yes"}).encode()
        with urlopen(link[0], data=form) as page:
            assert b"is approved" in page.read()
        eventually(lambda: len(smtp.mails) == 2, within_s=120)
        answer = smtp.mails[1]
        assert answer["In-Reply-To"] == question["Message-ID"]
        body = answer.get_body(("plain",))
        assert body is not None
        # Without oxygen E. coli core grows at 0.212 per h (Orth et al. 2010).
        assert "0.212" in body.get_content()
        checks = {check["name"]: check["verdict"] for check in stack.json("doctor")["checks"]}
        assert (checks["mail out"], checks["mail in"], checks["listener"]) == ("ok", "ok", "ok")
