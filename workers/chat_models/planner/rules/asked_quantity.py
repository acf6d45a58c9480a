"""Chooses the intent by the quantity that a question names, where the words of the intents miss it.

The system lets a finding answer only what its tool declares to give (`fluxagents.tasks.chat.quantities`), so
a call of another tool would leave the question open in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from fluxagents.tasks.chat.quantities import load_quantities, read_asked
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.planner.rules.intents import IntentMatch, load_intents
from fluxagents.workers.chat_models.planner.words.examples import FLOW
from fluxagents.workers.chat_models.planner.words.phrase import Phrase

_SCORE = 3
"""That of an intent which the name of a quantity asks for, as of a word that only example questions have."""

_MAX_TEXTS = 512


def prefer_asked_quantity(phrase: Phrase, match: IntentMatch | None) -> IntentMatch | None:
    """The match, or that of the tool whose first quantity is asked for and not given by the matched one."""
    if match is not None and match.name.startswith(FLOW):
        return match
    asked = _read_quantities(" ".join(token.text for token in phrase.tokens))
    intents = _intents_by_quantity()
    if not asked or not asked <= intents.keys():
        return match
    given = TOOLS.entries[load_intents()[match.name].tool].answers if match else ()
    if not asked.isdisjoint(given):
        return match
    name = intents[next(quantity for quantity in load_quantities() if quantity in asked)]
    supporting = phrase.tags & load_intents()[name].along.union(*load_intents()[name].asked_by)
    return IntentMatch(name, _SCORE, supporting, supporting)


@lru_cache(maxsize=_MAX_TEXTS)
def _read_quantities(text: str) -> frozenset[str]:
    return frozenset(name for name in read_asked(text) if not load_quantities()[name].is_context)


@cache
def _intents_by_quantity() -> Mapping[str, str]:
    """The quantity that a tool gives first -> its first intent."""
    intents: dict[str, str] = {}
    for name, intent in load_intents().items():
        answers = TOOLS.entries[intent.tool].answers if intent.tool in TOOLS.entries else ()
        if answers:
            intents.setdefault(answers[0], name)
    return intents
