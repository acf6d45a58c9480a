"""Exchange reactions by what people call their compounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.media.library.compound_index import CompoundIndex, index_exchanges
from fluxagents.tasks.fba.media.library.compounds import find_compound
from fluxagents.tasks.fba.media.medium_edit import Nutrients
from fluxagents.tasks.ports.media import Component

if TYPE_CHECKING:
    from cobra import Model


def find_sources(model: Model, words: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The exchanges that names, ids and classes mean, each once, and the compounds without one.

    Of a class those count that the model exchanges.

    Raises:
        FluxError: `MEDIUM` with the nearest words for one that nothing is known of.
    """
    if not words:
        return (), ()
    index, nutrients = index_exchanges(model), Nutrients(model)
    exchanges: dict[str, None] = {}
    absent: dict[str, None] = {}
    for word in words:
        identifier = _find_by_id(index, word)
        if identifier is not None:
            exchanges[identifier] = None
            continue
        compound = find_compound(word)
        found = nutrients.find(compound.bigg if compound else word)
        exchanges |= {nutrient.exchange: None for nutrient in found if nutrient.exchange is not None}
        if len(found) == 1 and found[0].exchange is None:
            absent[found[0].name] = None
    return tuple(exchanges), tuple(absent)


def map_sources(model: Model, words: Iterable[str]) -> Mapping[str, str]:
    """The exchange of each word that means one compound of the model; other words are left out."""
    mapped: dict[str, str] = {}
    if not words:
        return mapped
    index, nutrients = index_exchanges(model), Nutrients(model)
    for word in words:
        identifier = _find_by_id(index, word) or _find_by_name(nutrients, word)
        if identifier is not None:
            mapped[word] = identifier
    return mapped


def _find_by_id(index: CompoundIndex, word: str) -> str | None:
    """By exchange, metabolite, annotation or the name that the model gives."""
    ids = dict.fromkeys(("exchange", "bigg", "seed", "kegg"), word.strip())
    match = index.find(Component(name=word.strip(), uptake_mmol_per_gdw_h=0, **ids))
    return None if match is None else match.id


def _find_by_name(nutrients: Nutrients, word: str) -> str | None:
    try:
        found = nutrients.find(word)
    except FluxError:
        return None
    return found[0].exchange if len(found) == 1 else None
