"""The lease that a worker takes on a step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fluxagents.flows.ports.dispatch import Outgoing


class ClaimStatus(StrEnum):
    """Whether a step may run."""

    OK = "ok"
    UNKNOWN = "unknown"
    """There is no such run."""
    STALE = "stale"
    """The run is at another step."""
    LEASED = "leased"
    """A live worker holds the lease."""
    DIGEST_MISMATCH = "digest_mismatch"
    """The state in the message is not the one that was committed."""
    NOT_RUNNABLE = "not_runnable"
    """The run waits, is paused or has ended."""
    EXHAUSTED = "exhausted"
    """The step was delivered too often; the claimant must record that in the log."""
    OVER_BUDGET = "over_budget"
    """The budget of the session is used up; the claimant must pause the run instead of the step."""


WITH_LEASE = frozenset({ClaimStatus.OK, ClaimStatus.EXHAUSTED, ClaimStatus.OVER_BUDGET})
"""Whoever gets one of these holds the lease."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim; it carries a lease when the status is one of `WITH_LEASE`."""

    status: ClaimStatus
    fence: int = 0
    state: str = ""
    """The serialized state, when the claim came without one."""
    last_error: str = ""
    """The error of the delivery before this one, if its worker lived to report it."""
    excess: str = ""
    """What of the budget of its session is used up, in a line, when the status says so."""
    released: tuple[Outgoing, ...] = ()
    """First steps whose turn it is now: publish each of them."""
