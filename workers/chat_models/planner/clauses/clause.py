"""One part of a question: what it asks for, and under which conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from fluxagents.workers.chat_models.planner.conditions.asked_conditions import (
    PLAIN,
    Alternatives,
    conditions_in,
)
from fluxagents.workers.chat_models.planner.conditions.uptakes import Uptake, feeds
from fluxagents.workers.chat_models.planner.rules.intents import CHANGE, Guess, best_guess
from fluxagents.workers.chat_models.planner.rules.orders import is_order, opens
from fluxagents.workers.chat_models.planner.words.lexicon import COMPOUND, UNSUPPORTED
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, Phrase
from fluxagents.workers.chat_models.planner.words.word_tokens import (
    EXCHANGE,
    GENE,
    REACTION,
    UNKNOWN,
    is_like_an_id,
)

OFF_TOPIC = "off topic"
"""What `unsupported.toml` says of words that no tool has to do with."""

_NAMELESS = "knock out or test what is not named by its id, such as b0720"
_CONDITIONAL = frozenset(
    {"growth", "essentiality", "variability", "gene_pairs", "gene_sets", "minimal_medium"}
)
"""Intents for which a compound or an unknown word after "on" can only be a condition."""

_NO_CONDITION = re.compile(
    r"\b(?:on|in|use|instead|carbon_source) (?:sole )?(UNKNOWN|MEDIUM|REACTION) (?!loop|model)"
    r"|\b(?:with|without) (UNKNOWN|MEDIUM) (?!loop|model)"
)
_LIST = r"(?:^|(?<! how_much )(?<! which )(?<! on )(?<! with ))(?:C (?:(?:and|or|comma|versus) )*)+$"
_FED = _CONDITIONAL | {"missing_nutrients", "auxotrophies"}
_IN_LIST = r"^(?: (?:and|or|plus|comma|versus|on|with|then))+ C\b"
_ASKED_LIST = rf"{_IN_LIST}|^ (?!need|essential)"
_QUOTA = re.compile(r"\bP(?: (?:best|optimum|maximise|growth|rate|live|at_least))+")
"""How much growth must be kept: no question for growth."""


_NAMES_A_PRODUCT = frozenset({COMPOUND, UNKNOWN, "envelope", "yield"})


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a question.

    Attributes:
        phrase: All of it.
        intent: What it asks for; empty if it only has conditions.
        conditions: Under which it asks.
        places: Of the tokens that say the conditions.
        leads: Whether its conditions come first and so hold for what follows in the sentence.
        opens: Whether it begins as a sentence of its own would.
    """

    phrase: Phrase
    intent: str
    conditions: Alternatives
    places: frozenset[int] = field(default=frozenset())
    leads: bool = False
    opens: bool = True

    @property
    def is_plain(self) -> bool:
        return self.conditions == PLAIN

    @property
    def rest(self) -> Phrase:
        """What says no condition."""
        return self.phrase.without(self.places)

    @property
    def unsupported(self) -> list[str]:
        """What it asks for and no tool does."""
        found = list(self.phrase.values(UNSUPPORTED))
        return [*found, _NAMELESS] if self._names_no_id() else found

    @property
    def unread(self) -> list[str]:
        """Words that may be conditions and are not understood."""
        if self.intent not in _CONDITIONAL:
            return []
        left = [token.said for token in self.rest.tokens if token.sign == COMPOUND]
        return left + list(_unknown(self.phrase, ids=self.intent == "variability"))

    def fed_with_each(self) -> Clause:
        """The same with the compounds that it names as sources of carbon, one after the other."""
        left = [at for at in range(len(self.phrase.tokens)) if at not in self.places]
        named = [at for at in left if self.phrase.tokens[at].sign in COMPOUNDS]
        sources = tuple((Uptake(self.phrase.tokens[at], "sole", None, at, at + 1),) for at in named)
        return replace(self, conditions=sources or PLAIN, places=self.places | set(named))

    def _names_no_id(self) -> bool:
        """Whether it asks for something without a gene or reaction that it names in words only."""
        signs = self.rest.signs
        if signs & {GENE, REACTION}:
            return False
        if self.intent == "growth":
            return bool(signs & {"knockout", "mutant"})
        return (
            self.intent == "essentiality" and UNKNOWN in signs and not signs & {"gene", "reaction", "which"}
        )


