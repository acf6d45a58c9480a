"""What experts say to a consultation, each once and for themselves, and how many of them are wanted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Self

from pydantic import Field, JsonValue, model_validator

from fluxagents.flows.humans.policies import HumanRecord
from fluxagents.flows.humans.seats import holds_many
from fluxagents.flows.humans.votes import Delegation, Vote, find_lapse

MAX_OPINIONS = 16
OPINION_CHARACTERS = 2_000
"""Bounds of a consultation: the state of each run that waits holds its opinions."""


class Panel(HumanRecord):
    """How many opinions a question takes, where it takes more than the first answer."""

    wanted: int = Field(ge=1, le=MAX_OPINIONS)
    """With so many it is over."""
    at_least: int = Field(default=1, ge=1)
    """With fewer at its end it counts as not answered."""
    keeps_all: bool = False
    """The answers are listed, and not made into one."""

    @model_validator(mode="after")
    def _wants_no_fewer_than_it_needs(self) -> Self:
        if self.at_least > self.wanted:
            raise ValueError(f"it is over with {self.wanted} opinions, and needs at least {self.at_least}")
        return self


class Opinion(HumanRecord):
    """What one expert answered."""

    by: str
    at_ms: int = Field(ge=0)
    channel: str = ""
    """The door that it came through."""
    answer: str = Field(min_length=1, max_length=OPINION_CHARACTERS)
    """As it was written."""
    value: JsonValue
    """As the question takes it: a text, a truth value, a number, or the digest of a file."""
    for_people: tuple[str, ...] = ()
    """Who delegated their answer to this person."""

    def __str__(self) -> str:
        for_people = f" for {', '.join(self.for_people)}" if self.for_people else ""
        return f"{self.by}{for_people}: {self.answer}"


def refuse_opinion(
    opinion: Opinion,
    *,
    opinions: Sequence[Opinion],
    votes: Sequence[Vote] = (),
    barred: Collection[str] = (),
    delegations: Sequence[Delegation] = (),
) -> str:
    """Why an opinion cannot count, as the end of a sentence about the request; empty if it does.

    Args:
        opinion: The opinion.
        opinions: Those that were given before.
        votes: Of people who abstained or stepped out.
        barred: Who has no say.
        delegations: Who lets whom answer.
    """
    if opinion.by in barred:
        return f"was wanted by {opinion.by!r}, and its policy wants other eyes"
    said = find_answer_of((opinion.by, *opinion.for_people), (*opinions, *votes))
    return said or find_lapse(opinion, delegations)


def find_answer_of(people: Collection[str], answers: Iterable[Opinion | Vote]) -> str:
    """That one of these people has answered, as the end of a sentence about the request; empty if not."""
    for before in answers:
        if not set(people).isdisjoint((before.by, *before.for_people)):
            channel = f", by {before.channel}" if before.channel else ""
            return f"was answered already by {before.by!r}{channel}"
    return ""


def may_grow(
    seats: Iterable[str], opinions: Sequence[Opinion], votes: Sequence[Vote], barred: Collection[str]
) -> bool:
    """Whether somebody who is asked could still answer. How many belong to a group is not known here."""
    answers: tuple[Opinion | Vote, ...] = (*opinions, *votes)
    gone = {name for each in answers for name in (each.by, *each.for_people)} | set(barred)
    return any(holds_many(seat) or seat not in gone for seat in seats)
