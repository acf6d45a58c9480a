"""A sentence, cut into parts that each ask for one thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fluxagents.workers.chat_models.planner.clauses.clause import guess_of
from fluxagents.workers.chat_models.planner.conditions.asked_conditions import PLAIN, conditions_in
from fluxagents.workers.chat_models.planner.rules.intents import Guess
from fluxagents.workers.chat_models.planner.rules.orders import OPENING, is_order, opens
from fluxagents.workers.chat_models.planner.words.lexicon import NUMBER, PERCENT
from fluxagents.workers.chat_models.planner.words.phrase import SPLITTING, Phrase
from fluxagents.workers.chat_models.planner.words.word_tokens import COMMA, END, GENE, MODEL, REACTION, Token

_ASKING = frozenset({"essential", "growth", "flux", "need", "lethal"})
_GROWTH_IS_A_TARGET = frozenset({"minimal_medium", "best_medium", "fitting_media", "missing_nutrients"})
_GROWTH_IS_KEPT = frozenset({"variability", "sampling", "pathway", "essentiality"})
_DELETIONS = frozenset({"gene_pairs", "gene_sets", "single_deletions"})
_NEGATING = frozenset({"not", "no", "without", "skip"})


def sentences_of(tokens: Sequence[Token]) -> Iterator[Phrase]:
    """The sentences of a question."""
    sentence: list[Token] = []
    for token in (*tokens, Token(END, "")):
        if token.sign != END:
            sentence.append(token)
        elif sentence:
            yield Phrase(tuple(sentence))
            sentence = []


def parts_of(sentence: Phrase, *, orders: bool) -> list[Phrase]:
    """The parts of a sentence that each ask for one thing, or order one if orders are looked for."""
    parts: list[Phrase] = []
    for piece in _pieces(sentence):
        if not parts:
            parts.append(piece)
        elif _is_excluded(parts[-1], piece):
            continue
        elif _is_apart(parts[-1], piece, orders=orders):
            parts.append(piece)
        else:
            parts[-1] = parts[-1] + piece
        orders = orders and "if" not in piece.signs
    return parts


def _pieces(sentence: Phrase) -> Iterator[Phrase]:
    """What stands between words that may separate clauses; each begins with such words."""
    piece: list[Token] = []
    for token in sentence.tokens:
        if token.sign in SPLITTING and any(before.sign not in SPLITTING for before in piece):
            yield Phrase(tuple(piece))
            piece = []
        piece.append(token)
    yield Phrase(tuple(piece))


def _begins_with(piece: Phrase, signs: frozenset[str]) -> bool:
    words = piece.trimmed().tokens
    return bool(words) and words[0].sign in signs


def _is_excluded(part: Phrase, piece: Phrase) -> bool:
    """Whether a piece says what is not asked for: "growth, but not the essential genes"."""
    one, other = guess_of(part), guess_of(piece)
    if not _begins_with(piece, _NEGATING) or one is None or other is None or _is_more(piece, one, other):
        return False
    return other.has_concept and one.name not in {other.name, "model_comparison"}


def _is_apart(part: Phrase, piece: Phrase, *, orders: bool) -> bool:
    """Whether a piece asks for something of its own, not for more of what stands before it."""
    one, other = guess_of(part), guess_of(piece)
    if orders and (is_order(piece) or is_order(part)):
        return is_order(piece) or other is not None
    if one is None or not one.has_concept or _begins_with(piece, _NEGATING):
        return False
    if other is None:
        # "… on acetate, and which without oxygen?" asks the same again.
        return _begins_with(piece, OPENING) and conditions_in(piece)[0] != PLAIN
    if not other.has_concept or _belongs(part, piece, one, other):
        return False
    return one.name != other.name or opens(piece) or conditions_in(part)[0] != PLAIN


def _is_more(piece: Phrase, one: Guess, other: Guess) -> bool:
    """Whether a piece names more of what is asked before it: what to delete or maximise, how much growth."""
    if {one.name, other.name} <= {"fluxes", "growth"} and "objective" in one.signs | other.signs:
        return not one.signs & other.signs & {REACTION, "objective"}
    if one.name == "minimal_medium" and piece.signs & {"all_exchanges", "least_uptake"}:
        return True
    if opens(piece):
        return False
    if one.name == "lasting_knock_out":
        return other.asked_by & {GENE, REACTION} != frozenset() and not other.signs & _ASKING
    return _is_target(piece, one, other)


def _is_target(piece: Phrase, one: Guess, other: Guess) -> bool:
    """Whether a piece says how much growth must be kept, or how little is lethal."""
    share = any(token.sign == PERCENT for token in piece.tokens)
    if share and one.name in _DELETIONS and other.name == "essentiality":
        return not piece.signs & {GENE, REACTION, "gene", "reaction"}
    rate = any(token.unit == "rate" for token in piece.tokens)
    kept = (share and one.name in _GROWTH_IS_KEPT) or ((share or rate) and one.name in _GROWTH_IS_A_TARGET)
    return kept and other.name == "growth"


def _belongs(part: Phrase, piece: Phrase, one: Guess, other: Guess) -> bool:
    """Whether a piece that could stand alone is a part of what stands before it."""
    both = guess_of(part + piece)
    if both and both.name == "model_comparison" and MODEL in piece.signs and "compare" in part.signs:
        return True
    if (
        _is_more(piece, one, other)
        or piece.signs & {"which_ones", "so_that"}
        or (both and both.name == other.name and "not" in part.signs)
    ):
        return True
    if opens(piece) or both is None:
        return False
    last, first = part.tokens[-1].sign, piece.trimmed().tokens[0].sign
    counted = first == NUMBER and both.name == one.name
    listed = last == first and last in {GENE, REACTION}
    between = "between" in part.signs and not {"and", COMMA} & part.signs
    new = both.name not in {other.name, one.name}
    spans = new and not both.asked_by <= part.signs and not both.asked_by <= piece.signs
    return listed or counted or between or spans
