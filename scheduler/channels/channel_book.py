"""Remembers what channels need: what a reply means, which copies of a request are out, what came before."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Protocol

from fluxagents.flows.events import Frozen
from fluxagents.scheduler.channels.lane import LaneName
from fluxagents.scheduler.channels.post import RequestCard

TOKEN_CHARACTERS = 26
"""130 bits, which the local part of an address has room for."""


class Ticket(Frozen):
    """What a reply to a message means."""

    run: str
    """Which it continues; empty for one that takes no reply."""
    person: str
    """To whom the message went."""
    request: str = ""
    """Which it answers, as long as that waits; empty for none."""
    digest: str = ""
    """Of the request, as it was shown."""
    message: str = ""
    """The id of the message that it came with."""


class Copy(Frozen):
    """A message that asks for an answer."""

    lane: LaneName
    message: str
    """Its id."""
    card: RequestCard
    level: int = 0
    """The step of the ladder that sent it; 0 for the first message."""


class ChannelHealth(Frozen):
    """How what listens to a channel is doing."""

    at_ms: int
    is_well: bool
    note: str = ""


class ChannelBook(Protocol):
    """Every method is atomic; what it keeps is forgotten after months."""

    def keep_ticket(self, token: str, ticket: Ticket) -> None:
        """Remember what replies to an address mean."""
        ...

    def find_ticket(self, token: str) -> Ticket | None: ...

    def add_copy(self, request: str, copy: Copy) -> None:
        """Remember that a message asks for an answer to a request."""
        ...

    def copies(self, request: str) -> Sequence[Copy]:
        """The messages that ask for an answer to a request."""
        ...

    def keep_early_failure(self, request: str) -> None:
        """Remember that messages of a request failed before all of them were sent."""
        ...

    def early_failures(self) -> Sequence[str]:
        """The requests of which that is remembered."""
        ...

    def drop_early_failure(self, request: str) -> None:
        """Forget it."""
        ...

    def begin_delivery(self, delivery: str, run: str) -> str:
        """The run of a message that came in: the one given, or that of the same message before."""
        ...

    def find_delivery(self, delivery: str) -> str:
        """What `begin_delivery` was given for a message first; empty for nothing yet."""
        ...

    def note_health(self, channel: str, health: ChannelHealth) -> None:
        """Say how what listens to a channel is doing."""
        ...

    def health(self, channel: str) -> ChannelHealth | None:
        """What was last said; None if that was long ago."""
        ...


def make_token(key: bytes, message: str) -> str:
    """The token of the replies to a message: always the same one, and nobody can guess it."""
    digest = hmac.new(key, f"reply token.{message}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:TOKEN_CHARACTERS]
