"""Arguments of cultures over time: how they are run, how long, and what is in the medium in which amount."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from fluxagents.workers.chat_models.planner.calls.quantities import Arguments, drop_absent
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium
from fluxagents.workers.chat_models.planner.conditions.uptakes import is_carbon_source
from fluxagents.workers.chat_models.planner.words.phrase import (
    BIOMASS_CONCENTRATION,
    COMPOUNDS,
    FEED_RATE,
    MILLIMOLAR,
    NUMBER,
    VOLUME,
    Phrase,
)

DEFAULT_START_MMOL_PER_L = 10.0

_PRODUCTS = frozenset({"ac", "etoh", "for", "lac__D", "lac__L", "succ"})
"""What cells secrete: beside another source of carbon there is none of it at the beginning."""

_ASKED_FOR = r"how_much $"
"""Before a compound whose amount is the question."""

_DILUTION = "D"
"""The rate's symbol, as in "a chemostat at D = 0.3"."""

_FAR = 4
"""A concentration that is further away belongs to another compound."""

_NO_DILUTION = "A chemostat needs its dilution rate; give it in 1/h, such as a dilution rate of 0.3 1/h."
_NO_FEED = (
    "A fed-batch needs its feed; give its flow in L/h and what is in it in mmol/L, such as "
    "a feed of 0.02 L/h with 500 mmol/L of glucose."
)


@dataclass(frozen=True, slots=True)
class _Feed:
    """What flows into a culture."""

    l_per_h: float
    exchange: str
    mmol_per_l: float
    rest: Phrase
    """The words that are not about its concentration."""


def read_time_course(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    hours = next(iter(phrase.find_numbers("(N) hours")), None)
    culture: Arguments = {}
    feed = _find_feed(phrase, medium) if "fed_batch" in phrase.tags else None
    if "fed_batch" in phrase.tags:
        if feed is None:
            medium.problems.append(_NO_FEED)
            return
        culture = {"culture": "fed_batch", "feed_l_per_h": feed.l_per_h}
    if "chemostat" in phrase.tags:
        dilution = _find_dilution(phrase)
        if dilution is None:
            medium.problems.append(_NO_DILUTION)
            return
        culture = {"culture": "chemostat", "dilution_per_h": dilution}
    named = _find_starts(feed.rest if feed else phrase, medium)
    if culture and not named:
        named = dict.fromkeys(medium.find_carbon_sources(), DEFAULT_START_MMOL_PER_L)
    if feed:
        named = {feed.exchange: DEFAULT_START_MMOL_PER_L, **named}
        fed = {feed.exchange: feed.mmol_per_l}
    else:
        fed = {exchange: start for exchange, start in named.items() if start and culture}
    substances = [
        drop_absent(exchange=exchange, start_mmol_per_l=start, feed_mmol_per_l=fed.get(exchange))
        for exchange, start in named.items()
    ]
    yield (
        drop_absent(
            hours=hours,
            substances=substances,
            initial_biomass_gdw_per_l=_find_unit(phrase, BIOMASS_CONCENTRATION),
            volume_l=_find_unit(phrase, VOLUME),
        )
        | culture
    )


def _find_unit(phrase: Phrase, unit: str) -> float | None:
    """The first number with a unit."""
    return next((float(token.value) for token in phrase.tokens if token.unit == unit), None)


def _find_feed(phrase: Phrase, medium: KnownMedium) -> _Feed | None:
    """The flow, and the concentration that is stated nearest to it; None if either is not."""
    tokens = phrase.tokens
    flows = [at for at, token in enumerate(tokens) if token.tag == NUMBER and token.unit == FEED_RATE]
    stated = [at for at, token in enumerate(tokens) if token.text == MILLIMOLAR and at]
    named = [at for at, token in enumerate(tokens) if token.tag in COMPOUNDS]
    if not (flows and stated and named):
        return None
    at = min(stated, key=lambda place: abs(place - flows[0]))
    exchange = medium.require_exchange(tokens[min(named, key=lambda place: abs(place - at))])
    if exchange is None:
        return None
    rest = Phrase((*tokens[: at - 1], *tokens[at + 1 :]))
    return _Feed(float(tokens[flows[0]].value), exchange, float(tokens[at - 1].value), rest)


def _find_dilution(phrase: Phrase) -> float | None:
    stated = [float(token.value) for token in phrase.tokens if token.tag == NUMBER and token.unit == "rate"]
    named = phrase.find_numbers(r"dilution (?:rate |at |of |with )*(N)")
    symbol = [
        float(after.value)
        for token, after in pairwise(phrase.tokens)
        if token.text == _DILUTION and after.tag == NUMBER
    ]
    return next(iter([*stated, *named, *symbol]), None)


def _find_starts(phrase: Phrase, medium: KnownMedium) -> Mapping[str, float]:
    """The sources of carbon that are named: exchange reaction -> concentration at the beginning, mmol/L."""
    places = {
        at: exchange
        for at, token in enumerate(phrase.tokens)
        if token.tag in COMPOUNDS and is_carbon_source(token) and (exchange := medium.require_exchange(token))
    }
    stated = _match_concentrations(phrase, places)
    others = {at for at in places if phrase.tokens[at].value not in _PRODUCTS}
    products = {at for at in places if at not in stated and _is_product(phrase, at, beside=bool(others))}
    # "How much acetate leaves?" asks for a product of what the medium has.
    present = medium.find_carbon_sources() if products and products == places.keys() else ()
    starts = dict.fromkeys(present, DEFAULT_START_MMOL_PER_L)
    for at, exchange in places.items():
        default = 0.0 if at in products else DEFAULT_START_MMOL_PER_L
        starts[exchange] = stated.get(at, starts.get(exchange, default))
    return starts


def _is_product(phrase: Phrase, at: int, *, beside: bool) -> bool:
    """Whether a compound is one that cells secrete, and that is not fed here."""
    is_asked_for = re.search(_ASKED_FOR, phrase.tags_before(at)) is not None
    return phrase.tokens[at].value in _PRODUCTS and (beside or is_asked_for)


def _match_concentrations(phrase: Phrase, places: Mapping[int, Any]) -> Mapping[int, float]:
    """Each concentration with the nearest compound that has none yet: position of the compound -> mmol/L."""
    matched: dict[int, float] = {}
    for at, token in enumerate(phrase.tokens):
        if token.text != MILLIMOLAR or not at:
            continue
        near = [place for place in places if place not in matched and abs(place - at) <= _FAR]
        if near:
            matched[min(near, key=lambda place: abs(place - at))] = float(phrase.tokens[at - 1].value)
    return matched
