"""Keeps messages to receivers until they are delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from fluxagents.scheduler.outbox.message import Attempt, Message
from fluxagents.scheduler.outbox.retries import Response, Verdict

MAX_FLYING = 4
"""Messages that are under way to one endpoint at once."""

MAX_LOG = 1_000
"""Attempts per endpoint that are remembered, the last ones."""


class Receiver(Protocol):
    """Where messages go."""

    @property
    def name(self) -> str:
        """Its name, which no other receiver of the outbox has."""
        ...


E = TypeVar("E", bound=Receiver)


@dataclass(frozen=True, slots=True)
class Claim(Generic[E]):
    """A message that one sender sends now."""

    endpoint: E
    message: Message
    attempt: int
    """Counted from 1. Whoever claims the message later has a higher one."""
    is_doubtful: bool = False
    """An earlier sender died with it: nobody knows whether the receiver has it."""


class Outbox(Protocol[E]):
    """Receivers, and the messages to them. Every method is atomic."""

    def add(self, endpoint: E, *, replace: bool = False) -> bool:
        """Keep a receiver; False, and nothing done, if the name is taken and not to be replaced."""
        ...

    def put(self, messages: Sequence[Message]) -> int:
        """Keep new messages, to be sent from `next_ms` on; one whose id is known stays. How many were new."""
        ...

    def claim(self, *, limit: int, lease_ms: int) -> Sequence[Claim[E]]:
        """Take messages whose time has come, some of each endpoint, at most `MAX_FLYING` of one at once.

        One that is not settled within the lease may be claimed again.
        """
        ...

    def has_due(self) -> bool:
        """Whether `claim` would return anything."""
        ...

    def settle(self, claim: Claim[E], response: Response, verdict: Verdict, *, at_ms: int) -> None:
        """Write down what came of an attempt; of one that was claimed again meanwhile only in the log."""
        ...

    def withdraw(self, endpoint: str, message_id: str) -> bool:
        """Let a message go that waits for an attempt; False if it is under way, done or not kept."""
        ...

    def fail(self, endpoint: str, message_id: str, why: str) -> bool:
        """Write down that a message did not arrive after all; False if it is not kept any more."""
        ...

    def resend(self, endpoint: str, message_id: str) -> bool:
        """Send a message again now, as if for the first time; False if it is not kept any more."""
        ...

    def message(self, endpoint: str, message_id: str) -> Message | None: ...

    def messages(self, endpoint: str, *, limit: int) -> Sequence[Message]:
        """The messages to an endpoint that are kept, the newest first."""
        ...

    def attempts(self, endpoint: str, *, limit: int) -> Sequence[Attempt]:
        """The last attempts to deliver to an endpoint, the newest first."""
        ...

    def count_pending(self, endpoint: str) -> int:
        """How many messages wait for their next attempt."""
        ...
