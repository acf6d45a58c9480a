"""A question as tokens: what each of its words and phrases stands for, in whatever language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.workers.chat_models.planner.words.lexicon import (
    COMPOUND,
    LANGUAGES,
    ORGANISM,
    Meaning,
    by_skeleton,
    folded,
    lexicons,
)
from fluxagents.workers.chat_models.planner.words.pieces import pieces_of
from fluxagents.workers.chat_models.planner.words.spelling import SHORTEST, skeleton
from fluxagents.workers.chat_models.planner.words.word_tokens import (
    COMMA,
    END,
    FILLER,
    MEDIUM,
    MODEL,
    REACTION,
    UNKNOWN,
    Token,
)

_REACTION = re.compile(r"[A-Z][A-Z0-9_]+[a-z0-9_]*|[A-Z][A-Za-z]+_\w+")
_NO_REACTION = frozenset(
    (
        "ATP",
        "ADP",
        "AMP",
        "NAD",
        "NADH",
        "NADP",
        "NADPH",
        "FADH2",
        "GTP",
        "CoA",
        "COA",
        "DNA",
        "RNA",
        "GPR",
        "GEM",
    )
)
"""Abbreviations that look like ids of reactions."""


_SEPARABLE = frozenset({"schalte", "schalt", "schaltet", "schalten", "knocke", "stelle", "stell"})
"""German verbs that mean a removal with "aus" or "ab" at the end of the clause."""


def tokens_of(question: str) -> tuple[Token, ...]:
    """The tokens of a question, without the words that say nothing."""
    pieces = list(pieces_of(question))
    words = [folded(piece.said) for piece in pieces if piece.sign == UNKNOWN]
    read = _Reader(language_of(words))
    tokens = [token for token in _read(pieces, read) if token.sign != FILLER]
    return _with_models([_in_place(tokens, at) for at in range(len(tokens))])


def _in_place(tokens: Sequence[Token], at: int) -> Token:
    """A word that means something else where it stands."""
    token = tokens[at]
    after = tokens[at + 1].sign if at + 1 < len(tokens) else END
    if token.sign == "without" and after == END and "lack" in token.said:
        return Token("lacking", token.said)  # "What is it lacking?"
    if token.sign == "plus" and (at == 0 or tokens[at - 1].sign == END):
        return Token("with", token.said)  # "In addition to glucose it gets acetate"
    if token.sign == "then" and at and after == END:
        return Token("there", token.said)
    later = [other.said.lower() for other in tokens[at + 1 :]]
    if token.said.lower() in _SEPARABLE and set(later) & {"aus", "ab"}:
        return Token("remove", token.said)
    listed = at > 1 and tokens[at - 1].sign in {"and", "or", COMMA} and tokens[at - 2].sign == REACTION
    if token.said == "FBA" and (listed or (at and tokens[at - 1].sign == "reaction")):
        return Token(REACTION, token.said, token.said)
    return token


def _with_models(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Where models are compared, a word without a meaning is the name of one."""
    if not {"compare", "differ", "versus"} & {token.sign for token in tokens}:
        return tuple(tokens)
    before = {
        "with",
        "to",
        "on",
        "and",
        "model",
        "between",
        "by",
        "versus",
        "at",
        "than",
        "of",
        "differ",
        COMMA,
    }
    neighbours = zip([None, *tokens], tokens, [*tokens[1:], None], strict=False)
    return tuple(
        Token(MODEL, token.said, token.said)
        if token.sign in {UNKNOWN, ORGANISM}
        and ((left and left.sign in before) or (right and right.sign == "model"))
        else token
        for left, token, right in neighbours
    )


def language_of(words: Sequence[str]) -> str:
    """The language that has most of some folded words; English in doubt."""
    counts = {name: sum(lexicons()[name].find([word]) is not None for word in words) for name in LANGUAGES}
    return max(LANGUAGES, key=lambda name: counts[name])


def _read(pieces: Sequence[Token], read: _Reader) -> Iterator[Token]:
    """Each piece or phrase with its meaning."""
    at = 0
    while at < len(pieces):
        if pieces[at].sign != UNKNOWN:
            yield pieces[at]
            at += 1
            continue
        end = next((i for i in range(at, len(pieces)) if pieces[i].sign != UNKNOWN), len(pieces))
        found, length = read.tokens(pieces[at:end])
        yield from found
        at += length


_SHORT = 3
_COMPOUND_WORD = 10
"""Letters from which on a word is rather two than an ending of one."""


