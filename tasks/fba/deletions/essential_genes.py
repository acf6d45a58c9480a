"""The essential genes of a model as it is, without a table of all knock-outs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.solving.conditions import ConditionArgs
from fluxagents.tasks.fba.solving.gene_rules import GeneRules
from fluxagents.tasks.fba.solving.growth import hold_conditions
from fluxagents.tasks.fba.solving.wild_type import WildType, is_lethal

if TYPE_CHECKING:
    from cobra import Model

ESSENTIAL_BELOW_FRACTION = 0.01
"""Of the wild type's growth, as in `analyze_essentiality`."""


def find_essential_genes(
    model: Model, biomass: str | None, check_time: Callable[[], None]
) -> frozenset[str] | None:
    """The genes whose knock-out leaves less than a hundredth of growth; None for a model that does not grow.

    Args:
        model: As it was afterwards.
        biomass: The reaction whose flux is growth, where the user names it.
        check_time: Raises when the time is up; called before each knock-out.

    Raises:
        FluxError: As `hold_conditions`.
    """
    with hold_conditions(model, ConditionArgs(biomass=biomass)) as conditions:
        wild_type = WildType(conditions)
        if wild_type.growth_per_h is None:
            return None
        rules = GeneRules(model)
        essential = set()
        for gene in model.genes:
            check_time()
            survivor = wild_type.without(rules.disabled_reactions((gene.id,)))
            if is_lethal(wild_type.fraction(survivor.growth_per_h), ESSENTIAL_BELOW_FRACTION):
                essential.add(gene.id)
        return frozenset(essential)
