"""Tokens as one string of signs, so that patterns can be looked for in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fluxagents.workers.chat_models.planner.words.lexicon import COMPOUND, NUMBER, PERCENT
from fluxagents.workers.chat_models.planner.words.word_tokens import (
    COMMA,
    DATABASE_ID,
    EXCHANGE,
    GENE,
    REACTION,
    Token,
)

SPLITTING = frozenset({"and", "then", "plus", COMMA})
"""Signs that may stand between clauses."""

COMPOUNDS = frozenset({COMPOUND, EXCHANGE})


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some tokens of a question."""

    tokens: tuple[Token, ...]

    @property
    def signs(self) -> frozenset[str]:
        """What it speaks of; `GENES` if of several."""
        found = {token.sign for token in self.tokens}
        found |= {"medium"} if "media" in found else set()
        found |= {COMPOUND} if EXCHANGE in found else set()
        gone = found & {"remove", "absent"} and "objective" not in found
        found |= {"knockout"} if gone and found & {GENE, REACTION, "gene"} else set()
        found |= {"knockout"} if gone and {"remove", "reaction"} <= found else set()
        found |= {"GENES"} if len(self.values(GENE)) > 1 else set()
        return frozenset(found)

    def values(self, *signs: str) -> tuple[str, ...]:
        """Ids and names of some kinds, each once."""
        return tuple(dict.fromkeys(token.value for token in self.tokens if token.sign in signs))

    @property
    def genes(self) -> list[str]:
        return list(self.values(GENE))

    @property
    def reactions(self) -> list[str]:
        return list(self.values(REACTION, EXCHANGE))

    def __add__(self, other: Phrase) -> Phrase:
        return Phrase(self.tokens + other.tokens)

    @property
    def text(self) -> str:
        """All signs, each followed by a space."""
        return self.before(len(self.tokens))

    def trimmed(self, more: frozenset[str] = frozenset()) -> Phrase:
        """What is left without the words that separate it from what stands before, and some more."""
        skipped = 0
        for skip in (SPLITTING, more):
            while skipped < len(self.tokens) and self.tokens[skipped].sign in skip:
                skipped += 1
        return Phrase(self.tokens[skipped:])

    def token_at(self, match: re.Match[str], group: int) -> Token:
        """The token that a group of a match in the text begins with."""
        return self.tokens[match.string[: match.start(group)].count(" ")]

    def before(self, at: int) -> str:
        """The signs on the left of a token, each followed by a space."""
        return "".join(f"{sign(token)} " for token in self.tokens[:at])

    def after(self, at: int) -> str:
        """The signs on the right of a token, each after a space."""
        return "".join(f" {sign(token)}" for token in self.tokens[at + 1 :])

    def numbers(self, pattern: str) -> Iterator[float]:
        """The numbers that a pattern of signs catches in a group."""
        for match in re.finditer(rf"\b(?:{pattern})", self.text):
            yield float(self.token_at(match, match.lastindex or 0).value)

    def has(self, pattern: str) -> bool:
        """Whether a pattern of signs is in it."""
        return re.search(rf"\b(?:{pattern})\b", self.text) is not None

    def without(self, gone: Sequence[int] | frozenset[int]) -> Phrase:
        """What is left when some tokens are taken out, by their places."""
        return Phrase(tuple(token for at, token in enumerate(self.tokens) if at not in gone))


def sign(token: Token) -> str:
    """Compounds are written `C`, whether by name or by exchange reaction; numbers `N` and shares `P`."""
    short = {COMPOUND: "C", EXCHANGE: "C", NUMBER: "N", PERCENT: "P", DATABASE_ID: "ID"}
    return short.get(token.sign, token.sign)
