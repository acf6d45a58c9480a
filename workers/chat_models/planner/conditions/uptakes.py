"""What a phrase says of the uptake of each compound that it names: closed, opened, limited or replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from fluxagents.tasks.fba.media.library.compounds import compounds_by_id
from fluxagents.workers.chat_models.planner.rules import patterns as wording
from fluxagents.workers.chat_models.planner.words.lexicon import NUMBER
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, Phrase
from fluxagents.workers.chat_models.planner.words.word_tokens import EXCHANGE, Token

Role = Literal["limit", "sole", "both", "nitrogen"]

UNLIMITED = 1_000.0
"""Uptake in mmol/gDW/h that is no limit, as models write it."""


@dataclass(frozen=True, slots=True)
class Uptake:
    """One change of the medium as a question words it.

    Attributes:
        compound: As a token.
        role: `sole` replaces the present source of carbon, `nitrogen` that of nitrogen, `limit` changes this
            uptake only, `both` asks for the medium with it and without it.
        limit: The most uptake in mmol/gDW/h; None if the question does not say.
        factor: The new uptake as a multiple of the present one, if the question says it so.
        start: The first token that says so.
        end: One more than the last.
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
    """More limits to look at, one after the other."""


def uptakes_in(phrase: Phrase) -> Iterator[Uptake]:
    """The changes of the medium that a phrase names a compound for, in their order."""
    before: Uptake | None = None
    swaps = _swaps(phrase)
    for at, token in enumerate(phrase.tokens):
        if token.sign not in COMPOUNDS or re.match(wording.NAME_AFTER, phrase.after(at)):
            continue
        if is_objective(phrase, at):
            continue
        uptake = swaps.get(at) or _closed(phrase, at, before) or _opened(phrase, at, before)
        if uptake is not None:
            before = _with_others(phrase, uptake, since=before.end if before else 0)
            yield before


def _with_others(phrase: Phrase, uptake: Uptake, *, since: int) -> Uptake:
    """The uptake with other limits in a list: "glucose at 5, 10 and 15", "5 and 10 glucose"."""
    others: list[float] = []
    first = next((at for at in range(uptake.start, uptake.end) if phrase.tokens[at].sign == NUMBER), 0)
    ahead = re.search(wording.VALUES_BEFORE, phrase.before(first))
    if uptake.limit is not None and ahead:
        start = max(first - spans(ahead), since)
        others = [float(token.value) for token in phrase.tokens[start:first] if token.sign == NUMBER]
        if others:
            return replace(uptake, start=start, limit=others[0], others=(*others[1:], uptake.limit))
    end = uptake.end
    while uptake.limit is not None and phrase.tokens[end - 1].sign == NUMBER:
        more = re.match(wording.MORE_VALUES, phrase.after(end - 1))
        if more is None:
            break
        end += spans(more)
        if phrase.tokens[end - 1].unit == "rate":
            return uptake
        others.append(float(phrase.tokens[end - 1].value))
    return replace(uptake, end=end, others=tuple(others)) if others else uptake


def is_objective(phrase: Phrase, at: int) -> bool:
    """Whether an exchange reaction is what is to be maximised, not what is fed."""
    return phrase.tokens[at].sign == EXCHANGE and bool(
        re.match(wording.OBJECTIVE_AFTER, phrase.after(at))
        or re.search(wording.OBJECTIVE_BEFORE, phrase.before(at))
    )


def _swaps(phrase: Phrase) -> dict[int, Uptake]:
    """Compounds that take the place of others, by their places."""
    found: dict[int, Uptake] = {}
    text = phrase.text
    for match in (match for pattern in wording.SWAPS for match in re.finditer(pattern, text)):
        old, new = (text[: match.start(group)].count(" ") for group in ("old", "new"))
        if old in found or new in found:
            continue
        gone, come = phrase.tokens[old], phrase.tokens[new]
        limit, start, end = _value(phrase, new)
        role: Role = "sole" if feeds(come) and feeds(gone) else "limit"
        found[new] = Uptake(come, role, limit, start, end)
        found[old] = Uptake(gone, "limit", 0.0, old, old + 1)
    return found


def spans(match: re.Match[str] | None) -> int:
    """How many tokens a match covers."""
    return match[0].strip().count(" ") + 1 if match and match[0].strip() else 0


def _closed(phrase: Phrase, at: int, before: Uptake | None) -> Uptake | None:
    """A compound that a condition takes away, or compares with and without."""
    left, right = phrase.before(at), phrase.after(at)
    token = phrase.tokens[at]
    if re.match(wording.KEPT_AFTER, right) or re.search(wording.ADDED_TO, left):
        return Uptake(token, "limit", None, at, at + 1 + spans(re.match(wording.KEPT_AFTER, right)))
    both = re.search(wording.BOTH_BEFORE, left)
    if both:
        return Uptake(token, "both", None, at - spans(both), at + 1)
    none = re.search(wording.NONE_BEFORE, left)
    if none:
        return Uptake(token, "limit", 0.0, at - spans(none), at + 1)
    gone = re.match(wording.NONE_AFTER, right)
    if gone:
        return Uptake(token, "limit", 0.0, at, at + 1 + spans(gone))
    listed = before is not None and before.limit == 0 and before.role == "limit"
    if (
        listed
        and _value(phrase, at)[0] is None
        and not re.match(wording.SOLE_AFTER, right)
        and re.fullmatch(wording.LISTED, _between(phrase, before, at))
    ):
        return Uptake(token, "limit", 0.0, at, at + 1)
    return None


