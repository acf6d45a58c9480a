"""Arguments of analyses of gains: which nutrients, which two of a plane, which reaction."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.calls.quantities import Arguments, drop_absent, find_counts
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium
from fluxagents.workers.chat_models.planner.rules.patterns import RANGE
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, NUMBER, REACTION, UNKNOWN, Phrase

_AXES = 2
_OR_UNKNOWN = r"\bor (?:UNKNOWN)\b|\bUNKNOWN or\b"


def read_limitations(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    if phrase.has(_OR_UNKNOWN):
        unknown = next(token.text for token in phrase.tokens if token.tag == UNKNOWN)
        medium.problems.append(f"I do not understand '{unknown}' as a nutrient.")
        return
    yield drop_absent(
        nutrients=_list_exchanges(phrase, medium),
        additions=True if phrase.has("add") else None,
    )


def read_phase_plane(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    named = _list_exchanges(phrase, medium)
    if len(named) != _AXES:
        medium.problems.append("A phase plane has two axes; name two nutrients, such as glucose and oxygen.")
        return
    points = next(iter(find_counts(phrase)), None) if phrase.has("points") else None
    yield {"first": named[0], "second": named[1]} | drop_absent(points=points)


def read_robustness(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    reactions = [*phrase.list_values(REACTION), *_list_exchanges(phrase, medium)]
    if not reactions:
        medium.problems.append("I cannot tell which reaction is meant; name it by its id, such as PFK.")
    points = next(iter(find_counts(phrase)), None) if phrase.has("points") else None
    ends = [float(token.value) for token in phrase.tokens if token.tag == NUMBER]
    bounds: Arguments = {}
    if phrase.has(RANGE) and len(ends) == _AXES:
        bounds = {"lowest_mmol_per_gdw_h": min(ends), "highest_mmol_per_gdw_h": max(ends)}
    for reaction in reactions:
        yield {"reaction": reaction} | bounds | drop_absent(points=points)


def _list_exchanges(phrase: Phrase, medium: KnownMedium) -> list[str]:
    exchanges = [medium.require_exchange(token) for token in phrase.tokens if token.tag in COMPOUNDS]
    return list(dict.fromkeys(exchange for exchange in exchanges if exchange is not None))
