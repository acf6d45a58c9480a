"""What the planner understands: which concepts together ask for which tool, as `intents.toml` has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fluxagents.workers.chat_models.planner.words.data import table

CHANGE, CHANGE_TOOL = "change", "apply_medium"
"""An order to change the medium is known by its verb, not by an intent of the table."""


@dataclass(frozen=True, slots=True)
class Guess:
    """An intent, and how well it fits: the weight of all signs that speak for it."""

    name: str
    score: int
    signs: frozenset[str]
    asked_by: frozenset[str]
    """Those of them that ask for it."""

    @property
    def has_concept(self) -> bool:
        """Whether more than ids and names speak for it."""
        return any(not sign.isupper() for sign in self.signs)


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that a question may ask for.

    Attributes:
        name: What reports and arguments speak of.
        tool: The tool that answers it.
        asked_by: Combinations of signs that ask for it.
        along: Signs that ask for nothing alone and often stand in such questions.
    """

    name: str
    tool: str
    asked_by: tuple[frozenset[str], ...]
    along: frozenset[str]

    def guess(self, signs: frozenset[str]) -> Guess | None:
        """How well it fits some signs: the combination that says most, and all that speaks for it."""
        asked = [combination for combination in self.asked_by if combination <= signs]
        if not asked:
            return None
        best = max(asked, key=_weight)
        spoken = best | (self.along & signs)
        return Guess(self.name, _weight(spoken), spoken, best)


@cache
def intents() -> Mapping[str, Intent]:
    """By name, in the order of precedence."""
    return {
        name: Intent(
            name,
            entry["tool"],
            tuple(frozenset(combination.split()) for combination in entry["asked_by"]),
            frozenset(entry.get("along", "").split()),
        )
        for name, entry in table("intents").items()
        if name != "weights"
    }


def tool_for(intent: str) -> str:
    """The tool that answers an intent."""
    return CHANGE_TOOL if intent == CHANGE else intents()[intent].tool


def best_guess(signs: frozenset[str]) -> Guess | None:
    """The intent that fits some signs best; among equals the first of the table."""
    guesses = (intent.guess(signs) for intent in intents().values())
    return max((guess for guess in guesses if guess), key=lambda guess: guess.score, default=None)


def _weight(signs: frozenset[str]) -> int:
    weights = table("intents")["weights"]
    return sum(weights.get(sign, 1) for sign in signs)
