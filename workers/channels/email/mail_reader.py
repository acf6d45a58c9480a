"""Reads a mail: who sent it, who vouches for that, what it says without quotes, and what is attached."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import getaddresses
from html.parser import HTMLParser

from mailparser_reply import EmailReplyParser

from fluxagents.flows.texts.display import visible
from fluxagents.scheduler.channels.mail.incoming_mail import Attachment, IncomingMail
from fluxagents.workers.channels.email.sender_proof import find_proof

MAX_MAIL_BYTES = 40_000_000
MAX_TEXT = 64_000
"""Characters that are looked through for quotes."""
MAX_SUBJECT = 500
MAX_ATTACHMENTS = 10

LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv"]
"""Whose mail programs introduce quotes in words that are known."""

_RECIPIENTS = ("delivered-to", "x-original-to", "to", "cc")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_QUOTED_TAGS = frozenset({"blockquote", "style", "script", "head", "title"})
_BREAKS = frozenset({"br", "p", "div", "tr", "li"})


def read_mail(content: bytes, *, verifier: str) -> IncomingMail:
    """A mail as it concerns us; whatever is wrong with it only leaves something empty.

    Args:
        content: As the server handed it over.
        verifier: The name of the server whose verdict on senders counts.
    """
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    sender = _find_sender(mail)
    message_id = _MESSAGE_ID.search(str(mail["message-id"] or ""))
    return IncomingMail(
        message_id=message_id[0] if message_id else f"<{hashlib.sha256(content).hexdigest()}@no-id>",
        sender=sender,
        recipients=tuple(_find_recipients(mail)),
        subject=visible(" ".join(str(mail["subject"] or "").split()), layout="")[:MAX_SUBJECT],
        text=_read_text(mail),
        proof=find_proof(mail.get_all("authentication-results", []), sender, verifier=verifier),
        is_automatic=_is_automatic(mail),
        bounce=_find_bounce(mail),
        attachments=tuple(_read_attachments(mail)),
    )


def _find_sender(mail: EmailMessage) -> str:
    headers = mail.get_all("from", [])
    addresses = [address.addr_spec for header in headers for address in header.addresses]
    # With several nobody could say for whom the server vouches.
    return str(addresses[0]).lower() if len(addresses) == 1 == len(headers) else ""


def _find_recipients(mail: EmailMessage) -> Iterator[str]:
    for name in _RECIPIENTS:
        for _, address in getaddresses([str(header) for header in mail.get_all(name, [])]):
            if address:
                yield address.lower()


def _is_automatic(mail: EmailMessage) -> bool:
    """Whether a machine wrote it (RFC 3834), or it went to a list."""
    submitted = str(mail["auto-submitted"] or "no").split(";")[0].strip().lower()
    precedence = str(mail["precedence"] or "").strip().lower()
    return (
        submitted != "no"
        or precedence in {"bulk", "junk", "list", "auto_reply"}
        or any(mail[name] for name in ("list-id", "list-unsubscribe", "x-autoreply", "x-autorespond"))
        or str(mail["return-path"] or "").strip() == "<>"
    )


def _find_bounce(mail: EmailMessage) -> str:
    """Why one of our mails did not arrive, as a report says it (RFC 3464); empty for any other mail."""
    is_report = mail.get_content_type() == "multipart/report"
    if not is_report or str(mail.get_param("report-type", "")).lower() != "delivery-status":
        return ""
    for part in mail.walk():
        blocks = part.get_payload() if part.get_content_type() == "message/delivery-status" else []
        for fields in blocks if isinstance(blocks, list) else []:
            if isinstance(fields, Message) and str(fields["action"] or "").strip().lower() == "failed":
                return visible(str(fields["diagnostic-code"] or fields["status"] or "failed"), layout="")
    return ""


def _read_text(mail: EmailMessage) -> str:
    try:
        body = mail.get_body(("plain", "html"))
        text = "" if body is None else str(body.get_content())
    except (MessageError, LookupError, ValueError):
        return ""
    if body is not None and body.get_content_type() == "text/html":
        reader = _HtmlText()
        reader.feed(text)
        text = "".join(reader.parts)
    text = text[:MAX_TEXT].replace("\r\n", "\n")
    reply = EmailReplyParser(languages=LANGUAGES).parse_reply(text=text)
    return visible(reply or "").strip()


class _HtmlText(HTMLParser):
    """The text of HTML, without what it quotes."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._depth += tag in _QUOTED_TAGS
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _QUOTED_TAGS:
            self._depth = max(0, self._depth - 1)

    def handle_data(self, data: str) -> None:
        if not self._depth:
            self.parts.append(" ".join(data.split(" ")).replace("\n", " "))


def _read_attachments(mail: EmailMessage) -> Iterator[Attachment]:
    for part in list(mail.iter_attachments())[:MAX_ATTACHMENTS]:
        name = visible(part.get_filename() or "", layout="").replace("\\", "/").rpartition("/")[2]
        content = part.get_payload(decode=True)
        # Pictures of a signature and the signature itself are no inputs.
        is_decoration = part.get_content_disposition() != "attachment" or not name
        if not is_decoration and isinstance(content, bytes):
            yield Attachment(name[:200], content)
