"""Arguments of tools without `medium_changes`: media by name, database ids, stored results, deletions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from fluxagents.workers.chat_models.planner.calls.quantities import Arguments, drop_absent, find_growth_rate
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium
from fluxagents.workers.chat_models.planner.words.examples import load_idle_words
from fluxagents.workers.chat_models.planner.words.lexicon import fold
from fluxagents.workers.chat_models.planner.words.phrase import (
    COMPOUND,
    COMPOUNDS,
    DATABASE,
    DATABASE_ID,
    DIGEST,
    ENZYME,
    MEDIUM,
    NUMBER,
    REACTION,
    UNKNOWN,
    Phrase,
    is_like_an_id,
)


def read_lasting_knock_out(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    yield drop_absent(genes=phrase.genes, reactions=phrase.reactions)


def read_media(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    yield drop_absent(media=list(phrase.list_values(MEDIUM)))


def read_best_medium(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    yield drop_absent(
        media=list(phrase.list_values(MEDIUM)),
        criterion="fewest_components" if phrase.has("fewest_components") else None,
        min_growth_per_h=find_growth_rate(phrase),
    )


def read_fitting_media(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    yield drop_absent(media=list(phrase.list_values(MEDIUM)), min_growth_per_h=find_growth_rate(phrase))


def read_translation(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    targets = _list_targets(phrase)
    ids = _list_texts(phrase, {DATABASE_ID, REACTION}) or _list_texts(phrase, COMPOUNDS | {UNKNOWN})
    if targets and ids:
        yield {"ids": list(dict.fromkeys(ids)), "to_namespace": targets[-1]}
    else:
        medium.problems.append("I cannot tell which id to translate to which database.")


def _list_targets(phrase: Phrase) -> list[str]:
    """The databases in which ids are wanted; one before an id says where that is from: "KEGG C00022"."""
    tokens = phrase.tokens
    named = [at for at, token in enumerate(tokens) if token.tag == DATABASE]
    sources = [at for at in named if at + 1 < len(tokens) and tokens[at + 1].tag in {DATABASE_ID, REACTION}]
    return [str(tokens[at].value) for at in named if at not in sources or len(named) == 1]


def read_look_up(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    queries = (
        phrase.list_values(DATABASE_ID)
        or _list_texts(phrase, {COMPOUND, ENZYME})
        or [token.text for token in phrase.tokens if is_like_an_id(token)]
    )
    yield from ({"query": query} for query in queries)


def _list_texts(phrase: Phrase, tags: Collection[str]) -> list[str]:
    return [token.text for token in phrase.tokens if token.tag in tags]


def read_search(phrase: Phrase, medium: KnownMedium) -> Iterator[Arguments]:
    words = [
        token.text
        for token in phrase.tokens
        if token.tag in COMPOUNDS or (token.tag == UNKNOWN and fold(token.text) not in load_idle_words())
    ]
    if words:
        yield {"words": " ".join(words)}
    else:
        medium.problems.append("I cannot tell which words to search for.")


def read_artifact(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    counts = [int(t.value) for t in phrase.tokens if t.tag == NUMBER and t.value >= 1]
    for digest in phrase.list_values(DIGEST):
        yield drop_absent(artifact=digest, limit=next(iter(counts), None))


LOOKUPS: dict[str, Callable[[Phrase, KnownMedium], Iterator[Arguments]]] = {
    "lasting_knock_out": read_lasting_knock_out,
    "media_growth": read_media,
    "best_medium": read_best_medium,
    "fitting_media": read_fitting_media,
    "translation": read_translation,
    "look_up": read_look_up,
    "search": read_search,
    "artifact": read_artifact,
}
"""By intent: one set of arguments for each call that a clause asks for."""
