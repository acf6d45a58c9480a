"""A mail that came in, as far as it concerns us."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMail:
    """A mail, read and judged."""

    message_id: str
    """With its angle brackets; made of the content where the mail has none."""
    sender: str
    """The one address of `From`, in lower case; empty where there is none, or are several."""
    recipients: tuple[str, ...]
    """Every address that the headers name, in lower case."""
    subject: str
    text: str
    """What the sender wrote, without what it quotes."""
    proof: str
    """Why the sender is who they say, in a few words; empty where the receiving server does not vouch."""
    is_automatic: bool
    """A machine wrote it, or it went to a list: it gets no answer, so that machines do not talk for ever."""
    bounce: str = ""
    """Why a mail of ours did not arrive; empty for any other mail."""
    attachments: tuple[Attachment, ...] = ()
