"""Posts as mail: plain text beside HTML, the same bytes at every attempt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from fluxagents.scheduler.channels.post import AnswerPost, DigestPost, NotePost, RequestPost
from fluxagents.scheduler.outbox.message import Message

MAX_SUBJECT = 120


MailPost = RequestPost | AnswerPost | NotePost | DigestPost
"""What can be mailed; a mail that is out cannot be changed."""


_TEMPLATES: Mapping[type[MailPost], str] = {
    RequestPost: "request",
    AnswerPost: "answer",
    DigestPost: "digest",
}


def write_mail(
    post: MailPost, message: Message, *, sender: str, takes_replies: bool, picture: bytes = b""
) -> EmailMessage:
    """The mail of a post.

    Args:
        post: What it says.
        message: As the outbox keeps it.
        sender: The address of the installation.
        takes_replies: Whether mail to that address is read.
        picture: A PNG that stands in the HTML; empty for none.
    """
    name, _, domain = sender.partition("@")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"fluxagents <{sender}>"
    mail["To"] = post.to
    mail["Subject"] = subject = _write_subject(post)
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.created_ms / 1_000, tz=UTC))
    # The same at every attempt: many servers of mail keep a repeated one only once.
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    if post.in_reply_to:
        mail["In-Reply-To"] = mail["References"] = post.in_reply_to
    if takes_replies and post.reply_token:
        mail["Reply-To"] = f"fluxagents <{name}+{post.reply_token}@{domain}>"
    # No machine answers this, and what is answered anyway is not answered again.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if isinstance(post, NotePost):
        mail.set_content(post.text)
        return mail
    template = _TEMPLATES[type(post)]
    values = {
        **{field: getattr(post, field) for field in type(post).model_fields},
        "subject": subject,
        "takes_replies": takes_replies,
        "write_time": _write_time,
        "picture": f"effect.{message.id}@{domain}" if picture else "",
    }
    mail.set_content(_templates().get_template(f"{template}.txt.j2").render(values))
    mail.add_alternative(_templates().get_template(f"{template}.html.j2").render(values), subtype="html")
    mail.set_boundary(f"=_{message.id}")
    if picture:
        html = mail.get_payload(1)
        assert isinstance(html, EmailMessage)
        html.add_related(
            picture,
            "image",
            "png",
            cid=f"<{values['picture']}>",
            filename="effect.png",
            disposition="inline",
        )
        html.set_boundary(f"=_related_{message.id}")
    return mail


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("fluxagents.workers.channels.email"),
        autoescape=select_autoescape(("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _write_subject(post: MailPost) -> str:
    if isinstance(post, RequestPost):
        what = {"approval": "Approval", "question": "Question", "escalation": "Help"}[post.card.kind]
        return _one_line(f"[{what}] {post.card.tool or post.card.question}")
    if isinstance(post, DigestPost):
        return _count(post)
    if post.subject:
        is_reply = post.subject.casefold().startswith("re:")
        return _one_line(post.subject if is_reply else f"Re: {post.subject}")
    if isinstance(post, AnswerPost):
        return _one_line(f"[{post.status.capitalize()}] {post.asked or post.run}")
    return "Your message to fluxagents"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 1]}…"


def _count(post: DigestPost) -> str:
    waiting = len(post.waiting)
    if not waiting:
        return "[Digest] Nothing waits for you any more"
    count = f"{waiting} or more" if post.more else f"{waiting}"
    return f"[Digest] {count} {'requests wait' if waiting > 1 else 'request waits'} for you"


def _write_time(at_ms: int) -> str:
    """A time as people read it; empty for 0."""
    return f"{datetime.fromtimestamp(at_ms / 1_000, tz=UTC):%Y-%m-%d %H:%M} UTC" if at_ms else ""
