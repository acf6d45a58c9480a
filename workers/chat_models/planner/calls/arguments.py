"""Arguments of analyses beside the medium: ids, thresholds, fractions and products that a clause has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fluxagents.workers.chat_models.planner.calls.shares import (
    Arguments,
    counts,
    fraction,
    given,
    rate,
    threshold,
)
from fluxagents.workers.chat_models.planner.conditions.medium import Medium
from fluxagents.workers.chat_models.planner.conditions.uptakes import is_objective
from fluxagents.workers.chat_models.planner.words.lexicon import PATHWAY
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, Phrase
from fluxagents.workers.chat_models.planner.words.word_tokens import MODEL, REACTION

_NEAR = r"(?:(?:at|at_least|threshold|by|with|on|in|be|use|than|sole|to|maximise|minimal|comma|as) )*"
_NO_LOOPS = r"loopless|(?:without|no|not|absent) (?:UNKNOWN )*loop|loop absent"
_NOT_ESSENTIALITY = r"(?:without|no|not|skip)(?: show| gene| compare| on)* essential"
_SAMPLING: Mapping[str, str] = {
    "seed": rf"seed {_NEAR}(N)\b",
    "chains": rf"(N) chains|chains {_NEAR}(N)\b",
    "thinning": rf"thinning {_NEAR}(N)\b|(N) thinning",
}


def essentiality(phrase: Phrase, medium: Medium) -> Iterator[Arguments]:
    genes, reactions = phrase.genes, phrase.reactions
    if (
        len(genes) + len(reactions) > 1
        and phrase.has("knockout|without")
        and not phrase.has("essential|single_each")
    ):
        medium.troubles.append("No tool here can knock out several genes or reactions at once.")
        return
    yield {**given(genes=genes, reactions=reactions), **threshold(phrase)}


def gene_sets(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    if phrase.has("single_each"):
        yield {"genes": phrase.genes, **threshold(phrase), **_method(phrase)}
    else:
        yield {"kind": "sets", "sets": [phrase.genes], **threshold(phrase), **_method(phrase)}


_PAIR = 2


def gene_pairs(phrase: Phrase, medium: Medium) -> Iterator[Arguments]:
    if len(phrase.genes) == _PAIR:
        yield from gene_sets(phrase, medium)
        return
    yield {"kind": "double", **given(genes=phrase.genes), **threshold(phrase), **_method(phrase)}


def single_deletions(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    yield {**given(genes=phrase.genes), **threshold(phrase), **_method(phrase)}


def _method(phrase: Phrase) -> Arguments:
    return {"method": "moma"} if phrase.has("moma") else {}


def variability(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    yield {
        **fraction("fraction_of_optimum", phrase),
        **given(reactions=phrase.reactions),
        **({"loopless": True} if phrase.has(_NO_LOOPS) else {}),
    }


def balance(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    method = next((name for name in ("loopless", "geometric") if phrase.has(name)), None)
    named = [
        token.value
        for at, token in enumerate(phrase.tokens)
        if token.sign == REACTION or is_objective(phrase, at)
    ]
    objective = named[0] if named and phrase.has("maximise|objective") else None
    yield {
        **given(objective=objective, method=method),
    }


def minimal_medium(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    lowest = rate(phrase)
    share = {} if lowest is not None else fraction("min_growth_fraction_of_wild_type", phrase)
    yield {
        **given(min_growth_per_h=lowest),
        **share,
        **({"criterion": "least_uptake"} if phrase.has("least_uptake") else {}),
        **({"open_exchanges": True} if phrase.has("all_exchanges") else {}),
    }


def missing_nutrients(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    yield given(min_growth_per_h=rate(phrase))


def sampling(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    numbers = {name: list(phrase.numbers(pattern)) for name, pattern in _SAMPLING.items()}
    found = {name: int(stated[0]) for name, stated in numbers.items() if stated}
    free = [count for count in counts(phrase) if count not in found.values()]
    yield {
        **({"samples": free[0]} if free else {}),
        **found,
        **fraction("fraction_of_optimum", phrase),
        **given(reactions=phrase.reactions),
    }


def pathway(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    ranges = phrase.has("variability")
    named: list[Arguments] = [{"pathway": name} for name in phrase.values(PATHWAY)] or [
        {"reactions": phrase.reactions}
    ]
    for which in named:
        yield {**which, **({"ranges": True, **fraction("fraction_of_optimum", phrase)} if ranges else {})}


def model_comparison(phrase: Phrase, medium: Medium) -> Iterator[Arguments]:
    models = list(phrase.values(MODEL))
    if models:
        skips = {"essentiality": False} if phrase.has(_NOT_ESSENTIALITY) else {}
        yield {"models": models, **skips, **threshold(phrase)}
    else:
        medium.troubles.append("I cannot tell which model to compare with; give its name.")


def auxotrophies(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    names = {"amino_acids": "amino acids", "vitamins": "vitamins", "nucleobases": "nucleobases"}
    classes = [name for sign, name in names.items() if phrase.has(sign)]
    yield {**({"compound_classes": classes} if classes else {}), **threshold(phrase)}


def production(phrase: Phrase, medium: Medium) -> Iterator[Arguments]:
    products = [token for token in phrase.tokens if token.sign in COMPOUNDS]
    if not products:
        medium.troubles.append(
            "I cannot tell which product is meant; name a compound or an exchange reaction."
        )
    points = next(iter(counts(phrase)), None)
    for token in products:
        exchange = medium.exchange(token)
        if exchange is None:
            medium.troubles.append(f"The model has no exchange reaction for '{token.said}'.")
        else:
            yield given(product_exchange=exchange, points=points)


def nothing(phrase: Phrase, _: Medium) -> Iterator[Arguments]:
    del phrase
    yield {}


ARGUMENTS: Mapping[str, Callable[[Phrase, Medium], Iterator[Arguments]]] = {
    "essentiality": essentiality,
    "gene_pairs": gene_pairs,
    "gene_sets": gene_sets,
    "single_deletions": single_deletions,
    "sampling": sampling,
    "pathway": pathway,
    "model_comparison": model_comparison,
    "validation": nothing,
    "auxotrophies": auxotrophies,
    "missing_nutrients": missing_nutrients,
    "variability": variability,
    "minimal_medium": minimal_medium,
    "production": production,
    "exchanges": balance,
    "fluxes": balance,
    "growth": balance,
    "structure": nothing,
}
"""By intent: one set of arguments for each call that a clause asks for."""