class _Reader:
    """Looks words up, first in the language of the question."""

    def __init__(self, language: str) -> None:
        order = dict.fromkeys((language, "en", *LANGUAGES))
        self._lexicons = [lexicons()[name] for name in order]

    def tokens(self, pieces: Sequence[Token]) -> tuple[list[Token], int]:
        """What the first words stand for, and how many they are."""
        said = pieces[0].said
        medium = _medium([piece.said for piece in pieces])
        if medium:
            return [Token(MEDIUM, medium[0], medium[0])], medium[1]
        if said.isupper() and len(said) > 1 and self._is_id(said):
            return [Token(REACTION, said, said)], 1
        word = folded(said)
        form = self._form(word, pieces)
        if form:
            return [Token(COMPOUND, f"{said}-{pieces[1].said}", form.value)], 2
        parts = self._parts(word) if word.isalpha() and not self._is_exact(word) else None
        found = (
            None if parts and len(word) >= _COMPOUND_WORD else self._find([folded(p.said) for p in pieces])
        )
        if found:
            meaning, length = found
            words = " ".join(piece.said for piece in pieces[:length])
            return [Token(meaning.sign, words, meaning.value)], length
        if self._is_id(said):
            return [Token(REACTION, said, said)], 1
        meanings = parts or [m for m in [self._guess(word)] if m]
        return [Token(m.sign, said, m.value) for m in meanings] or [pieces[0]], 1

    def _form(self, word: str, pieces: Sequence[Token]) -> Meaning | None:
        """The compound that "D-" or "L-" and the next word name, such as "L-Lactat"."""
        if word not in {"d", "l"} or len(pieces) == 1:
            return None
        name = folded(pieces[1].said)
        found = self._find([name]) or (self._guess(name), 1)
        heard = by_skeleton().get(f"{word} {skeleton(name)}")
        return heard or (found[0] if found[0] and found[0].sign == COMPOUND else None)

    def _is_id(self, said: str) -> bool:
        if not _REACTION.fullmatch(said) or said in _NO_REACTION:
            return False
        found = self._find([folded(said)])
        return found is None or (not said.isalpha() and found[0].sign != COMPOUND)

    def _is_exact(self, word: str) -> bool:
        return any(lexicon.knows(word) for lexicon in self._lexicons)

    def _find(self, words: Sequence[str]) -> tuple[Meaning, int] | None:
        # Short words mean too many things to be looked up in a language that is not the question's.
        known = self._lexicons if len(words[0]) > _SHORT else self._lexicons[:2]
        found = (lexicon.find(words) for lexicon in known)
        return next((one for one in found if one), None)

    def _parts(self, word: str) -> list[Meaning] | None:
        """The parts of a compound word, such as "Wachstumsrate" or "Glukoseaufnahme"."""
        for cut in range(len(word) - 3, 3, -1):
            head, tail = word[:cut], word[cut:]
            first = self._whole(head) or self._whole(head.removesuffix("s"))
            if first is None:
                continue
            rest = self._whole(tail)
            if rest:
                return [first, rest]
            more = self._parts(tail)
            if more:
                return [first, *more]
        return None

    def _whole(self, word: str) -> Meaning | None:
        if len(word) < SHORTEST - 1:
            return None
        found = self._find([word])
        if found and found[0].sign != FILLER:
            return found[0]
        return by_skeleton().get(skeleton(word))

    def _guess(self, word: str) -> Meaning | None:
        """What a word that is in no list may be: a name that sounds like it, or a misspelt word."""
        if len(word) < SHORTEST or not word.isalpha():
            return None
        heard = by_skeleton().get(skeleton(word)) or by_skeleton().get(skeleton(word.removesuffix("s")))
        guesses = (lexicon.corrected(word) for lexicon in self._lexicons[:2])
        return heard or next((meaning for meaning in guesses if meaning), None)


_MEDIA = {folded(name).replace("_", ""): name for name in MediaLibrary().names()}
_LONGEST = 5


def _medium(words: Sequence[str]) -> tuple[str, int] | None:
    """The medium of the library that some words begin with, however it is spelt, and how many they are."""
    for length in range(min(len(words), _LONGEST), 0, -1):
        key = folded("".join(words[:length])).replace("_", "").replace(" ", "")
        name = _MEDIA.get(key)
        # "rich" alone is a word like any other.
        if name and (length > 1 or not name.islower() or folded("".join(words[1:2])).startswith("medi")):
            return name, length
    return None
