"""Tags each word and phrase of a question, in any language, with the concept that it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import takewhile

from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.ports.models import SHIPPED
from fluxagents.workers.chat_models.planner.words.data import load_table
from fluxagents.workers.chat_models.planner.words.examples import (
    WORD,
    find_example_word,
    list_examples,
    load_idle_words,
)
from fluxagents.workers.chat_models.planner.words.lexicon import (
    LANGUAGES,
    Concept,
    compounds_by_sound,
    fold,
    load_lexicons,
)
from fluxagents.workers.chat_models.planner.words.phrase import (
    COMMA,
    COMPOUND,
    END,
    ENZYME,
    FILLER,
    GENE,
    MEDIUM,
    MODEL,
    ORGANISM,
    REACTION,
    UNKNOWN,
    Token,
)
from fluxagents.workers.chat_models.planner.words.spelling import SHORTEST, phonetic_key
from fluxagents.workers.chat_models.planner.words.tokenizer import tokenize

_REACTION = re.compile(r"[A-Z][A-Z0-9_]+[a-z0-9_]*|[A-Z][A-Za-z]+_\w+")
_GENE_NAME = re.compile(r"[a-z]{3}[A-Z]")
_NO_REACTION = frozenset(
    "ATP ADP AMP NAD NADH NADP NADPH FADH2 GTP CoA COA DNA RNA GPR GEM".split()  # noqa: SIM905 - one line
)
"""Abbreviations that look like ids of reactions."""

_SHORT_GENE = re.compile(r"[a-z]{3}")
_BESIDE_A_GENE = frozenset({"gene", GENE, "knockout", "mutant", "essential"})
_LIST_WORDS = frozenset({"and", "or", COMMA})

_BEFORE_A_MODEL = frozenset(
    {"with", "to", "on", "and", "model", "between", "by", "versus", "at", "than", "of", "differ", COMMA}
)
"""Tags that may stand before the name of a model."""

_SEPARABLE = frozenset({"schalte", "schalt", "schaltet", "schalten", "knocke", "stelle", "stell"})
"""German verbs that mean a removal with "aus" or "ab" at the end of the clause."""


@lru_cache
def tag_question(question: str) -> tuple[Token, ...]:
    """The tokens of a question without its filler words.

    A word that only example questions of tools and flows have is a concept of its own.
    """
    raw_tokens = _name_genes(list(tokenize(question)))
    words = [fold(raw.text) for raw in raw_tokens if raw.tag == UNKNOWN]
    tagged = _Tagger(detect_language(words)).tag(raw_tokens)
    tokens = [token for token in tagged if token.tag != FILLER]
    return _tag_models(_tag_short_genes([_retag_in_context(tokens, at) for at in range(len(tokens))]))


def _name_genes(raw_tokens: Sequence[Token]) -> list[Token]:
    """The tokens; beside the id of a gene, the name of an enzyme is only what the gene is called.

    Without an id, a word such as `gltA` is the name of a gene.
    """
    has_gene = any(raw.tag == GENE for raw in raw_tokens)
    if not has_gene:
        return [
            Token(GENE, raw.text, raw.text) if raw.tag == UNKNOWN and _GENE_NAME.fullmatch(raw.text) else raw
            for raw in raw_tokens
        ]
    return [Token(UNKNOWN, raw.text) if has_gene and raw.tag == ENZYME else raw for raw in raw_tokens]


@cache
def load_example_words() -> frozenset[str]:
    """The folded words of example questions that no lexicon has."""
    questions = (question for examples in list_examples().values() for question in examples)
    words = {
        fold(token.text) for question in questions for token in tokenize(question) if token.tag == UNKNOWN
    }
    known = load_idle_words() | {
        word for word in words for lexicon in load_lexicons().values() if lexicon.find([word]) is not None
    }
    sounds = compounds_by_sound()
    tagger = _Tagger(LANGUAGES[0])
    return frozenset(
        word
        for word in words - known
        if len(word) >= _SHORT and phonetic_key(word) not in sounds and not tagger.names_compound(word)
    )


def _tag_short_genes(tokens: Sequence[Token]) -> list[Token]:
    """The tokens; three letters beside a word for genes or deletions name a gene, such as `eno`.

    Where an id such as `b2779` is named they are only what the gene is called.
    """
    if any(token.tag == GENE and not token.text.isalpha() for token in tokens):
        return list(tokens)
    tagged: list[Token] = []
    for at, token in enumerate(tokens):
        before = [other.tag for other in tagged if other.tag not in _LIST_WORDS][-1:]
        after = [_find_list_end(tokens, at + 1)]
        is_survival = before == ["without"] and any(other.tag in {"live", "growth"} for other in tokens)
        is_gene = bool(_BESIDE_A_GENE & {*before, *after}) or is_survival
        is_short = _is_short_name(token)
        is_idle = fold(token.text) in load_idle_words()
        tagged.append(Token(GENE, token.text, token.text) if is_short and is_gene and not is_idle else token)
    return tagged


def _find_list_end(tokens: Sequence[Token], at: int) -> str:
    """The tag at a position, or after the list of short words that begins there: "eno and pgk essential"."""
    while at + 1 < len(tokens) and tokens[at].tag in _LIST_WORDS and _is_short_name(tokens[at + 1]):
        at += 2
    return tokens[at].tag if at < len(tokens) else END


def _is_short_name(token: Token) -> bool:
    return token.tag == UNKNOWN and _SHORT_GENE.fullmatch(token.text) is not None


def _retag_in_context(tokens: Sequence[Token], at: int) -> Token:
    """The token, with another tag if its neighbours give it another meaning."""
    token = tokens[at]
    after = tokens[at + 1].tag if at + 1 < len(tokens) else END
    if token.tag == "without" and after in {END, "in", "if", "at"} and "lack" in token.text:
        return Token("lacking", token.text)  # "What is it lacking?"
    if token.text.casefold().startswith("how long") and any(other.tag == "how_fast" for other in tokens):
        return Token(
            "how_fast", token.text
        )  # "How long does one generation take?" asks for no course of time.
    retagged = _retag_by_neighbours(token, tokens[at - 1].tag if at else END, after)
    if retagged:
        return Token(retagged, token.text)
    later = [other.text.lower() for other in tokens[at + 1 :]]
    if token.text.lower() in _SEPARABLE and set(later) & {"aus", "ab"}:
        return Token("remove", token.text)
    listed = at > 1 and tokens[at - 1].tag in {"and", "or", COMMA} and tokens[at - 2].tag == REACTION
    if token.text == "FBA" and (listed or (at and tokens[at - 1].tag in {"reaction", "carry", "by"})):
        return Token(REACTION, token.text, token.text)
    return token


def _retag_by_neighbours(token: Token, before: str, after: str) -> str | None:
    if token.tag == "mutant" and after == COMPOUND and token.text.endswith("without"):
        return "without"  # "a strain without oxygen"
    if token.tag == "produce" and after == "growth" and token.text.casefold().startswith("mak"):
        return "do"  # "Does it make the cells grow?"
    if token.tag == "plus" and before == END:
        return "with"  # "In addition to glucose it gets acetate"
    if token.tag == "then" and before != END and after == END:
        return "there"
    return None


def _tag_models(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens; in a comparison of models, an unknown word that is like a name is one of a model.

    In a question about a community, or about what grows together, that is so wherever the word stands.
    """
    tags = {token.tag for token in tokens}
    lives_together = {"growth", "together"} <= tags
    if not {"compare", "differ", "versus", "community"} & tags and not lives_together:
        return tuple(tokens)
    any_name = not lives_together and any(token.tag in {MODEL, "model"} for token in tokens)
    neighbours = zip([None, *tokens], tokens, [*tokens[1:], None], strict=False)
    return tuple(
        Token(MODEL, token.text, token.text)
        if (token.tag == ORGANISM or (token.tag == UNKNOWN and (any_name or _is_like_a_name(token.text))))
        and (
            "community" in tags
            or lives_together
            or (left and left.tag in _BEFORE_A_MODEL)
            or (right and right.tag == "model")
        )
        else token
        for left, token, right in neighbours
    )


