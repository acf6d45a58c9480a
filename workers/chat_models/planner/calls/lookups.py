"""Arguments of tools that take no medium: media by name, ids of databases, stored results, changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fluxagents.workers.chat_models.planner.calls.shares import Arguments, given, rate
from fluxagents.workers.chat_models.planner.conditions.medium import Medium
from fluxagents.workers.chat_models.planner.words.lexicon import COMPOUND, DATABASE, NUMBER
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, Phrase
from fluxagents.workers.chat_models.planner.words.word_tokens import (
    DATABASE_ID,
    DIGEST,
    MEDIUM,
    REACTION,
    UNKNOWN,
    is_like_an_id,
)


def lasting_knock_out(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    yield given(genes=phrase.genes, reactions=phrase.reactions)


def media(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    yield given(media=list(phrase.values(MEDIUM)))


def best_medium(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    yield {
        **given(media=list(phrase.values(MEDIUM))),
        **({"criterion": "fewest_components"} if phrase.has("fewest_components") else {}),
        **given(min_growth_per_h=rate(phrase)),
    }


def fitting_media(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    yield {
        **given(media=list(phrase.values(MEDIUM))),
        **given(min_growth_per_h=rate(phrase)),
    }


def translation(phrase: Phrase, medium: Medium) -> Iterator[Arguments]:
    targets = phrase.values(DATABASE)
    exact = [t.said for t in phrase.tokens if t.sign in {DATABASE_ID, REACTION}]
    ids = exact or [t.said for t in phrase.tokens if t.sign in COMPOUNDS | {UNKNOWN}]
    if targets and ids:
        yield {"ids": list(dict.fromkeys(ids)), "to_namespace": targets[-1]}
    else:
        medium.troubles.append("I cannot tell which id to translate to which database.")


def look_up(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    yield from ({"query": found} for found in phrase.values(DATABASE_ID) or _said(phrase))


def _said(phrase: Phrase) -> list[str]:
    found = [token.said for token in phrase.tokens if token.sign == COMPOUND]
    return found or [token.said for token in phrase.tokens if is_like_an_id(token)]


def search(phrase: Phrase, medium: Medium) -> Iterator[Arguments]:
    words = [t.said for t in phrase.tokens if t.sign in COMPOUNDS | {UNKNOWN}]
    if words:
        yield {"words": " ".join(words)}
    else:
        medium.troubles.append("I cannot tell which words to search for.")


def artifact(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    counts = [int(t.value) for t in phrase.tokens if t.sign == NUMBER and t.value >= 1]
    for digest in phrase.values(DIGEST):
        yield {"artifact": digest, **({"limit": counts[0]} if counts else {})}


LOOKUPS: Mapping[str, Callable[[Phrase, Medium], Iterator[Arguments]]] = {
    "lasting_knock_out": lasting_knock_out,
    "media_growth": media,
    "best_medium": best_medium,
    "fitting_media": fitting_media,
    "translation": translation,
    "look_up": look_up,
    "search": search,
    "artifact": artifact,
}
"""By intent: one set of arguments for each call that a clause asks for."""
