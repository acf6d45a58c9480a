"""Tokens of a question, each with a tag, and phrases, in whose tags patterns are searched."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

COMPOUND, PATHWAY, DATABASE, ORGANISM = "COMPOUND", "PATHWAY", "DATABASE", "ORGANISM"
NUMBER, PERCENT, UNSUPPORTED = "NUMBER", "PERCENT", "UNSUPPORTED"
GENE, REACTION, EXCHANGE, MEDIUM, MODEL = "GENE", "REACTION", "EXCHANGE", "MEDIUM", "MODEL"
DATABASE_ID, DIGEST, ENZYME, UNKNOWN, END, COMMA = "ID", "DIGEST", "ENZYME", "UNKNOWN", "END", "comma"
FILLER = "filler"

MILLIMOLAR = "millimolar"
"""Stands after a number in the place of the unit mmol/L."""

YIELD, MASS_YIELD, MASS_SHARE, FEED_RATE = "mol/mol", "g/g", "g/gDW", "L/h"
BIOMASS_CONCENTRATION, VOLUME = "gDW/L", "L"
"""Units of numbers that are no uptake: of product per substrate, of enzyme, of a feed, of a culture."""

RATIOS = frozenset({YIELD, MASS_YIELD, MASS_SHARE, FEED_RATE, BIOMASS_CONCENTRATION, VOLUME})

EXCHANGE_ID = r"EX_[A-Za-z0-9_]+(?:\([A-Za-z0-9]+\)|\[[A-Za-z0-9]+\])?"

SEPARATORS = frozenset({"and", "then", "plus", COMMA})
"""Tags that may stand between clauses."""

COMPOUNDS = frozenset({COMPOUND, EXCHANGE})


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a group of words, a number or an id.

    Attributes:
        tag: A concept of the lexicon, or in capitals the kind of entity.
        text: As it is written.
        value: The number, the id or the name.
        unit: Of a number: `flux`, `rate`, `percent`, one of `RATIOS` or nothing.
    """

    tag: str
    text: str
    value: Any = None
    unit: str = ""


_SHORT_ID = re.compile(r"[a-z]{2,5}|(?=\w*\d)[a-z0-9_]{2,12}|\w+__\w+")


def is_like_an_id(token: Token) -> bool:
    """Whether a word without a meaning may be the id of a metabolite, such as `g6p` or `icit`."""
    return token.tag == UNKNOWN and _SHORT_ID.fullmatch(token.text) is not None


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some tokens of a question."""

    tokens: tuple[Token, ...]

    @property
    def tags(self) -> frozenset[str]:
        """The tags of its tokens, with those that they imply; `GENES` for several genes."""
        tags = {token.tag for token in self.tokens}
        tags |= {"medium"} if "media" in tags else set()
        tags |= {COMPOUND} if EXCHANGE in tags else set()
        tags |= {REACTION} if ENZYME in tags else set()
        is_removed = tags & {"remove", "absent"} and "objective" not in tags
        tags |= {"knockout"} if is_removed and tags & {GENE, REACTION, "gene"} else set()
        tags |= {"knockout"} if is_removed and {"remove", "reaction"} <= tags else set()
        tags |= {"GENES"} if len(self.list_values(GENE)) > 1 else set()
        tags |= {"COMPOUNDS"} if len(self.list_values(COMPOUND, EXCHANGE)) > 1 else set()
        tags |= {"RATE"} if any(token.unit == "rate" for token in self.tokens) else set()
        return frozenset(tags)

    def list_values(self, *tags: str) -> tuple[str, ...]:
        """Ids and names of some kinds, each once."""
        return tuple(dict.fromkeys(token.value for token in self.tokens if token.tag in tags))

    @property
    def genes(self) -> list[str]:
        return list(self.list_values(GENE))

    @property
    def reactions(self) -> list[str]:
        return list(self.list_values(REACTION, ENZYME, EXCHANGE))

    def __add__(self, other: Phrase) -> Phrase:
        return Phrase(self.tokens + other.tokens)

    @property
    def tag_text(self) -> str:
        """All tags, each followed by a space."""
        return self.tags_before(len(self.tokens))

    def trim(self, more: frozenset[str] = frozenset()) -> Phrase:
        """The phrase without the separators at its beginning, and without the tags `more` after them."""
        skipped = 0
        for skip in (SEPARATORS, more):
            while skipped < len(self.tokens) and self.tokens[skipped].tag in skip:
                skipped += 1
        return Phrase(self.tokens[skipped:])

    def find_token(self, match: re.Match[str], group: int) -> Token:
        """The first token of a group of a match in the tag text."""
        return self.tokens[match.string[: match.start(group)].count(" ")]

    def tags_before(self, at: int) -> str:
        """The tags on the left of a token, each followed by a space."""
        return self.tags_between(0, at)

    def tags_after(self, at: int) -> str:
        """The tags on the right of a token, each after a space."""
        return "".join(f" {abbreviate_tag(token)}" for token in self.tokens[at + 1 :])

    def tags_between(self, start: int, end: int) -> str:
        """The tags from one token to the one before another, each followed by a space."""
        return "".join(f"{abbreviate_tag(token)} " for token in self.tokens[start:end])

    def find_numbers(self, pattern: str) -> Iterator[float]:
        """The numbers that a group of a pattern of tags matches."""
        for match in re.finditer(rf"\b(?:{pattern})", self.tag_text):
            yield float(self.find_token(match, match.lastindex or 0).value)

    def has(self, pattern: str) -> bool:
        """Whether it has a pattern of tags."""
        return re.search(rf"\b(?:{pattern})\b", self.tag_text) is not None

    def drop(self, positions: Collection[int]) -> Phrase:
        """The phrase without the tokens at some positions."""
        return Phrase(tuple(token for at, token in enumerate(self.tokens) if at not in positions))


def abbreviate_tag(token: Token) -> str:
    """Compounds are written `C`, whether by name or by exchange reaction; numbers `N` and shares `P`."""
    short = {COMPOUND: "C", EXCHANGE: "C", NUMBER: "N", PERCENT: "P", DATABASE_ID: "ID"}
    return short.get(token.tag, token.tag)
