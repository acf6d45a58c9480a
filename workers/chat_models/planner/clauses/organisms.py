"""Questions about another organism than that of the model at hand."""

from __future__ import annotations

import re

from fluxagents.workers.chat_models.planner.situation import Situation
from fluxagents.workers.chat_models.planner.words.concepts import tokens_of
from fluxagents.workers.chat_models.planner.words.data import table
from fluxagents.workers.chat_models.planner.words.lexicon import ORGANISM

MARKUP = re.compile(r"<[^<>]*>|\{\{[^{}]*\}\}")
"""Tags and templates in a question: `<humans>` is no organism."""


def foreign_organisms(now: Situation) -> tuple[str, ...]:
    """Why a question cannot be answered with this model, a sentence for each organism that it is not of.

    A model whose organism is not known may be of any: nothing is said then.
    """
    model = _model(now)
    own = _organism_of(model)
    asked = MARKUP.sub(" ", now.question)
    named = dict.fromkeys(token.value for token in tokens_of(asked) if token.sign == ORGANISM)
    return tuple(
        f"The model at hand, {model}, is of {own}: it does not tell about {other}."
        for other in named
        if own and other != own
    )


def _model(now: Situation) -> str:
    shown = (str(finding["found"]["model"]) for finding in now.findings if finding["found"].get("model"))
    return next(shown, "")


def _organism_of(model: str) -> str:
    """The organism of a model with one of the usual names; empty if it has none of them."""
    known = table("names")["models"].items()
    return next((name for name, pattern in known if re.fullmatch(pattern, model)), "")
