"""How clauses begin: with an order to change the medium, or as a separate question."""

from __future__ import annotations

import re

from fluxagents.workers.chat_models.planner.rules.patterns import FACTORS
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, Phrase

VERBS = ("add", "remove", "absent", "increase", "decrease", *FACTORS, "replace", "set")
"""Concepts that order a change at the beginning of a clause."""

OPENINGS = frozenset({"which", "which_ones", "how", "how_fast", "how_much", "how_many", "can", "do", "show"})
"""Tags that begin a separate question."""

_ANALYSES = frozenset(
    {"objective", "sample", "variability", "essential", "envelope", "auxotroph", "validate"}
)
"""A verb before these is no order: "take 100 samples", "limit the FVA to …"."""
_DELETED = frozenset({"knockout", "gene", "mutant", "lethal", "pair"})
_POLITE = frozenset({"can", "then", "permanent", "show", "and", "use"})
_THINGS = r"(?:(?:gene|reaction|together|and|or|comma) )*(?:GENE|REACTION) "
_MODEL = r"(?:(?:on|of|in|at|with) )*model "
_VERB = r"(?:knockout|remove|absent) "
_PERMANENT_DELETION = re.compile(
    r"^(?:(?:can|show|then|use) )*"
    rf"(?:{_VERB}(?:{_THINGS})+(?:together )?{_MODEL}|(?:{_THINGS})+{_MODEL}{_VERB}"
    rf"|model (?:with )?(?:without |lacking |absent )(?:{_THINGS})+)(?:UNKNOWN )*(?:END )?$"
)
_OF_THE_MODEL = "medium|media|default_medium|model|permanent"


def is_order(phrase: Phrase) -> bool:
    """Whether it orders a change of the medium: a verb and then what to change."""
    words = phrase.trim(_POLITE).tokens
    if words and words[0].tag == "produce":
        # "Make the model anaerobic" is an order, "make succinate" is not.
        return any(token.tag in {"aerobic", "anaerobic"} for token in words) and not phrase.tags & COMPOUNDS
    if not words or words[0].tag not in VERBS or phrase.tags & _ANALYSES:
        return False
    # "double glucose" is an order, "double deletions on acetate" is not.
    if words[0].tag == "add" and phrase.tags & {"reaction", "gene", "metabolite"}:
        return False
    objects = words[1:3] if words[0].tag in FACTORS else words[1:]
    if words[0].tag in FACTORS and objects and objects[0].tag in _DELETED:
        return False
    return any(token.tag in COMPOUNDS | {"aerobic", "anaerobic"} for token in objects)


def is_permanent_deletion(question: Phrase) -> bool:
    """Whether it only orders to delete something from the model, or a model without it: another model."""
    return _PERMANENT_DELETION.match(question.tag_text) is not None


def begins_sentence(phrase: Phrase) -> bool:
    """Whether it begins like a separate sentence."""
    words = phrase.trim()
    return bool(words.tokens) and (words.tokens[0].tag in OPENINGS | {"if"} or is_order(words))


def changes_model(order: Phrase) -> bool:
    """Whether an order changes the model or its medium, and is not only a condition of a question."""
    return order.has(_OF_THE_MODEL) and not order.has("whole_medium")
