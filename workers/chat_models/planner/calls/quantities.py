"""Shares, rates and counts in a phrase, which several tools take as arguments."""

from __future__ import annotations

import re
from typing import Any

from fluxagents.workers.chat_models.planner.words.phrase import NUMBER, PERCENT, Phrase

Arguments = dict[str, Any]

_LOST_GROWTH = (
    r"lose_growth|decrease growth (?:by |more )(?:more |than |at_least )*P"
    r"|growth (?:can |at |most )*(?:remove|decrease|lethal|without) (?:at )*(?:by )?(?:at )*P"
)
_GENES = re.compile(r"\bg[eè]n(?:e[ns]?|s|paar\w*)?\b", re.IGNORECASE)
_GROWTH_AT = r"(?:growth|how_fast) (?:rate |at |at_least |with |on |threshold )*(N)\b"


def find_share(phrase: Phrase) -> float | None:
    """The first share, written as a fraction or in percent."""
    shares = [
        float(token.value)
        for token in phrase.tokens
        if token.tag == PERCENT or (token.tag == NUMBER and not token.unit and 0 < token.value <= 1)
    ]
    return shares[0] if shares else None


def read_fraction(name: str, phrase: Phrase) -> Arguments:
    """The argument for the share of the best growth to keep."""
    share = find_share(phrase)
    if share is None:
        return {}
    return {name: round(1 - share, 12) if phrase.has(_LOST_GROWTH) else share}


def read_threshold(phrase: Phrase) -> Arguments:
    """The argument for the growth below which a deletion is lethal."""
    return read_fraction("threshold_fraction_of_wild_type", phrase)


def drop_absent(**values: object) -> Arguments:
    """The arguments that have a value other than None and an empty list."""
    return {name: value for name, value in values.items() if value is not None and value != []}


def find_growth_rate(phrase: Phrase) -> float | None:
    """A growth rate, 1/h: the number with that unit, or the number after a word for growth."""
    stated = [float(token.value) for token in phrase.tokens if token.tag == NUMBER and token.unit == "rate"]
    return next(iter([*stated, *phrase.find_numbers(_GROWTH_AT)]), None)


def asks_for_genes(phrase: Phrase) -> bool:
    """Whether a phrase speaks of genes, be it in a word for three of them."""
    return any(_GENES.search(token.text) for token in phrase.tokens)


def find_counts(phrase: Phrase) -> list[int]:
    """Numbers above one that have no unit."""
    return [int(t.value) for t in phrase.tokens if t.tag == NUMBER and t.value > 1 and not t.unit]
