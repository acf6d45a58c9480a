"""Arguments of communities: the members that a question names."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.calls.quantities import Arguments
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium
from fluxagents.workers.chat_models.planner.words.phrase import MODEL, Phrase

COMMUNITY_INTENTS = ("community", "community_knock_outs", "community_medium")

_TOO_FEW = (
    "A community has several models: name at least two of those that are stored. For abundances call "
    "analyze_community with a 'community_table', or run the flow community_analysis."
)
_LEAST = 2


def read_community(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    """The models that are named, in equal parts."""
    models = phrase.list_values(MODEL)
    if len(models) < _LEAST:
        medium.problems.append(_TOO_FEW)
        return
    yield {"models": list(models)}
