"""A question, cut into clauses: what each asks for, and under which conditions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fluxagents.workers.planner.compounds import MENTION
from fluxagents.workers.planner.conditions import BLANK, PLAIN, Alternatives, conditions_in
from fluxagents.workers.planner.intents import (
    CHANGE,
    IMPERATIVE,
    INTENTS,
    NAMELESS_KNOCK_OUT,
    NEUTRAL,
    UNKNOWN_MEDIUM,
    UNSUPPORTED,
    Intent,
)

_SENTENCE = re.compile(r"(?<=[?!;])\s*|\.(?=\s|$)|\n+")
_CLAUSE = re.compile(
    r",?\s+(?:and|then|also|but|plus)\s+(?:then\s+|also\s+|please\s+)?(?=(?:which|what|how|is|are|does|do|can|could|will|would"
    r"|tell|show|give|list|run|compute|calculate|find|determine|report|predict|add|remove|set|compare|describe|increase"
    r"|decrease|identify|analy[sz]e|under\b|on\b(?=.*\b(?:grow|essential)))\b)|,\s+(?:then|also)\s+",
    re.IGNORECASE,
)
_UNKNOWN_SOURCE = re.compile(
    r"\b(?:grow\w*|essential\w*|live|survive|feed\w*|rate|fba|fva)\b[^,;·]{0,30}?\b(?:on|using|from)\s+"
    r"(?!(?:its|it|the|this|that|what|which|average|a|an|any|all|my|default|minimal|top|genes?|reactions?|per|day|growth|model)\b)"
    r"(?P<word>[A-Za-z][\w-]{2,})",
    re.IGNORECASE,
)
_UNKNOWN_ABSENT = re.compile(
    r"\bwithout\s+(?!(?:any|the|a|an|this|that|it|which|genes?|reactions?|change|changes|growth)\b)(?P<word>[A-Za-z][\w-]{2,})(?<!ing)\b",
    re.IGNORECASE,
)

_KNOCK_OUTS = frozenset({"essentiality", "gene_sets", "gene_pairs", "lasting_knock_out"})
_KNOWN_CONDITION = frozenset({"media_growth", "lasting_knock_out", "gene_sets"})
"""Intents whose words look like a condition of the medium."""
_BACK = re.compile(
    r"(?<!are )(?<!is )(?<!were )\bthere\b\W*$|\bin\s+(?:that|this)\s+case\b"
    r"|\bunder\s+(?:these|those|the\s+same)\s+conditions\b",
    re.IGNORECASE,
)
"""Words for the conditions of the clause before."""
_CONDITIONAL = frozenset({"growth", "essentiality", "variability"})
_COMPOUNDS_TOO = frozenset({"fluxes", "production", "minimal_medium", "structure"})
"""Intents that may speak of a compound without a condition."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a question."""

    text: str
    intents: tuple[str, ...]
    conditions: Alternatives
    leads: bool
    """Whether its conditions come first and so hold for what follows in the sentence."""
    unknown: tuple[str, ...] = ()
    """Words for conditions that are not understood."""
    unsupported: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        return self.conditions == PLAIN


def clauses_of(question: str) -> list[Clause]:
    """The clauses of a question in their order, with the conditions and intents that they share filled in."""
    clauses: list[Clause] = []
    for sentence in filter(str.strip, _SENTENCE.split(question)):
        parts = [_clause(part) for part in _CLAUSE.split(sentence) if part.strip()]
        clauses += _led(parts)
    return _continued(clauses)


def _led(parts: list[Clause]) -> list[Clause]:
    """Conditions that open a sentence hold for its later clauses that have none."""
    lead = next((part for part in parts[:1] if part.leads and CHANGE not in part.intents), None)
    if lead is None:
        return parts
    return [replace(part, conditions=lead.conditions) if part.is_plain else part for part in parts]


def _continued(clauses: list[Clause]) -> list[Clause]:
    """A clause with conditions alone ("And without oxygen?") asks again what was asked before."""
    asked: tuple[str, ...] = ()
    before = PLAIN
    done: list[Clause] = []
    for clause in clauses:
        wants = tuple(name for name in clause.intents if name != CHANGE)
        if not clause.intents and not clause.is_plain and not clause.unsupported:
            wants = asked or ("growth",)
            done.append(replace(clause, intents=wants))
        else:
            done.append(replace(clause, conditions=before) if _refers_back(clause) else clause)
        asked = wants or asked
        before = done[-1].conditions
    return done


def _refers_back(clause: Clause) -> bool:
    return clause.is_plain and _BACK.search(clause.text) is not None


def _clause(text: str) -> Clause:
    said = NEUTRAL.sub(lambda match: BLANK * len(match[0]), text)
    conditions, rest, first = conditions_in(said)
    if IMPERATIVE.match(said) and (MENTION.search(said) or conditions != PLAIN):
        return Clause(text, (CHANGE,), conditions, leads=False)
    asked_at = min((match.start() for intent in INTENTS if (match := intent.words.search(rest))), default=-1)
    intents = _intents(rest)
    return Clause(
        text,
        intents,
        conditions,
        leads=first is not None and first < asked_at,
        unknown=() if _KNOWN_CONDITION & set(intents) else (*_unknown(rest), *_unread(rest, intents)),
        unsupported=_unsupported(rest, intents),
    )


def _unsupported(text: str, intents: tuple[str, ...]) -> tuple[str, ...]:
    found = [what for pattern, what in UNSUPPORTED if pattern.search(text)]
    if NAMELESS_KNOCK_OUT.search(text) and not _KNOCK_OUTS & set(intents):
        found.append("knock out what is not named by its id, such as b0720")
    return tuple(found)


def _unread(text: str, intents: tuple[str, ...]) -> list[str]:
    """Compounds that a condition may speak of in words that are not understood."""
    if not _CONDITIONAL & set(intents) or _COMPOUNDS_TOO & set(intents):
        return []
    return [match["name"] for match in MENTION.finditer(text) if match["name"]]


def _intents(text: str) -> tuple[str, ...]:
    found = {intent.name for intent in INTENTS if intent.words.search(text)}
    alone = next((intent.name for intent in INTENTS if intent.alone and intent.name in found), None)
    if alone is not None:
        return (alone,)
    return tuple(intent.name for intent in INTENTS if intent.name in found and _is_asked(intent, found, text))


def _is_asked(intent: Intent, found: set[str], text: str) -> bool:
    return not intent.unless & found or (intent.strong is not None and intent.strong.search(text) is not None)


def _unknown(text: str) -> tuple[str, ...]:
    named = [match["medium"] for match in UNKNOWN_MEDIUM.finditer(text)]
    sources = [match["word"] for match in (*_UNKNOWN_SOURCE.finditer(text), *_UNKNOWN_ABSENT.finditer(text))]
    return tuple(dict.fromkeys(named + [word for word in sources if word not in named]))
