"""How clauses begin: as an order to change the medium, or as a question of their own."""

from __future__ import annotations

import re

from fluxagents.workers.chat_models.planner.rules.patterns import FACTORS
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, Phrase

VERBS = ("add", "remove", "absent", "increase", "decrease", *FACTORS, "replace", "set")
"""Concepts that order a change when they come first."""

OPENING = frozenset({"which", "which_ones", "how", "how_fast", "how_much", "how_many", "can", "do", "show"})
"""Signs that begin a question of its own."""

_ANALYSES = frozenset(
    {"objective", "sample", "variability", "essential", "envelope", "auxotroph", "validate"}
)
"""A verb before these asks for one of them: "take 100 samples", "limit the FVA to …"."""
_DELETED = frozenset({"knockout", "gene", "mutant", "lethal", "pair"})
_POLITE = frozenset({"can", "then", "permanent", "show", "and", "use"})
_THINGS = r"(?:(?:gene|reaction|together|and|or|comma) )*(?:GENE|REACTION) "
_MODEL = r"(?:(?:on|of|in|at|with) )*model "
_VERB = r"(?:knockout|remove|absent) "
_LASTING = re.compile(
    r"^(?:(?:can|show|then|use) )*"
    rf"(?:{_VERB}(?:{_THINGS})+(?:together )?{_MODEL}|(?:{_THINGS})+{_MODEL}{_VERB})(?:END )?$"
)
_OF_THE_MODEL = "medium|media|default_medium|model|permanent"


def is_order(phrase: Phrase) -> bool:
    """Whether it orders a change of the medium: a verb first, and what to change."""
    words = phrase.trimmed(_POLITE).tokens
    if words and words[0].sign == "produce":
        # "Make the model anaerobic" is one, "make succinate" is none.
        return any(token.sign in {"aerobic", "anaerobic"} for token in words) and not phrase.signs & COMPOUNDS
    if not words or words[0].sign not in VERBS or phrase.signs & _ANALYSES:
        return False
    # "double glucose" is one, "double deletions on acetate" is none.
    told = words[1:3] if words[0].sign in FACTORS else words[1:]
    if words[0].sign in FACTORS and told and told[0].sign in _DELETED:
        return False
    return any(token.sign in COMPOUNDS | {"aerobic", "anaerobic"} for token in told)


def is_lasting(question: Phrase) -> bool:
    """Whether it only orders to delete something from the model: all it can want is another model."""
    return _LASTING.match(question.text) is not None


def opens(phrase: Phrase) -> bool:
    """Whether it begins as a sentence of its own would."""
    words = phrase.trimmed()
    return bool(words.tokens) and (words.tokens[0].sign in OPENING | {"if"} or is_order(words))


def is_of_the_model(order: Phrase) -> bool:
    """Whether an order is for the model or its medium, and not only a condition of what is asked."""
    return order.has(_OF_THE_MODEL) and not order.has("whole_medium")
