"""One part of a question: what it asks for, and under which conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from fluxagents.workers.chat_models.planner.conditions.alternatives import (
    PLAIN,
    Alternatives,
    find_conditions,
)
from fluxagents.workers.chat_models.planner.conditions.uptakes import Uptake, is_carbon_source
from fluxagents.workers.chat_models.planner.rules.asked_quantity import prefer_asked_quantity
from fluxagents.workers.chat_models.planner.rules.intents import CHANGE, IntentMatch, find_best_match
from fluxagents.workers.chat_models.planner.rules.orders import begins_sentence, is_order
from fluxagents.workers.chat_models.planner.rules.set_size import find_set_size
from fluxagents.workers.chat_models.planner.words.phrase import (
    COMMA,
    COMPOUND,
    COMPOUNDS,
    DATABASE_ID,
    END,
    ENZYME,
    EXCHANGE,
    GENE,
    MILLIMOLAR,
    NUMBER,
    REACTION,
    UNKNOWN,
    UNSUPPORTED,
    Phrase,
    Token,
    is_like_an_id,
)

TIME_COURSE = "time_course"
"""The intent that takes concentrations."""

SEARCH = "search"
"""The intent to find names; "with phosphate" is a word of them."""

ENZYME_LIMITS = "run_enzyme_constrained_fba"
"""The intent of a pool of enzyme, which is called as its tool."""

_TAKEN = {
    TIME_COURSE: re.compile(rf"{MILLIMOLAR}$"),
    ENZYME_LIMITS: re.compile(r"kcats?$|turnover number|molecular (?:weight|mass)", re.IGNORECASE),
}
"""Words that no other intent can use, by the intent that takes them."""

OFF_TOPIC = "off topic"
"""The entry of `unsupported.toml` for words that concern no tool."""

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
_WRITTEN = frozenset({GENE, REACTION, "file_format", "flux_format"})
"""What "save" speaks of beside the medium of a model."""
_FED = _CONDITIONAL | {"missing_nutrients", "auxotrophies"}
_IN_LIST = r"^(?: (?:and|or|plus|comma|versus|on|with|then))+ C\b"
_ASKED_LIST = rf"{_IN_LIST}|^ (?!need|essential)"
_ASKS_FOR_SUBSTITUTE = (
    r"which (?:\w+ )*use (?:\w+ )*instead C|which (?:\w+ )*(?:use|live|growth) (?:on )?plus C"
)
"""Such as "What else can I feed instead of glucose?"."""
_SUPPORTS = r"C (?:can )*compatible (?:\w+ )*growth"
"""Such as "does succinate support growth"."""
_QUOTA = re.compile(r"\bP(?: (?:best|optimum|maximise|growth|rate|live|at_least))+")
"""The share of growth to keep, which is no question for growth."""

_SMALLER_SETS = frozenset({"essentiality", "gene_pairs", "single_deletions"})
"""Intents of one knock-out and of two."""
_BEFORE_AN_ID = frozenset(
    {
        "which",
        "look_up",
        "identifier",
        "metabolite",
        "nutrient",
        "reaction",
        "do",
        "name",
        END,
        "how",
        "of",
        "by",
    }
)
"""What stands before an id that is looked up; "which reactions could be wrong" asks for none."""
_SETS = frozenset({"lethal", "knockout", "synthetic", "mutant"})
_LARGEST_SET = 3

_BARE = frozenset({COMMA, END, "uptake", "rate", "at", "of", "in", "medium"})
_ADDED = frozenset({"with", "plus", "add", "set", "if", "limit", "use", "then", "and"})
_MAXIMISED = frozenset({"maximise", "objective", "pfba", EXCHANGE, "exchange"})
_SETTING = frozenset({"set", "permanent"})
_POLITE_BEGINNING = frozenset({"can", "then", "show"})
_END_PRODUCTS = frozenset({"co2", "h2o", "h"})
_GREATEST = frozenset({"maximise", "best", "can", "yield", "envelope", "versus"})
"""Tags that ask for the most that could be made, not for what is made at optimal growth."""
_PRODUCT_TAGS = frozenset({COMPOUND, UNKNOWN, "envelope", "yield"})


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a question.

    Attributes:
        phrase: Its tokens.
        intent: What it asks for; empty if it only has conditions.
        conditions: Under which it asks.
        places: The positions of the tokens that state the conditions.
        leads: Whether its conditions come first and so hold for the rest of the sentence.
        begins_sentence: Whether it begins like a separate sentence.
        reason: The sentence before it, if that only gives the reason to ask.
        knock_outs: What a clause before it has knocked out: "Knock out b0720, then tell me the growth".
    """

    phrase: Phrase
    intent: str
    conditions: Alternatives
    places: frozenset[int] = field(default=frozenset())
    leads: bool = False
    begins_sentence: bool = True
    reason: str = ""
    knock_outs: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Its words, after the reason to ask."""
        words = " ".join(token.text for token in self.phrase.tokens)
        return f"{self.reason}; {words}" if self.reason else words

    @property
    def is_plain(self) -> bool:
        return self.conditions == PLAIN

    @property
    def rest(self) -> Phrase:
        """The phrase without its conditions."""
        return self.phrase.drop(self.places)

    @property
    def unsupported_requests(self) -> list[str]:
        """What it asks for and no tool can do."""
        requests = list_unsupported(self.intent, self.phrase)
        return [*requests, _NAMELESS] if self._lacks_id() else requests

    @property
    def unknown_conditions(self) -> list[str]:
        """Words that may be conditions and have no known meaning."""
        uptakes = (uptake for condition in self.conditions for uptake in condition)
        unused = [uptake.compound.text for uptake in uptakes if uptake.lacks_number]
        if self.is_plain and "whole_medium" in self.phrase.tags:
            # "My medium has only glucose and water." must not be passed over.
            return [token.text for token in self.phrase.tokens if token.tag in COMPOUNDS]
        if self.intent not in _CONDITIONAL:
            return unused
        unused += [token.text for token in self.rest.tokens if token.tag == COMPOUND]
        return unused + list(_find_unknown_words(self.phrase, ids=self.intent == "variability"))

    @property
    def ordered_knock_outs(self) -> tuple[str, ...]:
        """The genes and reactions that it orders to knock out."""
        is_order = (
            self.phrase.tokens[:1]
            and self.phrase.tokens[0].tag in {"knockout", "remove", "show"}
            and "knockout" in self.phrase.tags
        )
        asks = self.phrase.tags & {"which", "how", "how_much", "essential", "permanent", "file_format"}
        return (*self.phrase.genes, *self.phrase.reactions) if is_order and not asks else ()

    def feed_each(self) -> Clause:
        """The clause with the compounds that it names as alternative sources of carbon."""
        unused = [at for at in range(len(self.phrase.tokens)) if at not in self.places]
        named = [at for at in unused if self.phrase.tokens[at].tag in COMPOUNDS]
        sources = tuple((Uptake(self.phrase.tokens[at], "sole", None, at, at + 1),) for at in named)
        return replace(self, conditions=sources or PLAIN, places=self.places | set(named))

    def _lacks_id(self) -> bool:
        """Whether it names a gene or reaction in words only, without an id."""
        tags = self.rest.tags
        if tags & {GENE, REACTION}:
            return False
        if self.intent == "growth":
            return bool(tags & {"knockout", "mutant"})
        return self.intent == "essentiality" and UNKNOWN in tags and not tags & {"gene", "reaction", "which"}


def list_unsupported(intent: str, phrase: Phrase) -> list[str]:
    """What a phrase asks for and no tool can do; a word that the tool of the intent takes is none."""
    return list(Phrase(tuple(t for t in phrase.tokens if not is_taken(intent, t))).list_values(UNSUPPORTED))


def is_taken(intent: str, token: Token) -> bool:
    """Whether a word that is no tool's otherwise is one of the tool of this intent."""
    return intent in _TAKEN and _TAKEN[intent].match(token.text) is not None


