"""What happens while nobody answers: reminders, further people who are asked, and what is done at last."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from fluxagents.flows.humans.policies import HumanRecord, Rule, list_seats
from fluxagents.flows.humans.policy_reading import read_rule

MAX_STEPS = 12

Urgency = Literal["low", "normal", "high"]
"""High: people are reached outside of their working and quiet hours as well."""

LastResort = Literal["deny", "approve", "fail"]
LAST_RESORTS: tuple[LastResort, ...] = get_args(LastResort)

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*")
MAX_SECONDS = 10 * 366 * 86_400


def read_duration(value: Any) -> Any:
    """Seconds from `90s`, `30m`, `2h`, `1d`, `2w` or a number.

    Raises:
        ValueError: If it is none of these.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r:.40} is no time like `30m`, `2h` or `1d`")
    return float(match[1]) * _UNITS[match[2]]


Duration: TypeAlias = Annotated[float, BeforeValidator(read_duration), Field(gt=0, le=MAX_SECONDS)]


class LadderStep(HumanRecord):
    """A step: without `to` a reminder, with it more people who may decide, with `then` the end."""

    after: Duration
    """Seconds since it was asked; only those of working hours, where the request has a calendar."""
    to: Rule | None = None
    """Who may decide as well from now on: their agreement stands beside the policy's."""
    via: tuple[str, ...] = ()
    """Channels to reach people by; each person's own choice when empty."""
    then: str = ""
    """What is done if nobody answered: `deny`, `approve`, `fail`, or the node that the flow goes on at."""

    @field_validator("to", mode="before")
    @classmethod
    def _read_to(cls, value: Any) -> Any:
        return None if value is None else read_rule(value)

    @field_validator("via", mode="before")
    @classmethod
    def _read_via(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _does_one_thing(self) -> LadderStep:
        if self.then and (self.to is not None or self.via):
            raise ValueError("`then` ends the request: it needs no `to` and no `via`")
        return self

    @property
    def branch(self) -> str:
        """The node that the flow goes on at; empty where it does something else."""
        return "" if self.then in LAST_RESORTS else self.then

    @property
    def seats(self) -> tuple[str, ...]:
        """Who is asked by this step."""
        return () if self.to is None else tuple(dict.fromkeys(list_seats(self.to)))

    def __str__(self) -> str:
        """What happens, as a clause."""
        if self.then:
            return _LAST_RESORT_TEXTS.get(self.then) or f"the flow goes on at {self.then}"
        return f"{self.to} may decide as well" if self.to is not None else "those who are asked are reminded"


_LAST_RESORT_TEXTS = {"deny": "it is rejected", "approve": "it is approved", "fail": "the node fails"}

Ladder = Annotated[tuple[LadderStep, ...], Field(max_length=MAX_STEPS)]


def check_ladder(steps: tuple[LadderStep, ...]) -> None:
    """Refuse steps that are not in the order of their times, or behind the end.

    Raises:
        ValueError: Naming the step.
    """
    for before, step in pairwise(steps):
        if before.then:
            raise ValueError(f"a step after {step.after:g} s comes behind the end by `then: {before.then}`")
        if step.after <= before.after:
            raise ValueError(f"a step after {step.after:g} s follows one after {before.after:g} s; sort them")


class Calendar(HumanRecord):
    """Which hours count for a ladder."""

    hours: str = Field(default="", max_length=200)
    """Such as `Mon-Fri 09:00-17:00`; several with `, ` between; all when empty."""
    zone: str = "UTC"
    """Of the hours and the days, as the time zone database calls it."""
    holidays: str = ""
    """Of a country or a part of it, such as `DE` or `DE-BW`: days that do not count."""
