"""Misspelt words of a question, by the nearest word that the rules know."""

from __future__ import annotations

import re
from difflib import get_close_matches

from fluxagents.workers.planner.compounds import BY_NAME

LIKENESS = 0.86
"""Share of letters that a word has in common with the one it is taken for (difflib's ratio)."""

SHORTEST = 6
"""Letters of a word that may be taken for another one; shorter words have too many neighbours."""

_WORDS = frozenset(
    [
        "essential",
        "anaerobic",
        "anaerobically",
        "aerobic",
        "oxygen",
        "growth",
        "reaction",
        "reactions",
        "variability",
        "production",
        "envelope",
        "minimal",
        "medium",
        "auxotrophies",
        "auxotrophy",
        "validate",
        "pathway",
        "threshold",
        "optimum",
        "knocked",
        "deleted",
        "deletion",
        "glycolysis",
        "sampling",
        "compare",
        "uptake",
        "nutrients",
    ]
)
_COMPOUNDS = frozenset(name for name in BY_NAME if name.isalpha() and len(name) >= SHORTEST)
_KNOWN = sorted(_WORDS | _COMPOUNDS)
_WORD = re.compile(rf"(?<![\w-])[a-zA-Z][a-z]{{{SHORTEST - 2},}}(?![\w-])")
_ENDINGS = ("s", "d", "ed", "ly", "es", "ing", "al", "ality", "ity", "n", "r", "ally")
"""What an inflection adds or takes away: such a word is spelt right."""


def spelt(question: str) -> str:
    """The question with each word that is nearly a known one replaced by it."""
    return _WORD.sub(lambda match: _nearest(match[0]), question)


def _nearest(word: str) -> str:
    lower = word.lower()
    if lower in _KNOWN:
        return word
    found = get_close_matches(lower, _KNOWN, n=1, cutoff=LIKENESS)
    if not found or _inflects(lower, found[0]) or _prefixed(lower, found[0]):
        return word
    return found[0]


def _inflects(one: str, other: str) -> bool:
    return any(one == other + ending or other == one + ending for ending in _ENDINGS)


def _prefixed(one: str, other: str) -> bool:
    """Whether they differ by a prefix or in a first letter, which makes another word: aerobic, anaerobic."""
    return one[0] != other[0] or one.endswith(other) or other.endswith(one)