def read_clause(phrase: Phrase, *, orders: bool) -> Clause:
    """The clause of a part of a sentence, read by itself; it can be an order only if `orders` is set."""
    words = phrase.trim()
    conditions, places = find_conditions(words)
    is_permanent = conditions != PLAIN and "permanent" in words.tags and not words.tags & _WRITTEN
    if orders and (is_order(words) or is_permanent):
        return Clause(words, CHANGE, conditions, places)
    match = match_intent(words)
    if match and match.name == TIME_COURSE:
        conditions, places = _keep_supplied(conditions, places)
    elif match and match.name == SEARCH:
        conditions, places = PLAIN, frozenset()
    intent = match.name if match else "growth" if _asks_whether_it_feeds(words, conditions, places) else ""
    clause = Clause(words, intent, conditions, places)
    if clause.is_plain and clause.intent in _CONDITIONAL and _only_lists(clause.rest):
        clause = clause.feed_each()
    if clause.is_plain and clause.intent == "growth" and words.has(_SUPPORTS):
        clause = clause.feed_each()
    fed = _find_further_sources(clause)
    if fed:
        conditions, places = find_conditions(words, fed)
        clause = replace(clause, conditions=conditions, places=places)
    clause = _give_stated_uptake(_feed_bare_source(clause))
    asking = [at for at, token in enumerate(words.tokens) if match and token.tag in match.tags]
    first = min((at for at in asking if at not in clause.places), default=0)
    return replace(
        clause,
        leads=bool(clause.places) and min(clause.places) < first,
        begins_sentence=len(words.tokens) == len(phrase.tokens) or begins_sentence(words),
    )


