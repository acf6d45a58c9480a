"""Splits a sentence into parts that each ask for one thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fluxagents.workers.chat_models.planner.clauses.clause import (
    ENZYME_LIMITS,
    TIME_COURSE,
    list_unsupported,
    match_intent,
)
from fluxagents.workers.chat_models.planner.conditions.alternatives import PLAIN, find_conditions
from fluxagents.workers.chat_models.planner.rules.intents import IntentMatch
from fluxagents.workers.chat_models.planner.rules.orders import OPENINGS, begins_sentence, is_order
from fluxagents.workers.chat_models.planner.words.phrase import (
    COMMA,
    END,
    GENE,
    MODEL,
    NUMBER,
    PERCENT,
    REACTION,
    SEPARATORS,
    UNSUPPORTED,
    Phrase,
    Token,
)

_ASKING = frozenset({"essential", "growth", "flux", "need", "lethal"})
_GROWTH_IS_A_TARGET = frozenset({"minimal_medium", "best_medium", "fitting_media", "missing_nutrients"})
_GROWTH_IS_KEPT = frozenset({"variability", "sampling", "pathway", "essentiality"})
_DELETIONS = frozenset({"gene_pairs", "gene_sets", "single_deletions", "synthetic_lethals"})
_WHAT_LEAVES = frozenset({"production", "exchanges"})
_OF_A_BALANCE = frozenset({"growth", "exchanges", "fluxes"})
_NEGATIONS = frozenset({"not", "no", "without", "skip"})


def split_sentences(tokens: Sequence[Token]) -> Iterator[Phrase]:
    """The sentences of a question; "Use 20 mmol/gDW/h." belongs to the one before."""
    sentences: list[Phrase] = []
    sentence: list[Token] = []
    for token in (*tokens, Token(END, "")):
        if token.tag != END:
            sentence.append(token)
        elif sentence:
            sentences.append(Phrase(tuple(sentence)))
            sentence = []
    for at, phrase in enumerate(sentences):
        if at and _only_states_uptake(phrase):
            continue
        more = sentences[at + 1] if at + 1 < len(sentences) else None
        yield phrase + more if more and _only_states_uptake(more) else phrase


_STATES_UPTAKE = frozenset({NUMBER, "use", "if", "at", "of", "uptake", "rate", "with", "each", "set", "to"})


def _only_states_uptake(sentence: Phrase) -> bool:
    """Whether a sentence has a number for an uptake and nothing else."""
    numbers = [token for token in sentence.tokens if token.tag == NUMBER]
    is_uptake = "uptake" in sentence.tags or any(token.unit == "flux" for token in numbers)
    return len(numbers) == 1 and is_uptake and sentence.tags <= _STATES_UPTAKE


def split_clauses(sentence: Phrase, *, orders: bool) -> list[Phrase]:
    """The parts of a sentence that each ask for one thing; a part can be an order only if `orders` is set."""
    parts: list[Phrase] = []
    for segment in _split_at_separators(sentence):
        if not parts:
            parts.append(segment)
        elif _is_excluded(parts[-1], segment):
            continue
        elif _is_separate(parts[-1], segment, orders=orders):
            parts.append(segment)
        else:
            parts[-1] = parts[-1] + segment
        orders = orders and "if" not in segment.tags
    return parts


def _split_at_separators(sentence: Phrase) -> Iterator[Phrase]:
    """The segments between separators; each begins with its separators."""
    segment: list[Token] = []
    for token in sentence.tokens:
        if token.tag in SEPARATORS and any(before.tag not in SEPARATORS for before in segment):
            yield Phrase(tuple(segment))
            segment = []
        segment.append(token)
    yield Phrase(tuple(segment))


def _begins_with(segment: Phrase, tags: frozenset[str]) -> bool:
    words = segment.trim().tokens
    return bool(words) and words[0].tag in tags


def _begins_with_and(segment: Phrase) -> bool:
    words = segment.trim().tokens
    return any(
        token.tag in {"and", "then", "plus"} for token in segment.tokens[: len(segment.tokens) - len(words)]
    )


def _is_excluded(part: Phrase, segment: Phrase) -> bool:
    """Whether a segment names what is not asked for: "growth, but not the essential genes"."""
    first, second = match_intent(part), match_intent(segment)
    if not _begins_with(segment, _NEGATIONS) or first is None or second is None:
        return False
    if _is_detail(segment, first, second):
        return False
    return second.has_concept and first.name not in {second.name, "model_comparison"}


def _is_separate(part: Phrase, segment: Phrase, *, orders: bool) -> bool:
    """Whether a segment asks for something separate, not for a detail of the part before it."""
    first, second = match_intent(part), match_intent(segment)
    if orders and (is_order(segment) or is_order(part)):
        return is_order(segment) or second is not None
    is_model_list = part.tokens[-1].tag == MODEL and _begins_with(segment, frozenset({MODEL}))
    is_detail = is_model_list or _begins_with(segment, _NEGATIONS) or _only_states_uptake(segment.trim())
    if first is None or not first.has_concept or is_detail:
        return False
    if second is None and list_unsupported(first.name, segment) and UNSUPPORTED not in part.tags:
        return _begins_with_and(segment)
    if second is None:
        # "… on acetate, and which without oxygen?" asks the same again.
        return _begins_with(segment, OPENINGS) and find_conditions(segment)[0] != PLAIN
    if not second.has_concept or _is_continuation(part, segment, first, second):
        return False
    return first.name != second.name or begins_sentence(segment) or find_conditions(part)[0] != PLAIN


def _asks_in_each(segment: Phrase, first: IntentMatch, second: IntentMatch) -> bool:
    """Whether a segment asks for something of the models that the part before it compares."""
    is_compared = first.name == "model_comparison" and second.name == "essentiality"
    return is_compared and segment.tokens[-1].tag in {"in", "on", "END"} and MODEL not in segment.tags


def _is_detail(segment: Phrase, first: IntentMatch, second: IntentMatch) -> bool:
    """Whether a segment is a detail of the part before it: what to delete or maximise, how much growth."""
    if {first.name, second.name} <= {"fluxes", "growth"} and "objective" in first.tags | second.tags:
        return not first.tags & second.tags & {REACTION, "objective"}
    if first.name == "minimal_medium" and (
        segment.tags & {"all_exchanges", "least_uptake"} or _refers_back(segment, second)
    ):
        return True
    if _is_in_result(segment, first, second):
        return True
    if begins_sentence(segment):
        return False
    if first.name == "lasting_knock_out":
        return second.asked_by & {GENE, REACTION} != frozenset() and not second.tags & _ASKING
    return _is_target(segment, first, second)


def _is_in_result(segment: Phrase, first: IntentMatch, second: IntentMatch) -> bool:
    """Whether the result of a part has what a segment asks for, such as what leaves a chemostat."""
    if first.name == TIME_COURSE:
        return second.name in _WHAT_LEAVES and "maximise" not in segment.tags
    if first.name == ENZYME_LIMITS:
        return second.name in _OF_A_BALANCE
    return (first.name, second.name) in {("model_export", "round_trip"), ("fluxes", "flux_map")}


def _refers_back(segment: Phrase, match: IntentMatch) -> bool:
    """Whether a segment asks for growth in the medium that the part before it finds."""
    return match.name == "growth" and segment.tokens[-1].tag in {"in", "on", "there"}


def _is_target(segment: Phrase, first: IntentMatch, second: IntentMatch) -> bool:
    """Whether a segment states how much growth to keep, or how little growth is lethal."""
    share = any(token.tag == PERCENT for token in segment.tokens)
    if share and first.name in _DELETIONS and second.name == "essentiality":
        return not segment.tags & {GENE, REACTION, "gene", "reaction"}
    rate = any(token.unit == "rate" for token in segment.tokens)
    if second.name != "growth":
        return False
    return (share and first.name in _GROWTH_IS_KEPT) or (
        (share or rate) and first.name in _GROWTH_IS_A_TARGET
    )


def _is_continuation(part: Phrase, segment: Phrase, first: IntentMatch, second: IntentMatch) -> bool:
    """Whether a segment that could stand alone continues the part before it."""
    both = match_intent(part + segment)
    if both and both.name == "model_comparison" and MODEL in segment.tags and "compare" in part.tags:
        return True
    if (
        _is_detail(segment, first, second)
        or _asks_in_each(segment, first, second)
        or segment.tags & {"which_ones", "so_that"}
        or (both and both.name == second.name and "not" in part.tags)
    ):
        return True
    if begins_sentence(segment) or both is None:
        return False
    end, start = part.tokens[-1].tag, segment.trim().tokens[0].tag
    lacks_object = start == "export" and not segment.tags & {"flux", "model"}
    is_count = start == NUMBER and both.name == first.name
    is_list = end == start and end in {GENE, REACTION, MODEL}
    is_range = "between" in part.tags and not {"and", COMMA} & part.tags
    is_new = both.name not in {second.name, first.name}
    needs_both = is_new and not both.asked_by <= part.tags and not both.asked_by <= segment.tags
    return is_list or is_count or is_range or needs_both or lacks_object
