"""Shares, rates and ids in a phrase: what several tools take as arguments."""

from __future__ import annotations

from typing import Any

from fluxagents.workers.chat_models.planner.words.lexicon import NUMBER, PERCENT
from fluxagents.workers.chat_models.planner.words.phrase import Phrase

Arguments = dict[str, Any]

_LOST = r"lose_growth|growth (?:can |at |most )*(?:remove|decrease|lethal|without) (?:at )*(?:by )?(?:at )*P"
_GROWTH_AT = r"(?:growth|how_fast) (?:rate |at |at_least |with |on |threshold )*(N)\b"


def share(phrase: Phrase) -> float | None:
    """The first fraction, written as one or in percent."""
    shares = [
        float(token.value)
        for token in phrase.tokens
        if token.sign == PERCENT or (token.sign == NUMBER and not token.unit and 0 < token.value <= 1)
    ]
    return shares[0] if shares else None


def fraction(name: str, phrase: Phrase) -> Arguments:
    """The share of the best growth that must be kept."""
    found = share(phrase)
    if found is None:
        return {}
    return {name: round(1 - found, 12) if phrase.has(_LOST) else found}


def threshold(phrase: Phrase) -> Arguments:
    found = share(phrase)
    return {} if found is None else {"threshold_fraction_of_wild_type": found}


def given(**values: object) -> Arguments:
    """The arguments that a phrase gives; empty lists are none."""
    return {name: value for name, value in values.items() if value is not None and value != []}


def rate(phrase: Phrase) -> float | None:
    """A growth rate, 1/h: the number with that unit, or one that follows a word for growth."""
    stated = [float(token.value) for token in phrase.tokens if token.sign == NUMBER and token.unit == "rate"]
    return next(iter([*stated, *phrase.numbers(_GROWTH_AT)]), None)


def counts(phrase: Phrase) -> list[int]:
    """Numbers above one that have no unit."""
    return [int(t.value) for t in phrase.tokens if t.sign == NUMBER and t.value > 1 and not t.unit]