def _keep_supplied(conditions: Alternatives, places: frozenset[int]) -> tuple[Alternatives, frozenset[int]]:
    """The conditions of a culture over time, whose sources of carbon are substances in limited amounts."""
    freed = {
        at
        for condition in conditions
        for uptake in condition
        if is_carbon_source(uptake.compound)
        for at in range(uptake.start, uptake.end)
    }
    kept = (tuple(u for u in condition if not is_carbon_source(u.compound)) for condition in conditions)
    return tuple(dict.fromkeys(kept)), places - freed


def _asks_whether_it_feeds(phrase: Phrase, conditions: Alternatives, places: frozenset[int]) -> bool:
    """Whether it asks if something can be a source, and of nothing else: whether it grows on that."""
    if phrase.drop(places).tags & COMPOUNDS:
        return False
    roles = {uptake.role for condition in conditions for uptake in condition}
    return bool(roles & {"sole", "nitrogen"}) and phrase.tags & {"can", "do"} != frozenset()


def _feed_bare_source(clause: Clause) -> Clause:
    """The clause with its compound as the only source of carbon, if it says no more: "acetate, uptake 20"."""
    (condition, *others), words = clause.conditions, clause.rest.tags - _BARE
    if others or len(condition) != 1 or words or clause.phrase.tags & _ADDED or clause.intent == CHANGE:
        return clause
    (uptake,) = condition
    if uptake.role != "limit" or not uptake.limit or not is_carbon_source(uptake.compound):
        return clause
    return replace(clause, conditions=((replace(uptake, role="sole"),),))


def _give_stated_uptake(clause: Clause) -> Clause:
    """The clause with a number that stands apart as the uptake of its sources: "on acetate, uptake 20"."""
    tokens = clause.phrase.tokens
    stated = [
        at
        for at, token in enumerate(tokens)
        if token.tag == NUMBER
        and at not in clause.places
        and (token.unit == "flux" or (at and tokens[at - 1].tag in {"uptake", "at", "of"} and not token.unit))
    ]
    sources = [uptake for condition in clause.conditions for uptake in condition if uptake.role == "sole"]
    if (
        clause.intent not in _CONDITIONAL | {"", "exchanges"}
        or len(stated) != 1
        or any(uptake.limit is not None for uptake in sources)
    ):
        return clause
    limit = float(tokens[stated[0]].value)
    conditions = tuple(
        tuple(replace(uptake, limit=limit) if uptake.role == "sole" else uptake for uptake in condition)
        for condition in clause.conditions
    )
    return replace(clause, conditions=conditions, places=clause.places | set(stated)) if sources else clause


def _only_lists(phrase: Phrase) -> bool:
    """Whether it names compounds without a word for their role: "growth: glucose versus fructose"."""
    if EXCHANGE in phrase.tags or phrase.has("need|essential C|C essential"):
        return False
    is_comparison = phrase.has("versus|compare") and len(phrase.list_values(*COMPOUNDS)) > 1
    return is_comparison or re.search(_LIST, phrase.tag_text) is not None


def _find_further_sources(clause: Clause) -> frozenset[int]:
    """Positions of compounds that can only be sources of carbon: others are closed, or end the same list."""
    if clause.intent not in _FED:
        return frozenset()
    tokens = clause.phrase.tokens
    unused = [at for at, token in enumerate(tokens) if at not in clause.places and token.tag in COMPOUNDS]
    sources = frozenset(at for at in unused if is_carbon_source(tokens[at]))
    uptakes = [uptake for condition in clause.conditions for uptake in condition]
    has_sole = any(uptake.role == "sole" for uptake in uptakes)
    if has_sole or (len(unused) > 1 and clause.phrase.has("best")):
        pattern = _IN_LIST if has_sole else _ASKED_LIST
        return frozenset(at for at in sources if re.match(pattern, clause.phrase.tags_after(at)))
    is_list = _only_lists(clause.rest) or (clause.intent == "growth" and clause.phrase.has(_SUPPORTS))
    if not (clause.is_plain or has_sole) and len(sources) > 1 and is_list:
        # "A, B and C without oxygen" feeds each as "A, B and C" does.
        return sources
    is_closed = any(uptake.limit == 0 and is_carbon_source(uptake.compound) for uptake in uptakes)
    return sources if is_closed else frozenset()