def _between(phrase: Phrase, before: Uptake | None, at: int) -> str:
    start = before.end if before else at
    return Phrase(phrase.tokens[start:at]).before(at)


def _opened(phrase: Phrase, at: int, before: Uptake | None) -> Uptake | None:
    """A compound that a condition offers; None if the phrase asks nothing of its uptake."""
    token = phrase.tokens[at]
    value, start, end = _value(phrase, at)
    left, right = phrase.before(start), phrase.after(end - 1)
    nitrogen = re.match(wording.NITROGEN_AFTER, right) or re.search(wording.NITROGEN_BEFORE, left)
    if nitrogen:
        return Uptake(token, "nitrogen", value, start, end + spans(re.match(wording.NITROGEN_AFTER, right)))
    if feeds(token):
        sole = _sole(phrase, at, start, end, before)
        if sole:
            return replace(sole, limit=value)
    lead = re.search(wording.WITH_BEFORE, left)
    uptake = re.search(wording.UPTAKE_BEFORE, left) if value is not None else None
    start -= spans(lead or uptake)
    factor = _factor(phrase, at)
    if factor is not None:
        return Uptake(token, "limit", None, factor[1], end, factor[0])
    after = re.match(wording.FACTOR_AFTER, phrase.after(at))
    if after:
        end = at + 1 + spans(after)
        return Uptake(token, "limit", None, at, end, wording.FACTORS[phrase.tokens[end - 1].sign])
    much = re.search(wording.MUCH_BEFORE, left) or re.match(wording.MUCH_AFTER, right)
    if value is None and much:
        return Uptake(token, "limit", UNLIMITED, start, end)
    return Uptake(token, "limit", value, start, end) if value is not None or lead else None


def feeds(token: Token) -> bool:
    """Whether a cell may live on it as a source of carbon, as far as is known."""
    compound = compounds_by_id().get(str(token.value))
    return compound is None or compound.carbon


def _value(phrase: Phrase, at: int) -> tuple[float | None, int, int]:
    """The number that goes with a compound, and the span of both."""
    after = re.match(wording.VALUE_AFTER, phrase.after(at))
    if after:
        end = at + 1 + spans(after)
        number = phrase.tokens[end - 1]
        if number.unit != "rate":
            return float(number.value), at, end
    stated = re.match(wording.STATED_AFTER, phrase.after(at))
    if stated and phrase.tokens[at + spans(stated)].unit == "flux":
        end = at + 1 + spans(stated)
        return float(phrase.tokens[end - 1].value), at, end
    ahead = re.search(wording.VALUE_BEFORE, phrase.before(at))
    if ahead:
        start = at - spans(ahead)
        number = next(token for token in phrase.tokens[start:at] if token.sign == "NUMBER")
        if number.unit != "rate":
            return float(number.value), start, at + 1
    uptake = re.match(wording.UPTAKE_AFTER, phrase.after(at))
    return None, at, at + 1 + spans(uptake)


def _factor(phrase: Phrase, at: int) -> tuple[float, int] | None:
    """How many times the present uptake is meant, and where that is said, before the compound."""
    match = re.search(wording.FACTOR_BEFORE, phrase.before(at))
    if match is None:
        return None
    token = phrase.token_at(match, 0)
    if token.sign in wording.FACTORS:
        return wording.FACTORS[token.sign], at - spans(match)
    # "half the glucose" is one; "95 %" before a compound is a share of something else.
    shared = token.said[0].isdigit() and not re.match(wording.UPTAKE_AFTER, phrase.after(at))
    return None if shared else (float(token.value), at - spans(match))


def _sole(phrase: Phrase, at: int, start: int, end: int, before: Uptake | None) -> Uptake | None:
    """The compound as the only source of carbon, with the span of what says so."""
    token = phrase.tokens[at]
    lead = re.search(wording.SOLE_BEFORE, phrase.before(start))
    tail = re.match(wording.SOLE_AFTER, phrase.after(end - 1))
    if not tail and lead:
        tail = re.match(wording.MEDIUM_AFTER, phrase.after(end - 1))
    fed_with = joined = False
    if before is not None and before.role == "sole" and not lead:
        between = _between(phrase, before, start)
        after = phrase.after(end - 1)
        fed_with = (
            bool(re.fullmatch(wording.PLUS, between))
            or (bool(re.fullmatch(wording.LISTED, between)) and phrase.tokens[before.end - 2].sign == "plus")
            or (bool(re.fullmatch(wording.LISTED, between)) and bool(re.match(wording.TOGETHER, after)))
        )
        joined = fed_with or bool(re.fullmatch(wording.JOINED, between))
    if not (lead or tail or joined):
        return None
    start = before.end if joined and before else start - spans(lead)
    return Uptake(token, "sole", None, start, end + spans(tail), fed_with=fed_with)
