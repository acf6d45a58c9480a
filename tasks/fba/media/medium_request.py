"""A medium as a user names it, without knowing the model, and the uptakes that it means in a model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.media.library.compound_index import index_exchanges
from fluxagents.tasks.fba.media.library.compounds import compounds_by_id
from fluxagents.tasks.fba.media.media_growth import map_medium
from fluxagents.tasks.fba.media.medium_edit import Nutrient, Nutrients
from fluxagents.tasks.fba.solving.conditions import medium_of
from fluxagents.tasks.ports.media import LibraryMedium

if TYPE_CHECKING:
    from cobra import Model

_EXCHANGE = re.compile(r"(?:R_)?EX_(.+?)(?:_[a-z]\d?|\([a-z]\d?\)|\[[a-z]\d?\])?$")


@dataclass(frozen=True, slots=True)
class MediumRequest:
    """A medium, by the names of people or the ids of any model; uptakes in mmol/gDW/h.

    Attributes:
        label: As it was named; empty for a model's own medium.
        base: A published medium or a file, or the most uptake by nutrient; None for the model's own medium.
        changes: Uptakes that differ from it, by nutrient.
    """

    label: str = ""
    base: LibraryMedium | Mapping[str, float] | None = None
    changes: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        """Whether it is the model's own medium, unchanged."""
        return self.base is None and not self.changes


@dataclass(frozen=True, slots=True)
class ResolvedMedium:
    """What a request means in one model: exchange -> most uptake, mmol/gDW/h, open ones only."""

    uptakes: Mapping[str, float]
    unmapped: tuple[str, ...] = ()
    """Compounds of a published medium that the model does not exchange."""


def resolve_medium(model: Model, request: MediumRequest) -> ResolvedMedium:
    """Find the exchange reactions of a request in a model.

    Raises:
        FluxError: `MEDIUM` for a name or id that the model does not know, with the nearest ones.
    """
    nutrients = Nutrients(model)
    unmapped: tuple[str, ...] = ()
    if isinstance(request.base, LibraryMedium):
        mapped = map_medium(request.base, index_exchanges(model))
        for row, part in zip(mapped.rows, request.base.components, strict=True):
            if row.exchange is None and part.exchange:
                _find(nutrients, part.exchange, part.uptake_mmol_per_gdw_h)
        uptakes, unmapped = mapped.uptakes, mapped.unmapped
    elif request.base is not None:
        uptakes = _resolve_uptakes(nutrients, request.base)
    else:
        uptakes = medium_of(model)
    uptakes = {**uptakes, **_resolve_uptakes(nutrients, request.changes)}
    return ResolvedMedium({exchange: limit for exchange, limit in uptakes.items() if limit > 0}, unmapped)


def _resolve_uptakes(nutrients: Nutrients, named: Mapping[str, float]) -> dict[str, float]:
    return {exchange: limit for word, limit in named.items() for exchange in _find(nutrients, word, limit)}


def _find(nutrients: Nutrients, word: str, limit: float) -> list[str]:
    """The exchange reactions of a word; none for a known compound that the model cannot take up anyway."""
    found = _nutrients_of(nutrients, word)
    exchanges = [nutrient.exchange for nutrient in found if nutrient.exchange is not None]
    if not exchanges and limit > 0:
        name = found[0].name if found else word
        message = f"model '{nutrients.model_id}' has no exchange reaction for '{name}'"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=nearest(word, nutrients.words()))
    return exchanges


def _nutrients_of(nutrients: Nutrients, word: str) -> tuple[Nutrient, ...]:
    """As `Nutrients.find`; the id of an exchange in the style of another model means the same compound."""
    exchange = _EXCHANGE.fullmatch(word)
    if exchange and word not in nutrients.exchanges and exchange[1] in compounds_by_id():
        return nutrients.find(exchange[1])
    return nutrients.find(word)
