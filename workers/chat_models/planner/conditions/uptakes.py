"""The uptakes that a phrase closes, opens, limits or replaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from fluxagents.tasks.fba.media.library.compounds import compounds_by_id
from fluxagents.workers.chat_models.planner.rules import patterns
from fluxagents.workers.chat_models.planner.words.phrase import (
    COMPOUNDS,
    EXCHANGE,
    GENE,
    NUMBER,
    RATIOS,
    REACTION,
    Phrase,
    Token,
)

Role = Literal["limit", "sole", "both", "nitrogen"]

UNLIMITED = 1_000.0
"""The bound that models use for an unlimited uptake, mmol/gDW/h."""


_NO_UPTAKES = RATIOS | {"rate"}
"""Units of numbers that belong to no compound of the medium."""

_NEEDS_ELSE = frozenset({"which", "how_much", "how_many", "minimal", "gene", "reaction", GENE, REACTION})
"""Where these are named, it is not a nutrient that is said to be needed."""


@dataclass(frozen=True, slots=True)
class Uptake:
    """One change of the medium that a question states.

    Attributes:
        compound: As a token.
        role: `sole` replaces the present source of carbon, `nitrogen` that of nitrogen, `limit` changes this
            uptake only, `both` asks for the medium with it and without it.
        limit: The maximal uptake in mmol/gDW/h; None if the question does not state it.
        start: The position of the first token that states it.
        end: One more than the position of the last.
        factor: The new uptake as a multiple of the present one, if the question states that.
        fed_with: Whether it is fed together with the one before, not instead of it.
    """

    compound: Token
    role: Role
    limit: float | None
    start: int
    end: int
    factor: float | None = None
    fed_with: bool = False
    others: tuple[float, ...] = ()
    """More limits to analyse, one after the other."""
    lacks_number: bool = False
    """Whether it is called limited, and the question does not say to how much."""


def find_uptakes(phrase: Phrase) -> Iterator[Uptake]:
    """The changes of the medium in a phrase, in their order."""
    before: Uptake | None = None
    swaps = _find_swaps(phrase)
    for at, token in enumerate(phrase.tokens):
        if token.tag not in COMPOUNDS or re.match(patterns.NAME_AFTER, phrase.tags_after(at)):
            continue
        if is_objective(phrase, at) or re.match(patterns.RANGE_AFTER, phrase.tags_after(at)):
            continue
        uptake = (
            swaps.get(at)
            or _find_closed(phrase, at, before)
            or _find_needed(phrase, at)
            or _find_opened(phrase, at, before)
            or _find_limited(phrase, at)
        )
        if uptake is not None:
            before = _add_more_limits(phrase, uptake, since=before.end if before else 0)
            yield before


def _add_more_limits(phrase: Phrase, uptake: Uptake, *, since: int) -> Uptake:
    """The uptake with other limits in a list: "glucose at 5, 10 and 15", "5 and 10 glucose"."""
    others: list[float] = []
    first = next((at for at in range(uptake.start, uptake.end) if phrase.tokens[at].tag == NUMBER), 0)
    ahead = re.search(patterns.VALUES_BEFORE, phrase.tags_before(first))
    if uptake.limit is not None and ahead:
        start = max(first - count_tokens(ahead), since)
        others = [float(token.value) for token in phrase.tokens[start:first] if token.tag == NUMBER]
        if others:
            return replace(uptake, start=start, limit=others[0], others=(*others[1:], uptake.limit))
    end = uptake.end
    while uptake.limit is not None and phrase.tokens[end - 1].tag == NUMBER:
        more = re.match(patterns.MORE_VALUES, phrase.tags_after(end - 1))
        if more is None:
            break
        end += count_tokens(more)
        if phrase.tokens[end - 1].unit == "rate":
            return uptake
        others.append(float(phrase.tokens[end - 1].value))
    return replace(uptake, end=end, others=tuple(others)) if others else uptake


def is_objective(phrase: Phrase, at: int) -> bool:
    """Whether the token is an exchange reaction to maximise, not a nutrient."""
    return phrase.tokens[at].tag == EXCHANGE and bool(
        re.match(patterns.OBJECTIVE_AFTER, phrase.tags_after(at))
        or re.search(patterns.OBJECTIVE_BEFORE, phrase.tags_before(at))
    )


def _find_swaps(phrase: Phrase) -> dict[int, Uptake]:
    """Compounds that replace others, and those that they replace, by position."""
    swaps: dict[int, Uptake] = {}
    text = phrase.tag_text
    for match in (match for pattern in patterns.SWAPS for match in re.finditer(pattern, text)):
        old, new = (text[: match.start(group)].count(" ") for group in ("old", "new"))
        if old in swaps or new in swaps:
            continue
        gone, come = phrase.tokens[old], phrase.tokens[new]
        limit, start, end = _find_value(phrase, new)
        role: Role = "sole" if is_carbon_source(come) and is_carbon_source(gone) else "limit"
        swaps[new] = Uptake(come, role, limit, start, end)
        swaps[old] = Uptake(gone, "limit", 0.0, old, old + 1)
    return swaps


def count_tokens(match: re.Match[str] | None) -> int:
    """The number of tokens in a match."""
    return match[0].strip().count(" ") + 1 if match and match[0].strip() else 0


def _find_closed(phrase: Phrase, at: int, before: Uptake | None) -> Uptake | None:
    """The uptake if the phrase removes the compound, keeps it, or compares with and without it."""
    left, right = phrase.tags_before(at), phrase.tags_after(at)
    token = phrase.tokens[at]
    kept = re.match(patterns.KEPT_AFTER, right)
    if kept or re.search(patterns.ADDED_TO, left):
        return Uptake(token, "limit", None, at, at + 1 + count_tokens(kept))
    both = re.search(patterns.BOTH_BEFORE, left)
    if both:
        return Uptake(token, "both", None, at - count_tokens(both), at + 1)
    none = re.search(patterns.NONE_BEFORE, left)
    if none:
        contrast = re.match(patterns.CONTRAST_AFTER, f"{right} ")
        start, end = at - count_tokens(none), at + 1 + count_tokens(contrast)
        return (
            Uptake(token, "both", None, start, end) if contrast else Uptake(token, "limit", 0.0, start, end)
        )
    gone = re.match(patterns.NONE_AFTER, right)
    if gone:
        return Uptake(token, "limit", 0.0, at, at + 1 + count_tokens(gone))
    is_listed = re.match(patterns.NONE_LIST_AFTER, right) is not None
    if is_listed or (
        before is not None
        and before.limit == 0
        and before.role == "limit"
        and _find_value(phrase, at)[0] is None
        and not re.match(patterns.SOLE_AFTER, right)
        and re.fullmatch(patterns.LISTED, phrase.tags_between(before.end, at))
    ):
        return Uptake(token, "limit", 0.0, at, at + 1)
    return None


def _find_opened(phrase: Phrase, at: int, before: Uptake | None) -> Uptake | None:
    """The uptake if the phrase feeds the compound; None if it states nothing about its uptake."""
    token = phrase.tokens[at]
    value, start, end = _find_value(phrase, at)
    left, right = phrase.tags_before(start), phrase.tags_after(end - 1)
    nitrogen = re.match(patterns.NITROGEN_AFTER, right)
    if nitrogen or re.search(patterns.NITROGEN_BEFORE, left):
        return Uptake(token, "nitrogen", value, start, end + count_tokens(nitrogen))
    if is_carbon_source(token):
        sole = _find_sole_source(phrase, at, start, end, before)
        if sole:
            return replace(sole, limit=value)
    lead = re.search(patterns.WITH_BEFORE, left)
    uptake = re.search(patterns.UPTAKE_BEFORE, left) if value is not None else None
    start -= count_tokens(lead or uptake)
    factor = _find_factor(phrase, at)
    if factor is not None:
        return Uptake(token, "limit", None, factor[1], end, factor[0])
    after = re.match(patterns.FACTOR_AFTER, phrase.tags_after(at))
    if after:
        end = at + 1 + count_tokens(after)
        return Uptake(token, "limit", None, at, end, patterns.FACTORS[phrase.tokens[end - 1].tag])
    much = re.search(patterns.MUCH_BEFORE, left) or re.match(patterns.MUCH_AFTER, right)
    if value is None and much:
        return Uptake(token, "limit", UNLIMITED, start, end)
    return Uptake(token, "limit", value, start, end) if value is not None or lead else None


def _find_needed(phrase: Phrase, at: int) -> Uptake | None:
    """The lack of a compound, which shows whether it is needed: "Is oxygen needed for growth?"."""
    if phrase.tags & _NEEDS_ELSE:
        return None
    left, right = phrase.tags_before(at), phrase.tags_after(at)
    needed = re.match(patterns.NEEDED_AFTER, right)
    if needed:
        return Uptake(phrase.tokens[at], "limit", 0.0, at, at + 1 + count_tokens(needed))
    if re.search(patterns.NEEDED_BEFORE, left) and re.match(patterns.FOR_GROWTH_AFTER, right):
        return Uptake(phrase.tokens[at], "limit", 0.0, at - 1, at + 1)
    return None


def _find_limited(phrase: Phrase, at: int) -> Uptake | None:
    """A limit without a number, which may stand elsewhere: "oxygen-limited"."""
    if re.match(patterns.LIMITED_AFTER, phrase.tags_after(at)):
        return Uptake(phrase.tokens[at], "limit", None, at, at + 1, lacks_number=True)
    return None


def is_carbon_source(token: Token) -> bool:
    """Whether it may be a source of carbon; an unknown compound may."""
    compound = compounds_by_id().get(str(token.value))
    return compound is None or compound.carbon


def _find_value(phrase: Phrase, at: int) -> tuple[float | None, int, int]:
    """The number that belongs to a compound, and the span of both."""
    after = re.match(patterns.VALUE_AFTER, phrase.tags_after(at))
    if after:
        end = at + 1 + count_tokens(after)
        number = phrase.tokens[end - 1]
        if number.unit not in _NO_UPTAKES:
            return float(number.value), at, end
    stated = re.match(patterns.STATED_AFTER, phrase.tags_after(at))
    if stated and phrase.tokens[at + count_tokens(stated)].unit == "flux":
        end = at + 1 + count_tokens(stated)
        return float(phrase.tokens[end - 1].value), at, end
    ahead = re.search(patterns.VALUE_BEFORE, phrase.tags_before(at))
    if ahead:
        start = at - count_tokens(ahead)
        number = next(token for token in phrase.tokens[start:at] if token.tag == "NUMBER")
        if number.unit not in _NO_UPTAKES:
            return float(number.value), start, at + 1
    uptake = re.match(patterns.UPTAKE_AFTER, phrase.tags_after(at))
    return None, at, at + 1 + count_tokens(uptake)


def _find_factor(phrase: Phrase, at: int) -> tuple[float, int] | None:
    """The factor before a compound that multiplies its present uptake, and the position of the factor."""
    match = re.search(patterns.FACTOR_BEFORE, phrase.tags_before(at))
    if match is None:
        return None
    token = phrase.find_token(match, 0)
    if token.tag in patterns.FACTORS:
        return patterns.FACTORS[token.tag], at - count_tokens(match)
    # "half the glucose" is a factor; "95 %" before a compound is a share of something else.
    is_share = token.text[0].isdigit() and not re.match(patterns.UPTAKE_AFTER, phrase.tags_after(at))
    return None if is_share else (float(token.value), at - count_tokens(match))


def _find_sole_source(phrase: Phrase, at: int, start: int, end: int, before: Uptake | None) -> Uptake | None:
    """The compound as the only source of carbon, with the span of the words that state it."""
    token = phrase.tokens[at]
    lead = re.search(patterns.SOLE_BEFORE, phrase.tags_before(start))
    tail = re.match(patterns.SOLE_AFTER, phrase.tags_after(end - 1))
    if not tail and re.match(patterns.SOLE_LIST_AFTER, phrase.tags_after(end - 1)):
        return Uptake(token, "sole", None, start, end)
    if not tail and lead:
        tail = re.match(patterns.MEDIUM_AFTER, phrase.tags_after(end - 1))
    fed_with = is_alternative = False
    if before is not None and before.role == "sole" and not lead:
        between = phrase.tags_between(before.end, start)
        after = phrase.tags_after(end - 1)
        is_listed = bool(re.fullmatch(patterns.LISTED, between))
        fed_with = (
            bool(re.fullmatch(patterns.PLUS, between))
            or (is_listed and phrase.tokens[before.end - 2].tag == "plus")
            or (is_listed and bool(re.match(patterns.TOGETHER, after)))
        )
        is_alternative = fed_with or bool(re.fullmatch(patterns.JOINED, between))
    if not (lead or tail or is_alternative):
        return None
    start = before.end if is_alternative and before else start - count_tokens(lead)
    return Uptake(token, "sole", None, start, end + count_tokens(tail), fed_with=fed_with)
