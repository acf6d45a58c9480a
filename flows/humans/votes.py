"""What people said to a request, and what it comes to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, Protocol

from pydantic import Field

from fluxagents.flows.humans.policies import HumanRecord

VoteChoice = Literal["approve", "reject", "abstain", "recuse"]
"""Abstain: no opinion. Recuse: may not judge this, whatever the request comes to say."""

MAX_VOTES = 64
"""Most votes that one request keeps; whoever votes later is told so."""


class Vote(HumanRecord):
    """What one person said, once, by whichever channel."""

    by: str
    choice: VoteChoice
    at_ms: int = Field(ge=0)
    channel: str = ""
    """The door that it came through; `standing` where it was given in advance."""
    comment: str = ""
    digest: str
    """Of what was shown: a vote on what a request said before an edit does not count."""
    seats: tuple[str, ...] = ()
    """The people and groups of the policy that the person stood for at that time."""
    for_people: tuple[str, ...] = ()
    """Who delegated their vote to this person."""
    standing: str = ""
    """The standing approval that it comes from; empty for a vote on this request itself."""

    def __str__(self) -> str:
        """In a line: who, for whom, what, by which channel, and why."""
        for_people = f" for {', '.join(self.for_people)}" if self.for_people else ""
        source = f"standing approval {self.standing}" if self.standing else self.channel
        channel = f" ({source})" if source else ""
        return f"{self.by}{for_people}: {self.choice}{channel}{f': {self.comment}' if self.comment else ''}"


class Delegation(HumanRecord):
    """One person lets another vote in their place, for a time."""

    by: str
    to: str
    at_ms: int = Field(ge=0)
    until_ms: int = 0
    """Until when (Unix time in ms); 0 for as long as the request waits."""
    seats: tuple[str, ...]
    """The people and groups of the policy that are passed on."""
    channel: str = ""
    comment: str = ""

    def holds(self, at_ms: int) -> bool:
        """Whether it counts at a time (Unix time in ms)."""
        return not self.until_ms or at_ms < self.until_ms


def counted_votes(votes: Sequence[Vote], digest: str) -> tuple[Vote, ...]:
    """The votes on what is shown now. Whoever recused themselves stays out, whatever is shown."""
    return tuple(vote for vote in votes if vote.digest == digest or vote.choice == "recuse")


def refuse_vote(
    vote: Vote,
    *,
    digest: str,
    votes: Sequence[Vote],
    barred: Collection[str] = (),
    delegations: Sequence[Delegation] = (),
) -> str:
    """Why a vote cannot count, as the end of a sentence about the request; empty if it does.

    Args:
        vote: The vote.
        digest: Of what the request shows now.
        votes: All that were cast on it.
        barred: Who has no vote.
        delegations: Who lets whom vote.
    """
    if vote.digest != digest:
        return (
            f"was changed after it was shown to {vote.by!r}: it shows {digest:.12} now, not {vote.digest:.12}"
        )
    if vote.by in barred:
        return f"was wanted or edited by {vote.by!r}, and its policy wants other eyes"
    if len(votes) >= MAX_VOTES:
        return f"has {MAX_VOTES} votes, and keeps no more"
    double = _find_double(vote, counted_votes(votes, digest))
    return double or find_lapse(vote, delegations)


def _find_double(vote: Vote, votes: Sequence[Vote]) -> str:
    people = {vote.by, *vote.for_people}
    for before in votes:
        if people.isdisjoint((before.by, *before.for_people)):
            continue
        channel = f", by {before.channel}" if before.channel else ""
        for_person = "" if before.by in people else f" for {min(people.intersection(before.for_people))!r}"
        return f"was answered already{for_person} by {before.by!r}: {before.choice}{channel}"
    return ""


class PersonalAnswer(Protocol):
    """A vote or an opinion: whose it is, and for whom it counts as well."""

    @property
    def by(self) -> str: ...

    @property
    def for_people(self) -> tuple[str, ...]: ...

    @property
    def at_ms(self) -> int: ...


def find_lapse(answer: PersonalAnswer, delegations: Sequence[Delegation]) -> str:
    """That somebody does not let the person answer any more, as the end of a sentence about the request."""
    for person in answer.for_people:
        passed_on = (each for each in delegations if (each.by, each.to) == (person, answer.by))
        if not any(each.holds(answer.at_ms) for each in passed_on):
            return f"is no more delegated by {person!r} to {answer.by!r}"
    return ""
