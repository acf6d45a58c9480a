"""The words of a question that cannot be said in another way: numbers, ids and compounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import isclose
from typing import Any

from fluxagents.tasks.audits.number_trace import numbers_in
from fluxagents.tasks.fba.central_metabolism.pathways import pathways
from fluxagents.tasks.fba.media.library.compounds import compounds_by_id, compounds_by_name

_WORD = re.compile(r"[^\W\d_][\w.+()\[\]-]*", re.UNICODE)
_LONGEST_NAME = 3
"""Words of a compound's name."""

_SHORTEST_ID = 3
_ABBREVIATED = """
ATP ADP AMP NAD NADH NADP NADPH GTP DNA RNA GPR GEM FBA PFBA FVA DFBA MOMA EMP TCA PPP SBML JSON YAML CSV MAT
COBRA OUR OTR GUR CER CTR CPR BIGG KEGG METACYC SEED XLSX TSV GLPK MILP OPTGP ACHR GIMME RNASEQ PHPP MCC
NOT AND ALL THE
"""
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
"""Words in capitals that are no ids of reactions."""

_TOLERANCE = 1e-6
_NO_OXYGEN = re.compile(
    r"anaerob|anoxi|(?:without|no|lacking|absence of|ohne|sans|sin)\s+(?:o2\b|oxyg|oxíg|sauerstoff)"
    r"|(?:oxygen|o2)[- ]free",
    re.IGNORECASE,
)
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))")
_NO_TERM = re.compile(
    r"[\u0394\u03b4](?=\w)|\b(?:h|s|min|g|gdw|gcdw)\s?\^?[-\u2212]1\b|\bk-?12\b|\bmg1655\b|\be[._ ]?coli\b",
    re.IGNORECASE,
)
"""The sign of a deletion, units with an exponent, and the strain that most models are of."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a text names; a compound by its BiGG id, in whatever namespace the text has it."""

    numbers: frozenset[float] = frozenset()
    ids: frozenset[str] = frozenset()
    compounds: frozenset[str] = frozenset()

    def list_missing(self, evidence: Terms) -> tuple[str, ...]:
        """Those that other terms do not have, as people read them."""
        numbers = sorted(n for n in self.numbers if not any(_is_same(n, other) for other in evidence.numbers))
        compounds = sorted(self.compounds - evidence.compounds)
        return (
            *(f"{number:g}" for number in numbers),
            *sorted(name for name in self.ids if not _is_among(name, evidence.ids)),
            *(compounds_by_id()[compound].names[0] for compound in compounds),
        )

    def __or__(self, other: Terms) -> Terms:
        return Terms(self.numbers | other.numbers, self.ids | other.ids, self.compounds | other.compounds)


def _is_among(identifier: str, others: frozenset[str]) -> bool:
    """Whether an id is one of these, or of a metabolite whose compartment one of them also names."""
    return identifier in others or any(other.startswith(f"{identifier}_") for other in others)


def _is_same(number: float, recorded: float) -> bool:
    """Whether a number is the recorded one; 5 % is recorded as 0.05."""
    return any(isclose(number, value, rel_tol=_TOLERANCE) for value in (recorded, recorded * 100, -recorded))


def read_terms(text: str) -> Terms:
    """The terms of a text that a person or a chat model wrote."""
    text = _DECIMAL_COMMA.sub(".", _NO_TERM.sub(" ", text))
    pathways = {_pathways()[name.casefold()] for name in _find_pathways().findall(text)}
    text = _find_pathways().sub(" ", text)
    numbers = frozenset(float(number.value) for number in numbers_in(text))
    raw = [_trim(word) for word in _WORD.findall(text)]
    words = [word.casefold() for word in raw]
    shouts = text.upper() == text
    compounds: set[str] = set()
    ids = set(pathways)
    for at, word in enumerate(words):
        named = _find_named(words[at : at + _LONGEST_NAME])
        compound = named or _find_by_id(word)
        if compound:
            compounds.add(compound)
        elif _is_id(word) or (not shouts and _is_like_an_id(raw[at])):
            ids.add(word)
    if _NO_OXYGEN.search(text):
        compounds.add("o2")
    return Terms(numbers, frozenset(ids), frozenset(compounds))


def _trim(word: str) -> str:
    """A word without what follows it in a sentence: `EX_o2(e)` keeps its bracket, `EX_o2_e)` loses it."""
    word = word.rstrip(".-+([")
    return word if "(" in word or "[" in word else word.rstrip(".)]")


def is_anaerobic(text: str) -> bool:
    """Whether a text speaks of life without oxygen."""
    return bool(_NO_OXYGEN.search(text))


def _find_named(words: list[str]) -> str | None:
    """The compound whose name these words begin with, the longest name first."""
    names = compounds_by_name()
    for count in range(len(words), 0, -1):
        compound = names.get(" ".join(words[:count]))
        if compound:
            return compound.bigg
    return None


def _find_by_id(word: str) -> str | None:
    """The compound of an id such as `EX_ac_e`, `cpd00029` or `glc__D`."""
    base = re.sub(r"^ex_|^r_ex_|_[a-z]0?$|[(\[][a-z]0?[)\]]?$", "", word)
    return _bigg_ids().get(base) if base != word or _is_id(word) else None


@cache
def _bigg_ids() -> Mapping[str, str]:
    return {identifier.casefold(): compound.bigg for identifier, compound in compounds_by_id().items()}


@cache
def _pathways() -> Mapping[str, str]:
    """What people call a pathway -> its name, both lower case."""
    return {
        name.casefold(): pathway.name.casefold()
        for pathway in pathways().values()
        for name in (pathway.name, *pathway.names)
    }


@cache
def _find_pathways() -> re.Pattern[str]:
    """The names of pathways, the longest first: "pentose phosphate" is no phosphate."""
    names = sorted(map(re.escape, _pathways()), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)", re.IGNORECASE)


def _is_like_an_id(word: str) -> bool:
    """Whether a word in capitals may be the id of a reaction, such as PGI; FBA is a method."""
    return word.isupper() and len(word) >= _SHORTEST_ID and word.isalpha() and word not in _ABBREVIATIONS


def _is_id(word: str) -> bool:
    return "_" in word or any(character.isdigit() for character in word)


def read_recorded(data: object) -> Terms:
    """The terms of arguments or key findings: keys and texts as words, numbers as they are."""
    texts: list[str] = []
    numbers: set[float] = set()
    for value in _list_values(data):
        if isinstance(value, str):
            texts.append(value)
        else:
            numbers.add(value)
    return Terms(numbers=frozenset(numbers)) | read_terms(" ; ".join(texts))


def _list_values(data: Any) -> Iterator[str | float]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield str(key)
            yield from _list_values(value)
    elif isinstance(data, Iterable):
        for value in data:
            yield from _list_values(value)
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield float(data)
