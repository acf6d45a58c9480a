"""Questions about another organism than that of the model at hand."""

from __future__ import annotations

import re

from fluxagents.workers.chat_models.planner.situation import Situation
from fluxagents.workers.chat_models.planner.words.data import load_table
from fluxagents.workers.chat_models.planner.words.phrase import ORGANISM
from fluxagents.workers.chat_models.planner.words.tagger import tag_question

MARKUP = re.compile(r"<[^<>]*>|\{\{[^{}]*\}\}")
"""Markup tags and templates in a question: `<humans>` is no organism."""


def explain_foreign_organisms(situation: Situation) -> tuple[str, ...]:
    """A sentence for each organism in the question that the model does not describe.

    There is none if the organism of the model is unknown.
    """
    model = _find_model(situation)
    own = _find_organism(model)
    tokens = tag_question(MARKUP.sub(" ", situation.question))
    organisms = dict.fromkeys(token.value for token in tokens if token.tag == ORGANISM)
    return tuple(
        f"The model at hand, {model}, is of {own}: it does not tell about {other}."
        for other in organisms
        if own and other != own
    )


def _find_model(situation: Situation) -> str:
    models = (
        str(finding["found"]["model"]) for finding in situation.findings if finding["found"].get("model")
    )
    return next(models, "")


def _find_organism(model: str) -> str:
    """The organism of a model with a usual name; empty for another name."""
    patterns = load_table("names")["models"].items()
    return next((name for name, pattern in patterns if re.fullmatch(pattern, model)), "")
