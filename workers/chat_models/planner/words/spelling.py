"""Similar words: the closest known word to a misspelt one, and names that sound alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

SHORTEST = 5
"""Letters of the shortest word that is corrected; shorter words have too many neighbours."""

LONG = 8
"""Letters of a word in which more than one mistake may be forgiven."""

_SOUNDS = (
    ("ph", "f"),
    ("th", "t"),
    ("ck", "c"),
    ("k", "c"),
    ("z", "c"),
    ("y", "i"),
    ("ae", "e"),
    ("oe", "e"),
    ("qu", "c"),
)


def phonetic_key(word: str) -> str:
    """What is the same in a name in several languages: "glucosa" and "Glukose", "piruvato" and "pyruvate"."""
    for spelling, simplified in _SOUNDS:
        word = word.replace(spelling, simplified)
    return re.sub(r"[aeo]$", "", re.sub(r"(.)\1", r"\1", word))


def closest_word(
    word: str, known: Iterable[str], *, stems: bool = False, max_mistakes: int = 2
) -> str | None:
    """The known word with the fewest mistakes, if they are few; among equals the first in the alphabet.

    Args:
        word: Lower case, without accents.
        known: What it may be.
        stems: Whether any ending may follow a known word.
        max_mistakes: How many mistakes a long word may have.
    """
    candidates = []
    for other in known:
        allowed = 1 if min(len(word), len(other)) < LONG else max_mistakes
        if len(other) < SHORTEST or word[0] != other[0]:
            continue
        count = _count_mistakes_in_stem if stems else _count_mistakes
        mistakes = count(word, other, allowed)
        if mistakes <= allowed:
            candidates.append((mistakes, -len(other), other))
    return min(candidates)[-1] if candidates else None


def _count_mistakes_in_stem(word: str, stem: str, allowed: int) -> int:
    """The fewest mistakes in what may be the stem of a word."""
    lengths = range(len(stem) - 1, min(len(stem) + 1, len(word)) + 1)
    return min((_count_mistakes(word[:length], stem, allowed) for length in lengths), default=allowed + 1)


def _count_mistakes(word: str, other: str, limit: int) -> int:
    """Letters that are wrong, missing, too many or swapped with the next (restricted Damerau-Levenshtein)."""
    if abs(len(word) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(word, start=1):
        row = [i]
        for j, expected in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != expected))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == expected:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
