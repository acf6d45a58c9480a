"""The conditions of a question: the media to analyse, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, product

from fluxagents.tasks.fba.media.library.compounds import find_compound
from fluxagents.workers.chat_models.planner.conditions.compound_ids import OXYGEN
from fluxagents.workers.chat_models.planner.conditions.uptakes import (
    Uptake,
    count_tokens,
    find_uptakes,
    is_carbon_source,
)
from fluxagents.workers.chat_models.planner.rules import patterns
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUND, Phrase, Token

Alternatives = tuple[tuple[Uptake, ...], ...]
"""The conditions to analyse, one after the other; an empty one is the unchanged medium."""

PLAIN: Alternatives = ((),)

_OXYGEN = Token(COMPOUND, OXYGEN.names[0], OXYGEN.bigg)


def find_conditions(phrase: Phrase, fed: frozenset[int] = frozenset()) -> tuple[Alternatives, frozenset[int]]:
    """The conditions of a phrase, and the positions of the tokens that state them.

    Args:
        phrase: What is asked.
        fed: Positions of compounds that are alternative sources of carbon though no word says so.
    """
    named = _separate_choices(phrase, list(find_uptakes(phrase)))
    second_start = _find_repetition(named)
    if second_start is not None and not fed:
        # "on lactate and on lactate without oxygen" asks for both.
        alternatives, places = find_conditions(Phrase(phrase.tokens[:second_start]))
        others, other_places = find_conditions(Phrase(phrase.tokens[second_start:]))
        return alternatives + others, places | {second_start + at for at in other_places}
    each = [Uptake(phrase.tokens[at], "sole", None, at, at + 1) for at in fed]
    uptakes = [*_find_oxygen(phrase), *sorted([*named, *each], key=lambda uptake: uptake.start)]
    uptakes = list(_join_mixtures(phrase, uptakes))
    places = frozenset(at for uptake in uptakes for at in range(uptake.start, _find_end(phrase, uptake)))
    return _combine(_share_limit(_merge_repeated(uptakes))), places


def _separate_choices(phrase: Phrase, uptakes: list[Uptake]) -> list[Uptake]:
    """The uptakes; sources of carbon that "or" joins are alternatives: "with acetate or with malate"."""
    separated = list(uptakes)
    for at in range(1, len(uptakes)):
        pair = separated[at - 1 : at + 1]
        is_fed = all(
            uptake.role in {"limit", "sole"} and uptake.limit != 0 and is_carbon_source(uptake.compound)
            for uptake in pair
        )
        between = phrase.tags_between(pair[0].end, pair[1].start)
        if is_fed and re.fullmatch(patterns.CHOICE, between):
            separated[at - 1 : at + 1] = [replace(uptake, role="sole") for uptake in pair]
    return separated


def _join_mixtures(phrase: Phrase, uptakes: list[Uptake]) -> Iterator[Uptake]:
    """The uptakes, with `fed_with` set for sources of carbon that "plus" joins."""
    before: Uptake | None = None
    for uptake in uptakes:
        if before is not None and before.role == uptake.role == "sole":
            at = next(
                at for at in range(before.end, len(phrase.tokens)) if phrase.tokens[at] == uptake.compound
            )
            is_joined = re.fullmatch(patterns.PLUS, phrase.tags_between(before.end, at)) is not None
            yield replace(uptake, fed_with=uptake.fed_with or is_joined)
        else:
            yield uptake
        before = uptake


def _find_repetition(uptakes: list[Uptake]) -> int | None:
    """The position at which a source of carbon is named a second time."""
    seen = set()
    for uptake in uptakes:
        if uptake.role != "sole":
            continue
        if uptake.compound.value in seen:
            return uptake.start
        seen.add(uptake.compound.value)
    return None


def _find_end(phrase: Phrase, uptake: Uptake) -> int:
    """The end of a condition, after words such as "in the medium"."""
    return uptake.end + count_tokens(re.match(patterns.OF_THE_MEDIUM, phrase.tags_after(uptake.end - 1)))


def _merge_repeated(uptakes: list[Uptake]) -> list[Uptake]:
    """One uptake per compound; one that is once present and once absent gets the role `both`."""
    merged: dict[tuple[object, bool], Uptake] = {}
    for uptake in uptakes:
        compound = find_compound(str(uptake.compound.value))
        key = (compound.bigg if compound else uptake.compound.value, uptake.role in {"sole", "nitrogen"})
        known = merged.get(key)
        if (
            known
            and known.role == "limit"
            and uptake.role == "limit"
            and {known.limit, uptake.limit} == {None, 0}
        ):
            merged[key] = replace(known, role="both")
        elif known is None or known.limit is None:
            merged[key] = uptake
        elif known.role == uptake.role == "limit" and uptake.limit not in {None, known.limit}:
            merged[key] = replace(known, others=(*known.others, uptake.limit))
        elif uptake.limit is not None and uptake.limit != known.limit:
            merged[key[0], False] = uptake
    return list(merged.values())


def _share_limit(uptakes: list[Uptake]) -> list[Uptake]:
    """The uptakes; a number after the last of several sources is that of each: "on A, B and C at 20"."""
    sole = [uptake for uptake in uptakes if uptake.role == "sole"]
    before, last = sole[:-1], sole[-1:]
    if any(uptake.limit is None or uptake.others for uptake in last):
        return uptakes
    if any(uptake.fed_with for uptake in sole) or any(uptake.limit is not None for uptake in before):
        return uptakes
    limit = next((uptake.limit for uptake in last), None)
    return [replace(uptake, limit=limit) if uptake in before else uptake for uptake in uptakes]


def _combine(uptakes: list[Uptake]) -> Alternatives:
    """All combinations of sources of carbon, limits, and presence and absence."""
    carbon: list[tuple[Uptake, ...]] = []
    at = next((at for at, uptake in enumerate(uptakes) if uptake.others), None)
    if at is not None:
        limits = (uptakes[at].limit, *uptakes[at].others)
        variants = (replace(uptakes[at], limit=limit, others=()) for limit in limits)
        return tuple(
            chain.from_iterable(
                _combine([*uptakes[:at], variant, *uptakes[at + 1 :]]) for variant in variants
            )
        )
    for uptake in uptakes:
        if uptake.role == "sole" and uptake.fed_with and carbon:
            carbon[-1] = (*carbon[-1], uptake)
        elif uptake.role == "sole":
            carbon.append((uptake,))
    pairs = [
        ((replace(uptake, role="limit", limit=None),), (replace(uptake, role="limit", limit=0.0),))
        for uptake in uptakes
        if uptake.role == "both"
    ]
    fixed = tuple(uptake for uptake in uptakes if uptake.role in {"limit", "nitrogen"})
    return tuple(sum(choice, fixed) for choice in product(carbon or PLAIN, *pairs))


def _find_oxygen(phrase: Phrase) -> Iterator[Uptake]:
    """The uptake of oxygen that a word such as "anaerobic" states."""
    for at, token in enumerate(phrase.tokens):
        if token.tag == "microaerobic":
            yield Uptake(_OXYGEN, "limit", None, at, at + 1, lacks_number=True)
        elif token.tag in {"aerobic", "anaerobic", "ferment"}:
            is_absent = token.tag != "aerobic"
            if not is_absent and re.match(patterns.CHANGED_FROM, phrase.tags_after(at)):
                continue
            start = at - 1 if at and phrase.tokens[at - 1].tag in {"in", "at", "on"} else at
            yield Uptake(_OXYGEN, "limit", 0.0 if is_absent else None, start, at + 1)