def clause_of(phrase: Phrase, *, orders: bool) -> Clause:
    """A part of a sentence, read by itself; as an order to change the model only if these are looked for."""
    words = phrase.trimmed()
    conditions, places = conditions_in(words)
    changes = conditions != PLAIN and "permanent" in words.signs and not words.signs & {GENE, REACTION}
    if orders and (is_order(words) or changes):
        return Clause(words, CHANGE, conditions, places)
    guess = guess_of(words)
    clause = Clause(words, guess.name if guess else "", conditions, places)
    if clause.is_plain and clause.intent in _CONDITIONAL and _only_lists(clause.rest):
        clause = clause.fed_with_each()
    fed = _also_fed(clause)
    if fed:
        conditions, places = conditions_in(words, fed)
        clause = replace(clause, conditions=conditions, places=places)
    asked = [at for at in range(len(words.tokens)) if guess and words.tokens[at].sign in guess.signs]
    first = min((at for at in asked if at not in clause.places), default=0)
    return replace(
        clause,
        leads=bool(clause.places) and min(clause.places) < first,
        opens=len(words.tokens) == len(phrase.tokens) or opens(words),
    )


def _only_lists(phrase: Phrase) -> bool:
    """Whether compounds are named without a word for their role: "growth: glucose versus fructose"."""
    if EXCHANGE in phrase.signs or phrase.has("need|essential C|C essential"):
        return False
    compared = phrase.has("versus|compare") and len(phrase.values(*COMPOUNDS)) > 1
    return compared or re.search(_LIST, phrase.text) is not None


def _also_fed(clause: Clause) -> frozenset[int]:
    """Compounds that can only be sources of carbon: others are closed, or what ends their list is one."""
    if clause.intent not in _FED:
        return frozenset()
    tokens = clause.phrase.tokens
    left = [at for at, token in enumerate(tokens) if at not in clause.places and token.sign in COMPOUNDS]
    uptakes = [uptake for condition in clause.conditions for uptake in condition]
    sole = any(uptake.role == "sole" for uptake in uptakes)
    closed = any(uptake.limit == 0 and feeds(uptake.compound) for uptake in uptakes)
    listed = frozenset(
        at
        for at in left
        if feeds(tokens[at]) and re.match(_IN_LIST if sole else _ASKED_LIST, clause.phrase.after(at))
    )
    if sole or (len(left) > 1 and clause.phrase.has("best")):
        return listed
    return frozenset(at for at in left if feeds(tokens[at])) if closed and not sole else frozenset()


def guess_of(phrase: Phrase) -> Guess | None:
    """What a phrase asks for, apart from its conditions."""
    said = conditions_in(phrase)[1] | _quota(phrase)
    signs = phrase.without(said).signs
    guess = best_guess(signs)
    if guess and guess.name == "production" and not signs & _NAMES_A_PRODUCT:
        # "Which products does it make?" asks for all of them.
        return best_guess((signs - {"produce"}) | {"secrete"})
    return guess or _look_up(phrase)


def _look_up(phrase: Phrase) -> Guess | None:
    """A question for an id alone: "What is g6p?"."""
    tokens = phrase.tokens
    after_word = [t for at, t in enumerate(tokens) if at and tokens[at - 1].sign == "identifier"]
    unknown = [t for t in after_word or tokens if t.sign == UNKNOWN]
    asks = phrase.signs & {"which", "look_up", "identifier"}
    if len(unknown) != 1 or not is_like_an_id(unknown[0]) or not asks or conditions_in(phrase)[1]:
        return None
    return Guess("look_up", 1, asks | {UNKNOWN}, asks)


def _quota(phrase: Phrase) -> frozenset[int]:
    """The places of what says how much growth must be kept."""
    text = phrase.text
    spans = [(text[: match.start()].count(" "), match[0].count(" ")) for match in _QUOTA.finditer(text)]
    return frozenset(at for start, length in spans for at in range(start + 1, start + length + 1))


def _unknown(phrase: Phrase, *, ids: bool) -> Iterator[str]:
    """Words without a meaning, and ids unless these may stand there, where a nutrient or a medium would."""
    for match in _NO_CONDITION.finditer(phrase.text):
        if not (ids and REACTION in match.groups()):
            yield phrase.token_at(match, match.lastindex or 0).said
