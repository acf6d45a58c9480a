"""The intents of `intents.toml`: which concepts together ask for which tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fluxagents.workers.chat_models.planner.words.data import load_table

CHANGE, CHANGE_TOOL = "change", "apply_medium"
"""The verb shows an order to change the medium; the table has no intent for it."""


@dataclass(frozen=True, slots=True)
class IntentMatch:
    """An intent that fits a question; its score is the weight of all tags that support it."""

    name: str
    score: int
    tags: frozenset[str]
    asked_by: frozenset[str]
    """Those tags that ask for it."""

    @property
    def has_concept(self) -> bool:
        """Whether more than ids and names support it."""
        return any(not tag.isupper() for tag in self.tags)


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that a question may ask for.

    Attributes:
        name: Its key in reports and in tables of arguments.
        tool: The tool that answers it.
        asked_by: Combinations of tags that ask for it.
        along: Tags that ask for nothing alone and often stand in such questions.
    """

    name: str
    tool: str
    asked_by: tuple[frozenset[str], ...]
    along: frozenset[str]

    def match(self, tags: frozenset[str]) -> IntentMatch | None:
        """The match with the combination of the greatest weight; None if no combination is complete."""
        fitting = [combination for combination in self.asked_by if combination <= tags]
        if not fitting:
            return None
        best = max(fitting, key=_sum_weights)
        supporting = best | (self.along & tags)
        return IntentMatch(self.name, _sum_weights(supporting), supporting, best)


@cache
def load_intents() -> Mapping[str, Intent]:
    """By name, in the order of precedence."""
    return {
        name: Intent(
            name,
            entry["tool"],
            tuple(frozenset(combination.split()) for combination in entry["asked_by"]),
            frozenset(entry.get("along", "").split()),
        )
        for name, entry in load_table("intents").items()
        if name != "weights"
    }


def find_tool(intent: str) -> str:
    """The tool that answers an intent."""
    return CHANGE_TOOL if intent == CHANGE else load_intents()[intent].tool


def find_best_match(tags: frozenset[str]) -> IntentMatch | None:
    """The intent that fits the tags best; among equals the first of the table."""
    matches = (intent.match(tags) for intent in load_intents().values())
    return max((match for match in matches if match), key=lambda match: match.score, default=None)


def load_weights() -> Mapping[str, int]:
    """By tag; 1 for a tag that is not in it."""
    weights: Mapping[str, int] = load_table("intents")["weights"]
    return weights


def _sum_weights(tags: frozenset[str]) -> int:
    weights = load_weights()
    return sum(weights.get(tag, 1) for tag in tags)
