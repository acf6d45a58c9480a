"""What a question is about, whatever the order of its words: the terms by which questions are the same."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+(?:[.\-_'+][^\W_]+)*")

_STOP_WORDS = """
a all also an and any are at be been being can could did do does each every for give had has have how i if in
is it its list many me model much of or please show tell that the there these this those was were what when
where which who will would you
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""They ask and join, and change nothing of what is asked."""

_PREPOSITIONS = "above after before below by from into on over than to under upon using via with"
PREPOSITIONS = frozenset(_PREPOSITIONS.split())
"""They say what the next word is to the question: succinate from glucose is not glucose from succinate."""

NEGATIONS = frozenset({"without", "lacking", "not", "no", "never"})

MIN_PLURAL = 4
"""Letters; a shorter word keeps its last one."""


def find_terms(question: str) -> tuple[str, ...]:
    """The terms of a question, sorted; two questions with the same terms ask the same.

    Case, order, punctuation, plurals and words that only ask are left out. A preposition or a negation
    belongs to the word after it. Numbers are compared as numbers: 10 is 10.0. Other words for the same thing
    are not recognised.
    """
    terms: set[str] = set()
    bound = ""
    for word in _WORD.findall(unicodedata.normalize("NFKC", question).casefold()):
        if word in NEGATIONS:
            bound = "no"
        elif word in PREPOSITIONS:
            bound = bound or word
        elif word not in STOP_WORDS:
            terms.add(f"{bound} {_normalize(word)}".strip())
            bound = ""
    return tuple(sorted(terms))


def _normalize(word: str) -> str:
    try:
        return f"{float(word):g}"
    except ValueError:
        is_plural = len(word) >= MIN_PLURAL and word.endswith("s") and not word.endswith(("ss", "us", "is"))
        return word[:-1] if is_plural else word