def _is_like_a_name(word: str) -> bool:
    """Whether a word has a capital letter, a digit or an underscore, as names of models do, or is known."""
    return word in SHIPPED or re.search(r"[A-Z0-9_]", word) is not None


def detect_language(words: Sequence[str]) -> str:
    """The language whose lexicon has most of the folded words; English in doubt."""
    lexicons = load_lexicons()
    return max(LANGUAGES, key=lambda name: sum(lexicons[name].find([word]) is not None for word in words))


_ELIDING = "fr"
"""The language that writes "l'" and "d'" before a name, which are no stereoisomers."""

_SHORT = 3
_COMPOUND_WORD = 10
"""A word of this many letters is more likely two words than an inflected one."""


class _Tagger:
    """Looks words up, first in the language of the question."""

    def __init__(self, language: str) -> None:
        self._has_elisions = language == _ELIDING
        order = dict.fromkeys((language, "en", *LANGUAGES))
        self._lexicons = [load_lexicons()[name] for name in order]

    def tag(self, raw_tokens: Sequence[Token]) -> Iterator[Token]:
        """The tokens; words that form a phrase of the lexicon become one token."""
        at = 0
        while at < len(raw_tokens):
            words = [*takewhile(lambda raw: raw.tag == UNKNOWN, raw_tokens[at:])]
            rate = _read_rate(raw_tokens[at].text)
            tagged, length = self._tag_first(words) if words and not rate else (rate or [raw_tokens[at]], 1)
            yield from tagged
            at += length

    def _tag_first(self, raw_tokens: Sequence[Token]) -> tuple[list[Token], int]:
        """The tokens of the first word or phrase, and its length in words."""
        text = raw_tokens[0].text
        medium = _find_medium([raw.text for raw in raw_tokens])
        if medium:
            return [Token(MEDIUM, medium[0], medium[0])], medium[1]
        if self._is_shouted_id(raw_tokens):
            return [Token(REACTION, text, text)], 1
        word = fold(text)
        isomer = self._find_stereoisomer(word, raw_tokens)
        if isomer:
            return [Token(COMPOUND, f"{text}-{raw_tokens[1].text}", isomer.value)], 2
        is_exact = self._is_exact(word)
        examples = load_example_words()
        example = word if word in examples else None if is_exact else find_example_word(word, examples)
        parts = self._split_compound_word(word) if word.isalpha() and not is_exact and not example else None
        is_compound_word = parts is not None and len(word) >= _COMPOUND_WORD
        entry = None if is_compound_word else self._find([fold(raw.text) for raw in raw_tokens])
        if entry:
            concept, length = entry
            words = " ".join(raw.text for raw in raw_tokens[:length])
            return [Token(concept.tag, words, concept.value)], length
        if self._is_id(text):
            return [Token(REACTION, text, text)], 1
        guess = Concept(f"{WORD}{example}") if example else self._guess(word)
        concepts = parts or [concept for concept in [guess] if concept]
        return [Token(concept.tag, text, concept.value) for concept in concepts] or [raw_tokens[0]], 1

    def _is_shouted_id(self, raw_tokens: Sequence[Token]) -> bool:
        """Whether it begins with an id in capitals, and with no longer name such as "ED pathway"."""
        text = raw_tokens[0].text
        if not text.isupper() or len(text) == 1 or not self._is_id(text):
            return False
        concept, length = self._find([fold(raw.text) for raw in raw_tokens]) or (None, 1)
        return concept is None or length == 1

    def _find_stereoisomer(self, word: str, raw_tokens: Sequence[Token]) -> Concept | None:
        """The compound that "D-" or "L-" and the next word name, such as "L-Lactat"."""
        if word not in {"d", "l"} or len(raw_tokens) == 1:
            return None
        if self._has_elisions and raw_tokens[0].text.islower():
            return None  # "l'éthanol", "d'alanine"
        name = fold(raw_tokens[1].text)
        concept, _ = self._find([name]) or (self._guess(name), 1)
        isomer = compounds_by_sound().get(f"{word} {phonetic_key(name)}")
        return isomer or (concept if concept and concept.tag == COMPOUND else None)

    def _is_id(self, text: str) -> bool:
        if not _REACTION.fullmatch(text) or text in _NO_REACTION:
            return False
        entry = self._find([fold(text)])
        return entry is None or (not text.isalpha() and entry[0].tag != COMPOUND)

    def _is_exact(self, word: str) -> bool:
        return any(lexicon.contains(word) for lexicon in self._lexicons)

    def _find(self, words: Sequence[str]) -> tuple[Concept, int] | None:
        # Short words have too many meanings to look them up in other languages than the question's.
        lexicons = self._lexicons if len(words[0]) > _SHORT else self._lexicons[:2]
        entries = (lexicon.find(words) for lexicon in lexicons)
        return next((entry for entry in entries if entry), None)

    def names_compound(self, word: str) -> bool:
        """Whether it is made of words one of which is a compound, such as "Succinatproduktion"."""
        return any(part.tag == COMPOUND for part in self._split_compound_word(word) or ())

    def _split_compound_word(self, word: str) -> list[Concept] | None:
        """The parts of a compound word, such as "Wachstumsrate" or "Glukoseaufnahme"."""
        for cut in range(len(word) - 3, 3, -1):
            head, tail = word[:cut], word[cut:]
            first = self._find_whole(head) or self._find_whole(head.removesuffix("s"))
            if first is None:
                continue
            rest = self._find_whole(tail)
            if rest:
                return [first, rest]
            more = self._split_compound_word(tail)
            if more:
                return [first, *more]
        return None

    def _find_whole(self, word: str) -> Concept | None:
        if len(word) < SHORTEST - 1:
            return None
        entry = self._find([word])
        if entry and entry[0].tag != FILLER:
            return entry[0]
        return compounds_by_sound().get(phonetic_key(word))

    def _guess(self, word: str) -> Concept | None:
        """The concept of a word that is in no lexicon: a name that sounds like it, or a misspelt word."""
        if len(word) < SHORTEST or not word.isalpha():
            return None
        compounds = compounds_by_sound()
        compound = compounds.get(phonetic_key(word)) or compounds.get(phonetic_key(word.removesuffix("s")))
        spellings = dict.fromkeys((word, word.removesuffix("s")))
        guesses = (
            lexicon.correct_spelling(spelling)
            for spelling in spellings
            for lexicon in self._lexicons[:2]
            if len(spelling) >= SHORTEST
        )
        return compound or next((concept for concept in guesses if concept), None)


def _read_rate(text: str) -> list[Token]:
    """The compound and the side of the exchange that an abbreviation in capitals stands for: "OUR"."""
    meaning = load_table("names")["rates"].get(text, "").split()
    return [Token(COMPOUND, text, meaning[0]), Token(meaning[1], text)] if meaning else []


_MEDIA = {fold(name).replace("_", ""): name for name in MediaLibrary().names()}
_LONGEST = 5
_WITH = frozenset({"with", "mit", "avec", "con", "com", "plus"})
"""Words within the name of a medium: "M9 with glucose" is `M9_glucose`."""


def _find_medium(words: Sequence[str]) -> tuple[str, int] | None:
    """The medium of the library whose name the words begin with, and the number of these words."""
    for length in range(min(len(words), _LONGEST), 0, -1):
        joined = [word for word in map(fold, words[:length]) if word not in _WITH]
        key = "".join(joined).replace("_", "").replace(" ", "")
        name = _MEDIA.get(key)
        # "rich" alone is an ordinary word.
        if name and (length > 1 or not name.islower() or fold("".join(words[1:2])).startswith("medi")):
            return name, length
    return None
