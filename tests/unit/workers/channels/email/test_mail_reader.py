"""A mail is whose it says only where the receiving server vouches, and says what was written, not quoted."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from fluxagents.scheduler.channels.mail.incoming_mail import IncomingMail
from fluxagents.workers.channels.email.mail_reader import read_mail

BOB = "bob@lab.example"
VERDICT = "mx.lab.example; dkim=pass header.d=lab.example; spf=pass smtp.mailfrom=bob@lab.example"


def read(text: str = "", *, html: str = "", **headers: str) -> IncomingMail:
    mail = EmailMessage()
    for name, value in {"Authentication-Results": VERDICT, "From": f"Bob <{BOB}>", **headers}.items():
        if value:
            mail[name.replace("_", "-")] = value
    if html:
        mail.set_content(html, subtype="html")
    else:
        mail.set_content(text)
    return read_mail(mail.as_bytes(), verifier="mx.lab.example")


@pytest.mark.parametrize(
    ("results", "proof"),
    [
        (VERDICT, "dkim lab.example"),
        ("MX.lab.example 1; dkim=pass header.d=LAB.example", "dkim lab.example"),
        ("mx.lab.example; dmarc=pass (p=reject) header.from=lab.example", "dmarc lab.example"),
        ("mx.lab.example; spf=pass smtp.mailfrom=lab.example", "spf lab.example"),
        ("mx.lab.example; none", ""),
        ("mx.evil.example; dkim=pass header.d=lab.example", ""),
        ("mx.lab.example.evil.example; dkim=pass header.d=lab.example", ""),
        ("mx.lab.example; dkim=fail header.d=lab.example; spf=softfail smtp.mailfrom=lab.example", ""),
        (f"{VERDICT}; dmarc=fail header.from=lab.example", ""),
        ("mx.lab.example; dkim=pass header.d=evil.example", ""),
        ("mx.lab.example; dkim=pass header.d=evillab.example", ""),
        ("mx.lab.example; dkim=pass header.d=example", ""),
        ("mx.lab.example; dkim=pass header.d=sub.lab.example", ""),
        ("mx.lab.example; spf=pass smtp.mailfrom=bob@evil.example", ""),
        ("mx.lab.example; dmarc=pass header.from=evil.example", ""),
        ('mx.lab.example; dkim=fail reason="dkim=pass header.d=lab.example"', ""),
        ("mx.lab.example; dkim=neutral (dkim=pass header.d=lab.example)", ""),
        ("not a header at all", ""),
    ],
)
def test_a_sender_is_who_the_receiving_server_vouches_for(results: str, proof: str) -> None:
    assert read(**{"Authentication-Results": results}).proof == proof


def test_who_signs_for_a_domain_signs_for_what_lies_below_it() -> None:
    assert read(From="bob@mail.lab.example").proof == "dkim mail.lab.example"


@pytest.mark.parametrize("sender", [f"Bob <{BOB}>, Eve <eve@evil.example>", "undisclosed-recipients:;", ""])
def test_with_several_senders_or_none_nobody_is_vouched_for(sender: str) -> None:
    mail = read(From=sender)
    assert (mail.sender, mail.proof) == ("", "")


def test_a_name_that_looks_like_an_address_is_no_sender() -> None:
    assert read(From=f'"{BOB}" <eve@evil.example>').sender == "eve@evil.example"


def test_quotes_are_cut_in_text_and_html_and_in_other_languages() -> None:
    assert read("yes\n\nOn Mon, Nov 30, 2026 at 9:00 AM flux <f@lab.example> wrote:\n> no\n").text == "yes"
    german = "nein\n\nAm Mo., 30. Nov. 2026 um 09:00 Uhr schrieb flux <f@lab.example>:\n\n> ja\n"
    assert read(german).text == "nein"
    assert read(html="<p>yes</p><blockquote>no<p>never</p></blockquote><script>no</script>").text == "yes"


@pytest.mark.parametrize(
    "header",
    [
        ("Auto-Submitted", "auto-replied"),
        ("Precedence", "bulk"),
        ("List-Id", "<l.example>"),
        ("Return-Path", "<>"),
    ],
)
def test_machines_are_told_from_people(header: tuple[str, str]) -> None:
    assert read(**dict([header])).is_automatic
    assert not read(**{"Auto-Submitted": "no"}).is_automatic


def test_control_codes_of_a_mail_are_shown_as_such() -> None:
    mail = read("go\x1b[2J on\u202e", Subject="a\x07b")
    assert mail.text == "go\\x1b[2J on\\u202e"
    assert mail.subject == "a\\x07b"


def test_bytes_that_are_no_mail_are_nobodys() -> None:
    mail = read_mail(b"\xff\x00 nothing\r\n: \r\n\r\n\xff", verifier="mx.lab.example")
    assert (mail.sender, mail.proof, mail.attachments) == ("", "", ())
    assert mail.message_id.endswith("@no-id>")
