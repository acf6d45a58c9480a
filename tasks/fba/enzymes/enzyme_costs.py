"""What a flux costs in enzyme: molecular weight by turnover number (sMOMENT).

A flux v (mmol/gDW/h) needs v * MW / kcat grams of enzyme per gDW; all enzymes share one pool (Bekiaris &
Klamt 2020, doi:10.1186/s12859-019-3329-9). Of several enzymes of a reaction the cheapest is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.enzymes.enzyme_table import Enzyme, list_unmapped

if TYPE_CHECKING:
    from cobra import Model

SECONDS_PER_HOUR = 3600.0

DEFAULT_KCAT_PER_S = 65.0
"""Of all reactions where no table is given; as in O'Brien et al. 2013, doi:10.1038/msb.2013.52."""

DEFAULT_MOLECULAR_WEIGHT_KDA = 40.0
"""Where no table is given: some 360 amino acids of 110 Da, one subunit."""


@dataclass(frozen=True, slots=True)
class EnzymeCost:
    """The enzyme that a reaction uses, and where its numbers are from."""

    kcat_per_s: float
    reverse_kcat_per_s: float
    molecular_weight_kda: float
    has_own_kcat: bool
    has_own_reverse_kcat: bool
    has_own_weight: bool

    @property
    def forward(self) -> float:
        """Grams of enzyme per gDW and mmol/gDW/h of forward flux: kDa are g/mmol."""
        return self.molecular_weight_kda / (self.kcat_per_s * SECONDS_PER_HOUR)

    @property
    def reverse(self) -> float:
        """As `forward`, of reverse flux."""
        return self.molecular_weight_kda / (self.reverse_kcat_per_s * SECONDS_PER_HOUR)


@dataclass(frozen=True, slots=True)
class EnzymeCosts:
    """The costs of a model's reactions, and what was assumed for them."""

    by_reaction: Mapping[int, EnzymeCost]
    """Index in `model.reactions` -> cost."""
    free: tuple[str, ...]
    """Reactions with genes that cost nothing, since no turnover number is known for them."""
    unmapped: tuple[str, ...]
    """Reactions of the table that the model does not have."""
    default_weight_kda: float
    default_kcat_per_s: float | None

    @property
    def weights(self) -> Mapping[int, tuple[float, float]]:
        """Index -> cost of forward and of reverse flux."""
        return {index: (cost.forward, cost.reverse) for index, cost in self.by_reaction.items()}


def compute_costs(
    model: Model, enzymes: Sequence[Enzyme], *, default_kcat: float | None, default_weight: float | None
) -> EnzymeCosts:
    """The cost of each reaction.

    Args:
        model: Only its reactions with genes get default values.
        enzymes: Of the user; without any, both defaults are those of this module unless they are given.
        default_kcat: Where no turnover number is known, 1/s; such reactions cost nothing if None.
        default_weight: Where no molecular weight is known, kDa; the median of those known if None.

    Raises:
        FluxError: `UNKNOWN_ID` if no enzyme is of a reaction of the model, `BAD_ARGUMENT` if no molecular
            weight is known at all.
    """
    ids = [reaction.id for reaction in model.reactions]
    unmapped = list_unmapped(enzymes, ids)
    of_reaction: dict[str, list[Enzyme]] = {}
    for enzyme in enzymes:
        of_reaction.setdefault(enzyme.reaction, []).append(enzyme)
    if enzymes and not of_reaction.keys() - set(unmapped):
        message = f"none of the {len(unmapped)} reactions of the table is in model '{model.id}'"
        raise FluxError(
            ErrorClass.UNKNOWN_ID, message, suggestions=nearest(unmapped[0], ids) if unmapped else ()
        )
    if not enzymes:
        default_kcat = default_kcat or DEFAULT_KCAT_PER_S
        default_weight = default_weight or DEFAULT_MOLECULAR_WEIGHT_KDA
    weight = _find_default_weight(enzymes, default_weight)
    costs, free = {}, []
    for index, reaction in enumerate(model.reactions):
        candidates = of_reaction.get(reaction.id, [])
        if not candidates and reaction.genes and not reaction.boundary:
            candidates = [Enzyme(reaction=reaction.id)]
        known = [cost for e in candidates if (cost := _cost(e, default_kcat, weight)) is not None]
        if known:
            costs[index] = min(known, key=lambda cost: (not cost.has_own_kcat, cost.forward))
        elif candidates:
            free.append(reaction.id)
    return EnzymeCosts(costs, tuple(free), unmapped, weight, default_kcat)


def _find_default_weight(enzymes: Sequence[Enzyme], stated: float | None) -> float:
    if stated is not None:
        return stated
    known = [e.molecular_weight_kda for e in enzymes if e.molecular_weight_kda is not None]
    if not known:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "no molecular weight is known",
            suggestions=("give 'molecular_weight_kda' of enzymes, or 'default_molecular_weight_kda'",),
        )
    return float(median(known))


def _cost(enzyme: Enzyme, default_kcat: float | None, default_weight: float) -> EnzymeCost | None:
    """The cost by an enzyme; None if its turnover number is not known and there is no default."""
    kcat = enzyme.kcat_per_s or default_kcat
    if kcat is None:
        return None
    return EnzymeCost(
        kcat_per_s=kcat,
        reverse_kcat_per_s=enzyme.reverse_kcat_per_s or kcat,
        molecular_weight_kda=enzyme.molecular_weight_kda or default_weight,
        has_own_kcat=enzyme.kcat_per_s is not None,
        has_own_reverse_kcat=enzyme.reverse_kcat_per_s is not None,
        has_own_weight=enzyme.molecular_weight_kda is not None,
    )
