"""A question as clauses: what each asks for, with the conditions and intents that they share filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fluxagents.workers.chat_models.planner.clauses.clause import Clause, clause_of
from fluxagents.workers.chat_models.planner.clauses.clause_splitter import parts_of, sentences_of
from fluxagents.workers.chat_models.planner.conditions.asked_conditions import PLAIN
from fluxagents.workers.chat_models.planner.rules.intents import CHANGE
from fluxagents.workers.chat_models.planner.rules.orders import OPENING, is_lasting, is_of_the_model
from fluxagents.workers.chat_models.planner.words.concepts import tokens_of
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, Phrase
from fluxagents.workers.chat_models.planner.words.word_tokens import GENE, REACTION, Token

_NO_QUESTION = frozenset({"", CHANGE})


def clauses_of(question: str) -> list[Clause]:
    """The clauses of a question in their order."""
    tokens = tokens_of(question)
    if is_lasting(Phrase(tokens)):
        tokens = (Token("permanent", ""), *tokens)
    clauses = _read(tokens, orders=True)
    ordered = [clause for clause in clauses if clause.intent == CHANGE]
    asked = [clause for clause in clauses if clause.intent not in _NO_QUESTION]
    if asked and not any(is_of_the_model(clause.phrase) for clause in ordered):
        # "Limit oxygen to 10. How fast does it grow?" asks for a condition, not for another model.
        clauses = _read(tokens, orders=False)
    return _continued(clauses)


def _read(tokens: Sequence[Token], *, orders: bool) -> list[Clause]:
    found: list[Clause] = []
    for sentence in sentences_of(tokens):
        found += _shared([clause_of(part, orders=orders) for part in parts_of(sentence, orders=orders)])
    return found


def _shared(parts: list[Clause]) -> list[Clause]:
    """The parts of a sentence, each with the conditions that hold for it."""
    first = parts[0]
    holds: Clause | None = None
    if first.leads or (not first.intent and not first.is_plain):
        holds = first
    elif not any(part.opens for part in parts[1:]):
        # "growth and essential genes on acetate": what follows a list of nouns holds for all of it.
        holds = next((part for part in parts if not part.is_plain), None)
    if holds is None:
        return parts
    return [replace(part, conditions=holds.conditions) if part.is_plain else part for part in parts]


def _continued(clauses: list[Clause]) -> list[Clause]:
    """A clause with conditions alone ("And without oxygen?") asks again what was asked before."""
    asked, before = "", PLAIN
    done: list[Clause] = []
    for at, clause in enumerate(clauses):
        if at + 1 < len(clauses) and _is_stated(clause, clauses[at + 1]):
            before = clause.conditions
            continue
        later = any(other.intent not in _NO_QUESTION for other in clauses[at + 1 :])
        found = clause if clause.intent or clause.unsupported else _asked_again(clause, asked, later=later)
        follows = at > 0 and (not clauses[at - 1].intent or _is_stated(clauses[at - 1], clause))
        if found.is_plain and (found.phrase.has("there") or follows):
            found = replace(found, conditions=before)
        if done:
            found = _about_the_same(found, done[-1])
        done.append(found)
        asked = asked if found.intent in _NO_QUESTION else found.intent
        before = found.conditions
    return done


def _about_the_same(clause: Clause, before: Clause) -> Clause:
    """A clause that says "it" where the one before names a gene or a reaction: "and is it on glucose?"."""
    own = clause.phrase.signs & {GENE, REACTION, "gene", "reaction", "which", "which_ones", "pair"}
    if clause.intent != before.intent or clause.intent not in {"essentiality", "variability"} or own:
        return clause
    named = tuple(token for token in before.phrase.tokens if token.sign in {GENE, REACTION})
    return replace(clause, phrase=clause.phrase + Phrase(named))


def _is_stated(clause: Clause, after: Clause) -> bool:
    """Whether a clause only says why the next one asks: "It does not grow. What is missing?"."""
    return (
        clause.intent == "growth"
        and "not" in clause.phrase.signs
        and clause.phrase.tokens[0].sign not in OPENING
        and after.intent == "missing_nutrients"
        and after.is_plain
    )


def _asked_again(clause: Clause, asked: str, *, later: bool) -> Clause:
    """A clause that asks for nothing itself, with the intent of the one before; growth if there is none."""
    if later and not asked:
        return clause
    named = any(token.sign in COMPOUNDS for token in clause.phrase.tokens)
    if clause.is_plain and asked and named:
        # "What about succinate?" names a product after a product, and else what is fed.
        clause = clause if asked == "production" else clause.fed_with_each()
        return replace(clause, intent=asked)
    return clause if clause.is_plain else replace(clause, intent=asked or "growth")
