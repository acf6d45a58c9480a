"""The vocabulary: which concept, compound, pathway or database a word stands for, in which language."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from fluxagents.tasks.fba.central_metabolism.pathways import pathways
from fluxagents.tasks.fba.media.library.compounds import compounds
from fluxagents.workers.chat_models.planner.words.data import load_table
from fluxagents.workers.chat_models.planner.words.phrase import (
    COMPOUND,
    DATABASE,
    NUMBER,
    ORGANISM,
    PATHWAY,
    PERCENT,
    REACTION,
    UNSUPPORTED,
)
from fluxagents.workers.chat_models.planner.words.spelling import LONG, closest_word, phonetic_key

LANGUAGES = ("en", "de", "fr", "es", "pt")

_SHORTEST_STEM = 4
_NAMES = frozenset({COMPOUND, PATHWAY, DATABASE, ORGANISM})
_NAME = re.compile(r"(?P<form>[dl][- ])?(?P<name>[a-z]+)")
_LONGEST_ENDING = 3
_ENDINGS = ("s", "es", "e", "n", "en", "er", "em", "x", "d", "ed", "ing", "ly", "a", "as", "os", "o")
"""What an inflection adds."""


@dataclass(frozen=True, slots=True)
class Concept:
    """What a word or a phrase stands for: a concept, or an entity of some kind with a value."""

    tag: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class _Entry:
    words: tuple[str, ...]
    """Folded; a `*` at the end stands for any ending."""
    concept: Concept


@dataclass(slots=True)
class Lexicon:
    """All entries of one language, by their first word."""

    exact: dict[str, list[_Entry]] = field(default_factory=lambda: defaultdict(list))
    stems: dict[str, list[_Entry]] = field(default_factory=lambda: defaultdict(list))

    def add(self, phrase: str, concept: Concept) -> None:
        """Add a word or a phrase of the data files."""
        for variant in {fold(phrase), fold(_spell_without_umlauts(phrase))}:
            words = tuple(re.findall(r"[^\W_]+\*?", variant))
            first = words[0]
            index = self.stems if first.endswith("*") else self.exact
            index[first.rstrip("*")].append(_Entry(words, concept))

    def contains(self, word: str) -> bool:
        """Whether the lexicon has a folded word, apart from its ending."""
        stems = (word[:length] for length in range(max(len(word) - _LONGEST_ENDING, 1), len(word) + 1))
        return word in self.exact or any(stem in self.stems for stem in stems)

    def find(self, words: Sequence[str]) -> tuple[Concept, int] | None:
        """The concept of the longest phrase at the beginning of the folded words, and its length."""
        entries = (entry for entry in self._find_candidates(words[0]) if _begins_with(words, entry.words))
        best = max(entries, key=lambda entry: len(entry.words), default=None)
        return None if best is None else (best.concept, len(best.words))

    def _find_candidates(self, word: str) -> Iterator[_Entry]:
        """Entries that may begin with the word: itself, then base forms, then the longest stems."""
        for form in _list_stems(word):
            yield from self.exact.get(form, ())
        for length in range(len(word), 1, -1):
            yield from self.stems.get(word[:length], ())

    def correct_spelling(self, word: str) -> Concept | None:
        """The concept of the known word that is closest to a misspelt one."""
        single_words = {key: entry.concept for key, entry in _list_single_words(self.exact)}
        names = {key for key, concept in single_words.items() if concept.tag in _NAMES}
        # A short word is rather another one than an organism: a plane is no plant.
        names -= {key for key in names if single_words[key].tag == ORGANISM and len(key) < LONG}
        # Names have neighbours that are other compounds: threonate is not threonine.
        others = {key for key, concept in single_words.items() if concept.tag not in _NAMES}
        closest = closest_word(word, names, max_mistakes=1) or closest_word(word, others)
        if closest is not None:
            return single_words[closest]
        stems = {key: entry.concept for key, entry in _list_single_words(self.stems)}
        stem = closest_word(word, stems, stems=True)
        return None if stem is None else stems[stem]


def _list_single_words(index: Mapping[str, list[_Entry]]) -> Iterator[tuple[str, _Entry]]:
    """The words that are an entry alone, each with its first entry."""
    for key, entries in index.items():
        yield from ((key, entry) for entry in [e for e in entries if len(e.words) == 1][:1])


def fold(text: str) -> str:
    """Lower case, without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _spell_without_umlauts(text: str) -> str:
    """German as it is written on a keyboard without umlauts."""
    spellings = {"ä": "ae", "ö": "oe", "ü": "ue"}
    return "".join(spellings.get(letter, letter) for letter in text.lower())


def _list_stems(word: str) -> Iterator[str]:
    yield word
    for ending in _ENDINGS:
        base = word.removesuffix(ending)
        if base != word and len(base) >= _SHORTEST_STEM:
            yield base


def _begins_with(words: Sequence[str], pattern: Sequence[str]) -> bool:
    if len(words) < len(pattern):
        return False
    # The first word has been looked up with its inflections.
    return all(
        word.startswith(expected[:-1]) if expected.endswith("*") else expected in _list_stems(word)
        for word, expected in zip(words[1:], pattern[1:], strict=False)
    )


@cache
def load_lexicons() -> Mapping[str, Lexicon]:
    """By language; names of compounds, pathways, databases and organisms are in each."""
    lexicons = {language: Lexicon() for language in LANGUAGES}
    for tag, by_language in load_table("lexicon").items():
        concept = _number_concept(float(tag[1:])) if tag.startswith("=") else Concept(tag)
        _add_phrases(lexicons, by_language, concept)
    for what, by_language in load_table("unsupported").items():
        _add_phrases(lexicons, by_language, Concept(UNSUPPORTED, what))
    for phrase, concept in _list_names():
        for lexicon in lexicons.values():
            lexicon.add(phrase, concept)
    return lexicons


@cache
def compounds_by_sound() -> Mapping[str, Concept]:
    """Compounds by the sound of their names, for other languages and misspelt names."""
    names = (name for name in _list_names() if name[1].tag == COMPOUND)
    matches = ((_NAME.fullmatch(fold(phrase)), concept) for phrase, concept in names)
    return {
        f"{(match['form'] or '').replace('-', ' ')}{phonetic_key(match['name'])}": concept
        for match, concept in matches
        if match and len(phonetic_key(match["name"])) >= _SHORTEST_STEM
    }


def _number_concept(value: float) -> Concept:
    return Concept(PERCENT if 0 < value < 1 else NUMBER, value)


def _add_phrases(lexicons: Mapping[str, Lexicon], by_language: Mapping[str, str], concept: Concept) -> None:
    for language, phrases in by_language.items():
        for phrase in phrases.split(","):
            lexicons[language].add(phrase.strip(), concept)


@cache
def _list_names() -> tuple[tuple[str, Concept], ...]:
    names = [(name, Concept(COMPOUND, c.bigg)) for c in compounds() for name in c.names if len(name) > 1]
    # Ids that are no words of any language.
    names += [(c.bigg.replace("__", "_"), Concept(COMPOUND, c.bigg)) for c in compounds() if "__" in c.bigg]
    data = load_table("names")
    names += [
        (name, Concept(PATHWAY, pathway.name)) for pathway in pathways().values() for name in pathway.names
    ]
    kinds = {"compounds": COMPOUND, "reactions": REACTION, "databases": DATABASE, "organisms": ORGANISM}
    for kind, tag in kinds.items():
        for value, phrases in data[kind].items():
            names += [(name.strip(), Concept(tag, value)) for name in phrases.split(",")]
    return tuple(names)
