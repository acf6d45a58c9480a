"""Whose agreement a request needs: one of several, all of them, or a number of them, one inside another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fluxagents.flows.humans.policy_reading import read_policy
from fluxagents.flows.humans.seats import ANYONE

MAX_DEPTH = 4
MAX_SEATS = 32
"""Bounds of a policy in a flow: a human reads it, and the state of each run that waits holds it."""


class HumanRecord(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnyOf(HumanRecord):
    """One of them is enough."""

    any_of: tuple[Rule, ...] = Field(min_length=1)

    def __str__(self) -> str:
        return _join("any of", self.any_of) if len(self.any_of) > 1 else str(self.any_of[0])


class AllOf(HumanRecord):
    """Each of them is needed; somebody who is meant by two of them counts for both."""

    all_of: tuple[Rule, ...] = Field(min_length=1)

    def __str__(self) -> str:
        return _join("all of", self.all_of)


class Quorum(HumanRecord):
    """So many different people: each person counts once, and each rule inside that is met counts once."""

    quorum: int = Field(ge=1)
    of: tuple[Rule, ...] = Field(min_length=1)

    def __str__(self) -> str:
        return _join(f"{self.quorum} of", self.of)


Rule: TypeAlias = str | AnyOf | AllOf | Quorum
"""A person's name, `group:NAME`, `anyone`, or several of these. The text is called a seat."""

for _rule in (AnyOf, AllOf, Quorum):
    _rule.model_rebuild()


class Policy(HumanRecord):
    """A rule, and what holds beside it.

    A flow says it in short: `ana`, `[ana, "group:curators"]`, `{quorum: "2 of [group:curators]"}`.
    """

    rule: Rule
    four_eyes: bool = False
    """Neither whoever wanted the run nor whoever edited the request has a vote."""
    veto: tuple[str, ...] = ()
    """Seats whose rejection decides, whatever else is said. They need no seat of the rule."""
    rejections: int = Field(default=1, ge=1)
    """How many people must reject for the request to be rejected."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return read_policy(value)

    @property
    def seats(self) -> tuple[str, ...]:
        """Everybody whom it names, each once, in order."""
        return tuple(dict.fromkeys((*list_seats(self.rule), *self.veto)))

    @property
    def is_open(self) -> bool:
        """Whether one answer of anybody decides, as where a flow says nothing."""
        return self.takes_one and self.seats == (ANYONE,) and self.rejections == 1

    @property
    def takes_one(self) -> bool:
        """Whether one answer of somebody whom it names decides, whoever wanted it."""
        members = self.rule.any_of if isinstance(self.rule, AnyOf) else (self.rule,)
        return all(isinstance(each, str) for each in members) and not (self.four_eyes or self.veto)

    def __str__(self) -> str:
        notes = (
            "nobody who wanted or edited it" if self.four_eyes else "",
            f"veto: {', '.join(self.veto)}" if self.veto else "",
            f"{self.rejections} rejections reject it" if self.rejections > 1 else "",
        )
        return "; ".join(text for text in (str(self.rule), *notes) if text)


def find_excess(policy: Policy) -> str:
    """What is too much of a policy, in a sentence; empty for one that a flow may have."""
    if measure_depth(policy.rule) > MAX_DEPTH:
        return f"at most {MAX_DEPTH} rules may stand inside one another"
    if len(policy.seats) > MAX_SEATS:
        return f"at most {MAX_SEATS} people and groups may be named; put them into a group"
    return ""


def inner_rules(rule: Rule) -> tuple[Rule, ...]:
    """The rules that a rule is made of; none for a seat."""
    match rule:
        case AnyOf():
            return rule.any_of
        case AllOf():
            return rule.all_of
        case Quorum():
            return rule.of
        case _:
            return ()


def list_seats(rule: Rule) -> Iterator[str]:
    """The seats of a rule, in order."""
    if isinstance(rule, str):
        yield rule
    for inner in inner_rules(rule):
        yield from list_seats(inner)


def measure_depth(rule: Rule) -> int:
    """How many rules stand inside one another; 0 for a seat."""
    return 0 if isinstance(rule, str) else 1 + max(measure_depth(inner) for inner in inner_rules(rule))


def _join(how: str, rules: tuple[Rule, ...]) -> str:
    parts = (str(rule) if isinstance(rule, str) else f"({rule})" for rule in rules)
    return f"{how} {', '.join(parts)}"


OPEN = Policy(rule=ANYONE)
"""One answer of anybody who has the role."""
