"""Who is meant by a word of a policy: a person, a group, a skill, or anyone. Such a word is called a seat."""

from __future__ import annotations

ANYONE = "anyone"
"""Stands for whoever has the role."""

GROUP_PREFIX = "group:"
"""Before the name of a group where a person's could stand as well."""


SKILL_PREFIX = "skill:"
"""Before a skill: whoever has it is meant."""


def holds_many(seat: str) -> bool:
    """Whether any number of people may sit there."""
    return seat == ANYONE or seat.startswith((GROUP_PREFIX, SKILL_PREFIX))
