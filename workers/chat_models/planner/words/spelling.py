"""How alike words are: a misspelt word and the nearest known one, and names that sound alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

SHORTEST = 5
"""Letters of a word that may be taken for another one; shorter words have too many neighbours."""

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


def skeleton(word: str) -> str:
    """What is the same in a name in several languages: "glucosa" and "Glukose", "piruvato" and "pyruvate"."""
    for written, heard in _SOUNDS:
        word = word.replace(written, heard)
    return re.sub(r"[aeo]$", "", re.sub(r"(.)\1", r"\1", word))


def nearest(word: str, known: Iterable[str], *, stems: bool = False, forgiven: int = 2) -> str | None:
    """The known word with the fewest mistakes, if they are few; among equals the first in the alphabet.

    Args:
        word: Lower case, without accents.
        known: What it may be.
        stems: Whether any ending may follow a known word.
        forgiven: How many mistakes a long word may have.
    """
    found = []
    for other in known:
        allowed = 1 if min(len(word), len(other)) < LONG else forgiven
        if len(other) < SHORTEST or word[0] != other[0]:
            continue
        mistakes = _to_stem(word, other, allowed) if stems else _mistakes(word, other, allowed)
        if mistakes <= allowed:
            found.append((mistakes, -len(other), other))
    return min(found)[-1] if found else None


def _to_stem(word: str, stem: str, allowed: int) -> int:
    """The fewest mistakes in what may be the stem of a word."""
    lengths = range(len(stem) - 1, min(len(stem) + 1, len(word)) + 1)
    return min((_mistakes(word[:length], stem, allowed) for length in lengths), default=allowed + 1)


def _mistakes(one: str, other: str, most: int) -> int:
    """Letters that are wrong, missing, too many or swapped with the next (restricted Damerau-Levenshtein)."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
