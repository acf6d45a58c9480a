"""The clauses of a question, each with the intent and conditions that it shares with others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from fluxagents.workers.chat_models.planner.clauses.clause import Clause, read_clause
from fluxagents.workers.chat_models.planner.clauses.clause_splitter import split_clauses, split_sentences
from fluxagents.workers.chat_models.planner.conditions.alternatives import PLAIN
from fluxagents.workers.chat_models.planner.rules.intents import CHANGE
from fluxagents.workers.chat_models.planner.rules.orders import OPENINGS, changes_model, is_permanent_deletion
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, GENE, REACTION, Phrase, Token
from fluxagents.workers.chat_models.planner.words.tagger import tag_question

_ASKS_WHAT_CHANGES = re.compile(r"\b(?:which|how) (?:can |then )*(?:set|differ)(?: growth| END)* $")
"""A change of which the effect is asked is a condition, no order: "… : what changes?"."""
_NO_GROWTH = frozenset({"not", "no", "lethal"})
SCREEN = "nutrient_screen"
"""The intent that feeds sources one after the other."""

_SOURCES = "_source"
"""How the concepts of sources end; "nitrogen sources without oxygen" asks which of them do."""

_NO_QUESTION = frozenset({"", CHANGE})


@lru_cache  # each step of a run reads its question again
def read_clauses(question: str) -> tuple[Clause, ...]:
    """The clauses of a question in their order."""
    tokens = tag_question(question)
    if is_permanent_deletion(Phrase(tokens)):
        tokens = (Token("permanent", ""), *tokens)
    clauses = _read_sentences(tokens, orders=True)
    has_question = any(clause.intent not in _NO_QUESTION for clause in clauses)
    changes = any(clause.intent == CHANGE and changes_model(clause.phrase) for clause in clauses)
    if (has_question and not changes) or _ASKS_WHAT_CHANGES.search(Phrase(tokens).tag_text):
        # "Limit oxygen to 10. How fast does it grow?" states a condition and asks for no other model.
        clauses = _read_sentences(tokens, orders=False)
    return tuple(_complete_from_context(clauses))


def _read_sentences(tokens: Sequence[Token], *, orders: bool) -> list[Clause]:
    clauses: list[Clause] = []
    for sentence in split_sentences(tokens):
        parts = split_clauses(sentence, orders=orders)
        clauses += _share_conditions([read_clause(part, orders=orders) for part in parts])
    return clauses


def _share_conditions(parts: list[Clause]) -> list[Clause]:
    """The parts of a sentence, each with the conditions that hold for it."""
    first = parts[0]
    source: Clause | None = None
    if first.leads or (not first.intent and not first.is_plain):
        source = first
    elif not any(part.begins_sentence for part in parts[1:]):
        # In "growth and essential genes on acetate" the condition holds for the whole list.
        source = next((part for part in parts if not part.is_plain), None)
    if source is None:
        return parts
    return [replace(part, conditions=source.conditions) if part.is_plain else part for part in parts]


def _complete_from_context(clauses: list[Clause]) -> list[Clause]:
    """The clauses; one with conditions only ("And without oxygen?") gets the intent of the one before."""
    intent, conditions, reason = "", PLAIN, ""
    completed: list[Clause] = []
    for at, clause in enumerate(clauses):
        if at + 1 < len(clauses) and _is_statement(clause, clauses[at + 1]):
            conditions, reason = clause.conditions, clause.text
            continue
        if at + 1 < len(clauses) and _lists_choices(clause, clauses[at + 1]):
            conditions, reason = clause.feed_each().conditions, clause.text
            continue
        follows = at > 0 and (not clauses[at - 1].intent or _is_statement(clauses[at - 1], clause))
        if not clause.intent and not clause.unsupported_requests:
            has_question = any(later.intent not in _NO_QUESTION for later in clauses[at + 1 :])
            clause = _repeat_intent(clause, intent, has_question=has_question)  # noqa: PLW2901
        if clause.is_plain and (clause.phrase.has("there") or follows):
            clause = replace(clause, conditions=conditions)  # noqa: PLW2901
        elif clause.phrase.has("there"):
            # "How fast does it grow there without oxygen?" adds to the conditions before.
            both = tuple((*before, *own) for before in conditions for own in clause.conditions)
            clause = replace(clause, conditions=both)  # noqa: PLW2901
        held = _find_held_knock_outs(completed, clause)
        if held and clause.is_plain and clause.intent == "growth":
            # What the knock-outs do to growth is what the clause before asks.
            completed[-1] = replace(completed[-1], reason=clause.text)
            continue
        clause = replace(clause, reason=reason, knock_outs=held)  # noqa: PLW2901
        reason = ""
        completed.append(_repeat_subject(clause, completed[-1]) if completed else clause)
        intent = intent if completed[-1].intent in _NO_QUESTION else completed[-1].intent
        conditions = completed[-1].conditions
    return completed


def _find_held_knock_outs(before: Sequence[Clause], clause: Clause) -> tuple[str, ...]:
    """What the clauses before it order to knock out, unless it names genes or reactions of its own."""
    if clause.phrase.tags & {GENE, REACTION}:
        return ()
    return tuple(name for earlier in before for name in earlier.ordered_knock_outs)


def _repeat_subject(clause: Clause, before: Clause) -> Clause:
    """The clause with the genes and reactions that "it" refers to: "and is it on glucose?"."""
    own = clause.phrase.tags & {GENE, REACTION, "gene", "reaction", "which", "which_ones", "pair"}
    if clause.intent != before.intent or clause.intent not in {"essentiality", "variability"} or own:
        return clause
    named = tuple(token for token in before.phrase.tokens if token.tag in {GENE, REACTION})
    return replace(clause, phrase=clause.phrase + Phrase(named))


def _is_statement(clause: Clause, after: Clause) -> bool:
    """Whether a clause only gives the reason for the next one: "It does not grow. What is missing?"."""
    return (
        clause.intent in {"growth", "essentiality"}
        and bool(clause.phrase.tags & _NO_GROWTH)
        and not _asks(clause.phrase)
        and after.intent == "missing_nutrients"
        and (after.is_plain or after.conditions == clause.conditions)
    )


def _lists_choices(clause: Clause, after: Clause) -> bool:
    """Whether a clause only lists what the next one chooses from: "A, B or C. Which of them does it eat?"."""
    is_list = len(clause.phrase.list_values(*COMPOUNDS)) > 1 and not clause.intent and clause.is_plain
    return is_list and after.phrase.has("which_ones") and after.intent == "growth" and after.is_plain


def _asks(phrase: Phrase) -> bool:
    """Whether a phrase begins like a question; "it does not grow" does so only without its subject."""
    first, second = [*(token.tag for token in phrase.tokens), "", ""][:2]
    return first in OPENINGS and (first, second) != ("do", "not")


def _repeat_intent(clause: Clause, intent: str, *, has_question: bool) -> Clause:
    """A clause that asks for nothing itself, with the intent of the one before it.

    Without an intent before it, it asks for growth, unless a question follows.
    """
    if has_question and not intent:
        return clause
    if not clause.is_plain:
        names_sources = any(tag.endswith(_SOURCES) for tag in clause.rest.tags)
        asked = SCREEN if names_sources and not clause.rest.tags & COMPOUNDS else "growth"
        return replace(clause, intent=intent or asked)
    if intent and any(token.tag in COMPOUNDS for token in clause.phrase.tokens):
        # "What about succinate?" names a product after a product, otherwise a nutrient.
        clause = clause if intent == "production" else clause.feed_each()
        return replace(clause, intent=intent)
    return clause
