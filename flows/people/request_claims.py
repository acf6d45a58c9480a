"""Who sees to a request: claims that end by themselves, read from the remarks on a run. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from fluxagents.flows.errors import ConflictError
from fluxagents.flows.people.remarks import Remark, RequestClaim, RequestRelease, Watch

CLAIM_MS = 30 * 60_000
"""How long a claim holds unless it is made for another time, or again."""
MAX_CLAIM_MS = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class HeldClaim:
    """A claim that holds."""

    request_id: str
    by: str
    until_ms: int


def find_claim(remarks: Iterable[Remark], request_id: str, now_ms: int) -> HeldClaim | None:
    """The claim that holds on a request now; None if nobody has it."""
    held: HeldClaim | None = None
    for remark in remarks:
        body = remark.body
        if isinstance(body, RequestClaim) and body.request_id == request_id:
            held = HeldClaim(request_id, remark.by, body.until_ms)
        elif isinstance(body, RequestRelease) and body.request_id == request_id:
            held = None
    return held if held and now_ms < held.until_ms else None


def plan_claim(
    remarks: Iterable[Remark], request_id: str, by: str, *, now_ms: int, for_ms: int, force: bool
) -> RequestClaim:
    """The claim of a person on a request; one of their own begins anew.

    Raises:
        FluxError: If somebody else has it, unless it is taken by force.
    """
    held = find_claim(remarks, request_id, now_ms)
    is_anothers = held is not None and held.by != by
    if held is not None and is_anothers and not force:
        raise _refuse(held, f"or take it: `fluxagents approvals claim {request_id} --force`")
    return RequestClaim(
        request_id=request_id,
        until_ms=now_ms + for_ms,
        taken_from=held.by if held is not None and is_anothers else "",
    )


def check_claimed_by(remarks: Iterable[Remark], request_id: str, by: str, now_ms: int) -> None:
    """Refuse an answer to a request that somebody else sees to.

    Raises:
        FluxError: If another person's claim on it holds.
    """
    held = find_claim(remarks, request_id, now_ms)
    if held is not None and held.by != by:
        raise _refuse(held, f"or take it first: `fluxagents approvals claim {request_id} --force`")


def _refuse(held: HeldClaim, what_to_do: str) -> ConflictError:
    until = datetime.fromtimestamp(held.until_ms / 1_000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
    return ConflictError(
        f"request {held.request_id!r} is claimed by {held.by!r} until {until} UTC",
        suggestions=(f"wait, or ask {held.by} to release it", what_to_do),
    )


def list_watchers(remarks: Iterable[Remark]) -> frozenset[str]:
    """Who wants to know when the run ends."""
    watches = {remark.by: remark.body.is_on for remark in remarks if isinstance(remark.body, Watch)}
    return frozenset(person for person, is_on in watches.items() if is_on)
