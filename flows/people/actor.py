"""Who acts, by which channel, and what proves it."""

from __future__ import annotations

from typing import Literal

from fluxagents.flows.events import Frozen
from fluxagents.flows.people.actions import Scope

Channel = Literal[
    "command line",
    "client",
    "process",
    "http",
    "page",
    "email",
    "slack",
    "webhook",
    "schedule",
    "event",
    "message",
    "standing",
]
"""The door that an act came through; `process` is a client whose runs live in its own process."""

ProofKind = Literal[
    "os-user",
    "api-key",
    "sign-in",
    "signature",
    "schedule",
    "event",
    "message",
    "link",
    "sender",
    "slack-user",
    "standing",
]
"""`link`: signed, and sent to one person; `sender`: of a mail, vouched for by the server that received it."""


class Proof(Frozen):
    """What shows that somebody is who they say. It is no secret."""

    kind: ProofKind
    id: str
    """The number of an operating-system user, the prefix of a key, the digest of a session's id …"""

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Actor(Frozen):
    """Somebody who acts."""

    name: str
    """Of a person or a service."""
    channel: Channel
    proof: Proof
    scopes: frozenset[Scope] | None = None
    """What the key is good for that was shown; None where no key limits it."""


class Resource(Frozen):
    """What is acted on."""

    kind: Literal[
        "run",
        "request",
        "session",
        "model",
        "artifact",
        "medium",
        "schedule",
        "webhook",
        "channel",
        "trigger",
        "prompt",
        "person",
        "group",
        "key",
        "audit log",
        "metrics",
        "standing approval",
    ]
    id: str
    session: str = ""
    """That it belongs to; empty for what is shared by all."""

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


SYSTEM = "fluxagents"
"""Who acts where the installation itself does, such as a schedule that nobody owns."""