def match_intent(phrase: Phrase) -> IntentMatch | None:
    """The intent of a phrase, apart from its conditions."""
    ignored = find_conditions(phrase)[1] | _find_quota(phrase)
    tags = phrase.drop(ignored).tags
    match = find_best_match(tags)
    if match and match.name == "translation" and ENZYME in tags and DATABASE_ID not in tags:
        match = replace(match, name="look_up")  # Ids are translated, names are looked up.
    if (match is None or match.name == "growth") and phrase.has(_ASKS_FOR_SUBSTITUTE):
        return IntentMatch("nutrient_screen", 1, tags, tags)
    if (
        match
        and match.name == "production"
        and (
            not tags & _PRODUCT_TAGS
            or (COMPOUND not in tags and "secrete" in tags)
            or _asks_what_leaves(phrase, tags)
        )
    ):
        # "Which products does it make?" asks for all of them.
        return find_best_match((tags - {"produce"}) | {"secrete"})
    if match and match.name == "fluxes" and REACTION in tags and not tags & _MAXIMISED:
        # All fluxes are too many to show that of one reaction; whether it is the only one is its range.
        return replace(match, name="variability" if tags & {"sole", "fixed"} else "pathway")
    if match and match.name in _SMALLER_SETS and _asks_for_larger_sets(phrase):
        return replace(match, name="synthetic_lethals")
    if match and _orders_bounds(phrase, match.name):
        return replace(match, name="set_bounds")
    return prefer_asked_quantity(phrase.drop(ignored), match or _match_id_lookup(phrase))


def _asks_for_larger_sets(phrase: Phrase) -> bool:
    """Whether it asks for sets of three knock-outs, or of some order, that it does not name."""
    is_named = bool(phrase.tags & {GENE, REACTION})
    size, tags = find_set_size(phrase), phrase.tags
    is_larger = size == _LARGEST_SET or (size is not None and "order" in tags)
    return is_larger and bool(tags & _SETS) and not is_named


def _orders_bounds(phrase: Phrase, intent: str) -> bool:
    """Whether it orders other bounds of a reaction, with numbers: "Fix the bounds of PFK at 0 to 2"."""
    if intent == "lasting_knock_out":
        return _states_flux(phrase)
    begins = phrase.trim(_POLITE_BEGINNING).tokens[:1]
    is_number = any(token.tag == NUMBER for token in phrase.tokens)
    return intent == "variability" and bool(begins) and begins[0].tag in _SETTING and is_number


def _asks_what_leaves(phrase: Phrase, tags: frozenset[str]) -> bool:
    """Whether it asks how much of an end product of respiration is formed: CO2 is no product."""
    named = {token.value for token in phrase.tokens if token.tag == COMPOUND}
    return bool(named) and named <= _END_PRODUCTS and not tags & _GREATEST


def _states_flux(phrase: Phrase) -> bool:
    """Whether a limit of a flux is stated, which is no knock-out."""
    return any(token.tag == NUMBER and token.unit == "flux" for token in phrase.tokens)


def _match_id_lookup(phrase: Phrase) -> IntentMatch | None:
    """The match of a question for an id alone: "What is g6p?"."""
    tokens = phrase.tokens
    before = {at: tokens[at - 1].tag if at else END for at in range(len(tokens))}
    after_word = [t for at, t in enumerate(tokens) if before[at] == "identifier"]
    unknown = [t for t in after_word or tokens if t.tag == UNKNOWN]
    if not any(before[at] in _BEFORE_AN_ID for at, token in enumerate(tokens) if token.tag == UNKNOWN):
        return None
    asks = phrase.tags & {"which", "look_up", "identifier"} if "need" not in phrase.tags else frozenset()
    if len(unknown) != 1 or not is_like_an_id(unknown[0]) or not asks or find_conditions(phrase)[1]:
        return None
    return IntentMatch("look_up", 1, asks | {UNKNOWN}, asks)


def _find_quota(phrase: Phrase) -> frozenset[int]:
    """The positions of the tokens that state the share of growth to keep."""
    text = phrase.tag_text
    spans = [(text[: match.start()].count(" "), match[0].count(" ")) for match in _QUOTA.finditer(text)]
    return frozenset(at for start, length in spans for at in range(start + 1, start + length + 1))


def _find_unknown_words(phrase: Phrase, *, ids: bool) -> Iterator[str]:
    """Unknown words, and ids unless `ids` is set, at the position of a nutrient or a medium."""
    for match in _NO_CONDITION.finditer(phrase.tag_text):
        if not (ids and REACTION in match.groups()):
            yield phrase.find_token(match, match.lastindex or 0).text
