"""Which content words of a clause its calls do not use: an answer names them instead of passing them over."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.planner.clauses.clause import Clause, is_taken
from fluxagents.workers.chat_models.planner.rules.intents import load_intents, load_weights
from fluxagents.workers.chat_models.planner.words.examples import WORD, load_idle_words
from fluxagents.workers.chat_models.planner.words.lexicon import fold
from fluxagents.workers.chat_models.planner.words.phrase import (
    COMPOUNDS,
    DATABASE,
    DATABASE_ID,
    END,
    GENE,
    NUMBER,
    ORGANISM,
    PERCENT,
    REACTION,
    UNKNOWN,
    Token,
)

_LISTED = {
    "exchanges": COMPOUNDS,
    "fluxes": COMPOUNDS | {REACTION},
    "limitations": COMPOUNDS,
    "minimal_medium": COMPOUNDS,
    "structure": COMPOUNDS | {GENE, REACTION},
}
"""By intent: the entities that a result lists whether they are asked for or not."""

_MORE_CONTENT = frozenset({"pathway", "gene"})
"""Concepts without a weight that no answer may pass over."""
_GENE_NAME = re.compile(r"[a-z]{3,4}[A-Z]?\d?")

_TOLERANCE = 1e-9


def find_unused_words(
    clause: Clause, arguments: Iterable[Mapping[str, Any]], known: Collection[str] = ()
) -> list[str]:
    """The content words of a clause that are no condition, ask for nothing and are no argument of its calls.

    A content word is a name, an id, a number in digits, a word without a known meaning, or a word for a
    concept that has a weight of its own, such as "essential".

    Args:
        clause: Of the question.
        arguments: Of its calls.
        known: What holds without them: the name of the model, and the only source of carbon of its medium.
    """
    values = [*known, *(value for args in arguments for value in _list_values(args))]
    used = _list_vocabulary(clause.intent)
    used |= {"permanent"} if _is_lasting(clause.intent) else set()
    listed = _LISTED.get(clause.intent, frozenset())
    return [
        token.text
        for at, token in enumerate(clause.phrase.tokens)
        if at not in clause.places
        and _is_content(token)
        and token.tag not in used
        and not _names_neighbour(clause.phrase.tokens, at)
        and token.tag not in listed
        and not _is_among(token, values)
        and not is_taken(clause.intent, token)
    ]


def _is_lasting(intent: str) -> bool:
    """Whether its tool makes a new model, which is what "for good" means."""
    entry = TOOLS.entries.get(intent)
    return entry is not None and entry.needs_approval


@cache
def _list_vocabulary(intent: str) -> frozenset[str]:
    """The concepts that questions of an intent speak of."""
    entry = load_intents().get(intent)
    spoken = entry.along.union(*entry.asked_by) if entry else frozenset()
    return frozenset(tag for tag in spoken if tag in _concepts() or tag.startswith(WORD))


@cache
def _concepts() -> frozenset[str]:
    # "Make" and "form" are words of everyday language as well.
    return (frozenset(tag for tag in load_weights() if tag.islower()) | _MORE_CONTENT) - {"produce"}


def _is_content(token: Token) -> bool:
    if token.tag in {NUMBER, PERCENT}:
        return any(letter.isdigit() for letter in token.text)
    if token.tag == UNKNOWN:
        return len(token.text) > 1 and fold(token.text) not in load_idle_words()
    return (
        (token.tag.isupper() and token.tag not in {ORGANISM, END})
        or token.tag in _concepts()
        or token.tag.startswith(WORD)
    )


def _names_neighbour(tokens: Sequence[Token], at: int) -> bool:
    """Whether it is the name of the gene beside it, "gltA (b0720)", or the database of the id after it."""
    after = {token.tag for token in tokens[at + 1 : at + 2]}
    if tokens[at].tag == DATABASE and DATABASE_ID in after:
        return True
    beside = {token.tag for token in (*tokens[max(at - 1, 0) : at], *tokens[at + 1 : at + 2])}
    return tokens[at].tag == UNKNOWN and GENE in beside and _GENE_NAME.fullmatch(tokens[at].text) is not None


def _is_among(token: Token, values: list[Any]) -> bool:
    if token.tag in {NUMBER, PERCENT}:
        number = float(token.value)
        meant = (number, 1 - number)
        return any(
            abs(float(value) - other) < _TOLERANCE for value in values for other in meant if _is_number(value)
        )
    names = {str(name).casefold() for name in (token.text, token.value) if name}
    return any(_names(text, names) for text in values if isinstance(text, str))


def _names(text: str, names: set[str]) -> bool:
    """Whether an argument is one of the names, an exchange reaction of it, or a text that has it."""
    folded = text.casefold()
    return folded in names or any(
        folded in {f"ex_{name}_e", f"ex_{name}(e)"} or f" {name} " in f" {folded} " for name in names
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _list_values(data: Any) -> Iterator[Any]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield key
            yield from _list_values(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _list_values(value)
    else:
        yield data
