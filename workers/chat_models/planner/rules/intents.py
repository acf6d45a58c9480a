"""The intents: which concepts together ask for which tool or flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from fluxagents.workers.chat_models.planner.words.data import load_table
from fluxagents.workers.chat_models.planner.words.examples import FLOW, WORD, list_examples
from fluxagents.workers.chat_models.planner.words.phrase import (
    COMMA,
    END,
    NUMBER,
    PERCENT,
    UNKNOWN,
    Phrase,
    Token,
)
from fluxagents.workers.chat_models.planner.words.tagger import tag_question

CHANGE, CHANGE_TOOL = "change", "apply_medium"
"""The verb shows an order to change the medium; the table has no intent for it."""

_IDLE = """
and or plus versus then there which so_that which_ones how how_much can do show use on in with without
if at of to by as between than single_each need set name permanent live loop variability chains
"""
IDLE_TAGS = frozenset({*_IDLE.split(), COMMA, END, NUMBER, PERCENT, UNKNOWN})
"""Tags that ask for nothing in an example question, where other words do."""

_WORD_WEIGHT = 3
"""The weight of a word that only example questions have."""


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
        best = max(fitting, key=sum_weights)
        supporting = best | (self.along & tags)
        return IntentMatch(self.name, sum_weights(supporting), supporting, best)


@cache
def load_intents() -> Mapping[str, Intent]:
    """By name, in the order of precedence: those of the table, then those of example questions."""
    return {**_read_table(), **dict(_read_examples())}


def _read_examples() -> Iterator[tuple[str, Intent]]:
    """An intent for each tool and flow with example questions, called as it.

    A tool's example without a word of its own, which the table reads as another intent, asks for nothing new.
    """
    table = _read_table().values()
    spoken = frozenset[str]().union(*(intent.along.union(*intent.asked_by) for intent in table))
    for name, questions in list_examples().items():
        combinations = [_find_content(tag_question(question)) for question in questions]
        own = [
            tags
            for tags in combinations
            if any(tag.startswith(WORD) for tag in tags)
            or (
                (len(tags) > 1 or (tags and tags <= load_weights().keys() - spoken))
                and (name.startswith(FLOW) or not any(intent.match(tags) for intent in table))
            )
        ]
        yield name, Intent(name, name, tuple(dict.fromkeys(filter(None, own))), frozenset())


def _find_content(tokens: Sequence[Token]) -> frozenset[str]:
    """The tags of an example question that every question like it must have."""
    return Phrase(tuple(tokens)).tags - IDLE_TAGS


@cache
def _read_table() -> Mapping[str, Intent]:
    """The intents of `intents.toml`."""
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


def sum_weights(tags: frozenset[str]) -> int:
    """How much tags ask for what they stand for."""
    weights = load_weights()
    return sum(weights.get(tag, _WORD_WEIGHT if tag.startswith(WORD) else 1) for tag in tags)
