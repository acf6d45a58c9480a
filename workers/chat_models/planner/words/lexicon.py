"""The vocabulary: which concept, compound, pathway or database a word stands for, in which language."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from fluxagents.tasks.fba.media.library.compounds import compounds
from fluxagents.workers.chat_models.planner.words.data import table
from fluxagents.workers.chat_models.planner.words.spelling import nearest, skeleton

LANGUAGES = ("en", "de", "fr", "es")

COMPOUND, PATHWAY, DATABASE, ORGANISM = "COMPOUND", "PATHWAY", "DATABASE", "ORGANISM"
UNSUPPORTED = "UNSUPPORTED"
NUMBER, PERCENT = "NUMBER", "PERCENT"

_SHORTEST_STEM = 4
_NAMES = frozenset({COMPOUND, PATHWAY, DATABASE, ORGANISM})
_NAME = re.compile(r"(?P<form>[dl][- ])?(?P<name>[a-z]+)")
_LONGEST_ENDING = 3
_ENDINGS = ("s", "es", "e", "n", "en", "er", "em", "x", "d", "ed", "ing", "ly", "a", "as", "os", "o")
"""What an inflection adds."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word or a phrase stands for: a concept, or a thing of some kind with a value."""

    sign: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class _Entry:
    words: tuple[str, ...]
    """Folded; one that ends with `*` stands for any ending."""
    meaning: Meaning


@dataclass(slots=True)
class Lexicon:
    """All entries of one language, by their first word."""

    exact: dict[str, list[_Entry]] = field(default_factory=lambda: defaultdict(list))
    stems: dict[str, list[_Entry]] = field(default_factory=lambda: defaultdict(list))

    def add(self, phrase: str, meaning: Meaning) -> None:
        """Take in a word or a phrase of the data files."""
        for variant in {folded(phrase), folded(_without_umlauts(phrase))}:
            words = tuple(re.findall(r"[^\W_]+\*?", variant))
            first = words[0]
            index = self.stems if first.endswith("*") else self.exact
            index[first.rstrip("*")].append(_Entry(words, meaning))

    def knows(self, word: str) -> bool:
        """Whether a folded word is in it, with no more than an ending of its own."""
        stems = (word[:length] for length in range(max(len(word) - _LONGEST_ENDING, 1), len(word) + 1))
        return word in self.exact or any(stem in self.stems for stem in stems)

    def find(self, words: Sequence[str]) -> tuple[Meaning, int] | None:
        """The meaning of the longest phrase that some folded words begin with, and its length."""
        found = [entry for entry in self._beginning(words[0]) if _begins(words, entry.words)]
        best = max(found, key=lambda entry: len(entry.words), default=None)
        return None if best is None else (best.meaning, len(best.words))

    def _beginning(self, word: str) -> Iterator[_Entry]:
        """Entries that may begin with a word: as it is, inflected, and by stems, the longest first."""
        for form in _forms(word):
            yield from self.exact.get(form, ())
        for length in range(len(word), 1, -1):
            yield from self.stems.get(word[:length], ())

    def corrected(self, word: str) -> Meaning | None:
        """The meaning of the known word that a misspelt one is nearest to."""
        whole = {key: entry.meaning for key, entry in _alone(self.exact)}
        names = {key for key, meaning in whole.items() if meaning.sign in _NAMES}
        # Names have neighbours that are other compounds: threonate is not threonine.
        found = nearest(word, names, forgiven=1) or nearest(word, whole.keys() - names)
        if found is not None:
            return whole[found]
        stems = {key: entry.meaning for key, entry in _alone(self.stems)}
        stem = nearest(word, stems, stems=True)
        return None if stem is None else stems[stem]


def _alone(index: Mapping[str, list[_Entry]]) -> Iterator[tuple[str, _Entry]]:
    """The words that mean something without others, each with the first entry that says what."""
    for key, entries in index.items():
        yield from ((key, entry) for entry in [e for e in entries if len(e.words) == 1][:1])


def folded(text: str) -> str:
    """Lower case, without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _without_umlauts(text: str) -> str:
    """German as it is written on a keyboard without umlauts."""
    table = {"ä": "ae", "ö": "oe", "ü": "ue"}
    return "".join(table.get(letter, letter) for letter in text.lower())


def _forms(word: str) -> Iterator[str]:
    yield word
    for ending in _ENDINGS:
        base = word.removesuffix(ending)
        if base != word and len(base) >= _SHORTEST_STEM:
            yield base


def _begins(words: Sequence[str], pattern: Sequence[str]) -> bool:
    if len(words) < len(pattern):
        return False
    # The first word has been looked up with its inflections.
    return all(
        word.startswith(wanted[:-1]) if wanted.endswith("*") else wanted in _forms(word)
        for word, wanted in zip(words[1:], pattern[1:], strict=False)
    )


@cache
def lexicons() -> Mapping[str, Lexicon]:
    """By language; names of compounds, pathways, databases and organisms are in each."""
    found = {language: Lexicon() for language in LANGUAGES}
    for sign, by_language in table("lexicon").items():
        meaning = _number(float(sign[1:])) if sign.startswith("=") else Meaning(sign)
        _add(found, by_language, meaning)
    for what, by_language in table("unsupported").items():
        _add(found, by_language, Meaning(UNSUPPORTED, what))
    for phrase, meaning in _names():
        for lexicon in found.values():
            lexicon.add(phrase, meaning)
    return found


@cache
def by_skeleton() -> Mapping[str, Meaning]:
    """Compounds by what their name sounds like, for other languages and misspelt names."""
    names = (name for name in _names() if name[1].sign == COMPOUND)
    heard = ((_NAME.fullmatch(folded(phrase)), meaning) for phrase, meaning in names)
    return {
        f"{(match['form'] or '').replace('-', ' ')}{skeleton(match['name'])}": meaning
        for match, meaning in heard
        if match and len(skeleton(match["name"])) >= _SHORTEST_STEM
    }


def _number(value: float) -> Meaning:
    return Meaning(PERCENT if 0 < value < 1 else NUMBER, value)


def _add(found: Mapping[str, Lexicon], by_language: Mapping[str, str], meaning: Meaning) -> None:
    for language, phrases in by_language.items():
        for phrase in phrases.split(","):
            found[language].add(phrase.strip(), meaning)


@cache
def _names() -> tuple[tuple[str, Meaning], ...]:
    said = [(name, Meaning(COMPOUND, c.bigg)) for c in compounds() for name in c.names if len(name) > 1]
    # Ids that are no words of a language.
    said += [(c.bigg.replace("__", "_"), Meaning(COMPOUND, c.bigg)) for c in compounds() if "__" in c.bigg]
    data = table("names")
    kinds = {"compounds": COMPOUND, "pathways": PATHWAY, "databases": DATABASE, "organisms": ORGANISM}
    for kind, sign in kinds.items():
        for value, names in data[kind].items():
            said += [(name.strip(), Meaning(sign, value)) for name in names.split(",")]
    return tuple(said)
