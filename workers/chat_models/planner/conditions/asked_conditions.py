"""Conditions in a question: the media to look at, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from fluxagents.workers.chat_models.planner.conditions.compound_ids import OXYGEN
from fluxagents.workers.chat_models.planner.conditions.uptakes import Uptake, spans, uptakes_in
from fluxagents.workers.chat_models.planner.rules import patterns as wording
from fluxagents.workers.chat_models.planner.words.lexicon import COMPOUND
from fluxagents.workers.chat_models.planner.words.phrase import Phrase
from fluxagents.workers.chat_models.planner.words.word_tokens import Token

Alternatives = tuple[tuple[Uptake, ...], ...]
"""The conditions to look at, one after the other; an empty one is the medium as it is."""

PLAIN: Alternatives = ((),)

_OXYGEN = Token(COMPOUND, OXYGEN.names[0], OXYGEN.bigg)


def conditions_in(phrase: Phrase, fed: frozenset[int] = frozenset()) -> tuple[Alternatives, frozenset[int]]:
    """What to look at, and the places of the tokens that say so.

    Args:
        phrase: What is asked.
        fed: Places of compounds that are sources of carbon, one after the other, though no word says so.
    """
    named = list(uptakes_in(phrase))
    cut = _again(named)
    if cut is not None and not fed:
        # "on lactate and on lactate without oxygen" asks for both.
        first, places = conditions_in(Phrase(phrase.tokens[:cut]))
        more, later = conditions_in(Phrase(phrase.tokens[cut:]))
        return first + more, places | {cut + at for at in later}
    each = [Uptake(phrase.tokens[at], "sole", None, at, at + 1) for at in fed]
    uptakes = [*_oxygen(phrase), *sorted([*named, *each], key=lambda uptake: uptake.start)]
    uptakes = list(_mixed(phrase, uptakes))
    places = frozenset(at for uptake in uptakes for at in range(uptake.start, _end(phrase, uptake)))
    return _combined(_merged(uptakes)), places


def _mixed(phrase: Phrase, uptakes: list[Uptake]) -> Iterator[Uptake]:
    """The same, with sources of carbon that "plus" joins fed together."""
    before: Uptake | None = None
    for uptake in uptakes:
        if before is not None and before.role == uptake.role == "sole":
            at = next(
                at for at in range(before.end, len(phrase.tokens)) if phrase.tokens[at] == uptake.compound
            )
            between = Phrase(phrase.tokens[before.end : at]).text
            joined = uptake.fed_with or re.fullmatch(wording.PLUS, between) is not None
            yield replace(uptake, fed_with=joined)
        else:
            yield uptake
        before = uptake


def _again(uptakes: list[Uptake]) -> int | None:
    """Where a source of carbon is named a second time."""
    seen = set()
    for uptake in uptakes:
        if uptake.role != "sole":
            continue
        if uptake.compound.value in seen:
            return uptake.start
        seen.add(uptake.compound.value)
    return None


def _end(phrase: Phrase, uptake: Uptake) -> int:
    """Where a condition ends, with the words that say it is one of the medium."""
    return uptake.end + spans(re.match(wording.OF_THE_MEDIUM, phrase.after(uptake.end - 1)))


def _merged(uptakes: list[Uptake]) -> list[Uptake]:
    """A compound that is there in one place and gone in another is asked for both ways."""
    found: dict[tuple[object, bool], Uptake] = {}
    for uptake in uptakes:
        key = (uptake.compound.value, uptake.role in {"sole", "nitrogen"})
        known = found.get(key)
        if (
            known
            and known.role == "limit"
            and uptake.role == "limit"
            and {known.limit, uptake.limit} == {None, 0}
        ):
            found[key] = replace(known, role="both")
        elif known is None or known.limit is None:
            found[key] = uptake
        elif known.role == uptake.role == "limit" and uptake.limit not in {None, known.limit}:
            found[key] = replace(known, others=(*known.others, uptake.limit))
        elif uptake.limit is not None and uptake.limit != known.limit:
            found[uptake.compound.value, False] = uptake
    return list(found.values())


def _combined(uptakes: list[Uptake]) -> Alternatives:
    carbon: list[tuple[Uptake, ...]] = []
    several = [uptake for uptake in uptakes if uptake.others]
    if several:
        uptake, at = several[0], uptakes.index(several[0])
        each = (replace(uptake, limit=limit, others=()) for limit in (uptake.limit, *uptake.others))
        return tuple(done for one in each for done in _combined([*uptakes[:at], one, *uptakes[at + 1 :]]))
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
    return tuple(sum(combined, fixed) for combined in product(carbon or PLAIN, *pairs))


def _oxygen(phrase: Phrase) -> Iterator[Uptake]:
    """With or without oxygen, as far as it is said in a word of its own."""
    for at, token in enumerate(phrase.tokens):
        if token.sign in {"aerobic", "anaerobic"}:
            off = token.sign == "anaerobic"
            if not off and re.match(wording.CHANGED_FROM, phrase.after(at)):
                continue
            start = at - 1 if at and phrase.tokens[at - 1].sign in {"in", "at", "on"} else at
            yield Uptake(_OXYGEN, "limit", 0.0 if off else None, start, at + 1)
