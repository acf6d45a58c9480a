"""The quantities that a text names, in the words of `quantities.toml`: growth, flux range, yield and so on.

They are what a finding is checked for: a tool says which of them it gives, so that an exchange flux is never
taken for the answer to a question for a map.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain

_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"[;:,.?!\n]+|\b(?:and|then|und|dann|sowie|et|puis|y|luego)\b", re.IGNORECASE)
"""Between two of these a text asks for one thing."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity, and what it is called."""

    name: str
    phrases: tuple[tuple[str, ...], ...]
    """Each a set of folded words; a `*` at the end stands for any ending."""
    is_context: bool
    """Whether it also says under which conditions another quantity is asked for."""

    def find_words(self, words: Sequence[str]) -> frozenset[int]:
        """The positions of the words that name it, by its longest phrase; empty if they do not."""
        named = (_find_phrase(phrase, words) for phrase in self.phrases)
        return max((found for found in named if found), key=len, default=frozenset())


@cache
def load_quantities() -> Mapping[str, Quantity]:
    """All quantities by name; their own names are phrases as well."""
    text = files("fluxagents.tasks.chat").joinpath("quantities.toml").read_text(encoding="utf-8")
    return {
        name: Quantity(name, tuple(_read_phrases(f"{name}, {phrases}")), table == "context")
        for table, entries in tomllib.loads(text).items()
        for name, phrases in entries.items()
    }


def read_named(text: str) -> frozenset[str]:
    """All quantities that a text names, whether it asks for them or only speaks of them."""
    return frozenset(name for words in _split(text) for name in _find(words))


def read_asked(text: str) -> frozenset[str]:
    """The quantities that a text asks for, in any of its parts."""
    return frozenset(chain.from_iterable(read_parts(text)))


def read_parts(text: str) -> Iterator[frozenset[str]]:
    """The quantities that each part of a text asks for: those that are no context of another in it.

    One whose words are some of another's is not meant: "flux range" asks for no flux.
    """
    for words in _split(text):
        found = _find(words)
        meant = {name for name, own in found.items() if not any(own < others for others in found.values())}
        yield frozenset({name for name in meant if not load_quantities()[name].is_context} or meant)


def list_missing(asked: Iterable[str], given: Iterable[str]) -> tuple[str, ...]:
    """Quantities that are asked for and not given, in the order of the table; none if nothing is declared."""
    given = frozenset(given)
    return tuple(name for name in load_quantities() if name in frozenset(asked) - given) if given else ()


def _find(words: Sequence[str]) -> dict[str, frozenset[int]]:
    """The quantities that words name -> the positions of the words that do."""
    found = {name: quantity.find_words(words) for name, quantity in load_quantities().items()}
    return {name: places for name, places in found.items() if places}


def _find_phrase(phrase: Sequence[str], words: Sequence[str]) -> frozenset[int]:
    """The first word that each pattern means; none if one of them means none."""
    places = set()
    for pattern in phrase:
        place = _find_word(pattern, words)
        if place is None:
            return frozenset()
        places.add(place)
    return frozenset(places)


def _find_word(pattern: str, words: Sequence[str]) -> int | None:
    if pattern.endswith("*"):
        beginning = pattern[:-1]
        return next((at for at, word in enumerate(words) if word.startswith(beginning)), None)
    return words.index(pattern) if pattern in words else None


def _split(text: str) -> Iterator[list[str]]:
    for part in _PART.split(text):
        yield _WORD.findall(_fold(part))


def _read_phrases(phrases: str) -> Iterator[tuple[str, ...]]:
    for phrase in phrases.split(","):
        yield tuple(re.findall(r"[^\W_]+\*?", _fold(phrase)))


def _fold(text: str) -> str:
    """Lower case without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
