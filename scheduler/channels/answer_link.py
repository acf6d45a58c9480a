"""Links that show a request to the one person to whom they were sent, until they expire."""

from __future__ import annotations

from pydantic import ValidationError

from fluxagents.flows.events import Frozen
from fluxagents.flows.people.signed_token import read_token, sign_token

PURPOSE = "answer link"
LASTS_MS = 14 * 86_400_000
"""A request that waits longer is answered in the inbox."""


class AnswerLink(Frozen):
    """What a link stands for."""

    request: str
    digest: str
    person: str
    channel: str
    """By which it was sent."""


def sign_link(link: AnswerLink, key: bytes, public_url: str, *, expires_ms: int) -> str:
    """The address of the page; empty where the installation has no address."""
    if not public_url:
        return ""
    return f"{public_url}/answer/{sign_token(link.model_dump(), key, PURPOSE, expires_ms=expires_ms)}"


def read_link(token: str, key: bytes, *, now_ms: int) -> AnswerLink | None:
    """What a link stands for; None if it was not signed here, or its time is over."""
    content = read_token(token, key, PURPOSE, now_ms=now_ms)
    try:
        return None if content is None else AnswerLink.model_validate(content)
    except ValidationError:
        return None
