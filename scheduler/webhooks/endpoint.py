"""Where messages go: an address of somebody, the events that they want, and the secrets that sign them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field

from fluxagents.flows.events import Frozen

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"

EVENT_TYPES = (
    "run.started",
    "run.paused",
    "run.resumed",
    "run.finished",
    "run.failed",
    "run.cancelled",
    "run.dead",
    "approval.requested",
    "approval.granted",
    "approval.rejected",
    "question.asked",
    "question.answered",
    "request.voted",
    "request.edited",
    "request.escalated",
    "request.expired",
    "session.idle",
)
"""All that one may be told of, but for `webhook.test`."""

TEST = "webhook.test"


class Secret(Frozen):
    """One of the secrets of an endpoint."""

    text: str = Field(repr=False)
    until_ms: int = 0
    """Until when it signs as well (Unix time in ms); 0 for the one that counts."""


EndpointForm = Literal["standard", "github"]
"""`standard`: signed messages of Standard Webhooks; `github`: the API of a repository at GitHub, or at a
forge that speaks it, where the outcome of a run becomes the status of a commit."""


class Endpoint(Frozen):
    """A receiver of messages."""

    name: str = Field(pattern=NAME)
    form: EndpointForm = "standard"
    url: str
    """Where messages are posted; of a repository its address in the API: `https://api.github.com/repos/o/r`."""
    events: tuple[str, ...] = Field(min_length=1)
    """Types of events, or patterns such as `run.*`."""
    session: str = ""
    """Only events of this session; of all when empty."""
    flow: str = ""
    """Only events of runs of this flow; of all when empty."""
    secrets: tuple[Secret, ...] = Field(min_length=1)
    """The newest first; of a repository the token that is shown to it."""
    status: Literal["active", "gone"] = "active"
    """`gone`: the receiver answered 410 and gets nothing any more."""
    owner: str
    """Who added it."""
    created_ms: int

    def wants(self, event_type: str, *, session: str, flow: str) -> bool:
        """Whether it is to be told of an event."""
        return (
            self.status == "active"
            and any(fnmatchcase(event_type, pattern) for pattern in self.events)
            and self.session in {"", session}
            and self.flow in {"", flow}
        )

    def secrets_at(self, now_ms: int) -> list[str]:
        """The secrets that sign at this time, the newest first."""
        return find_valid_secrets(self.secrets, now_ms)


def find_valid_secrets(secrets: Iterable[Secret], now_ms: int) -> list[str]:
    """Those that count at this time, in their order."""
    return [secret.text for secret in secrets if not secret.until_ms or now_ms < secret.until_ms]


def rotate_secrets(secrets: Sequence[Secret], text: str, *, until_ms: int) -> tuple[Secret, ...]:
    """A new secret before the newest one, which counts until then as well."""
    return (Secret(text=text), Secret(text=secrets[0].text, until_ms=until_ms))
