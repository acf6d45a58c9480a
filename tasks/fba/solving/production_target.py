"""The reaction through which a product leaves the network, also one that the cell does not secrete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.solving.conditions import exchanges
from fluxagents.tasks.fba.solving.lazy_libraries import cobra

if TYPE_CHECKING:
    from cobra import Model, Reaction

MAX_DEMAND_MMOL_PER_GDW_H = 1000.0


def production_target(model: Model, product: str) -> Reaction:
    """The boundary reaction of a product; a demand is added if there is none: call it inside `with model:`.

    Args:
        model: Maybe changed.
        product: An exchange, demand or sink, or a metabolite.

    Raises:
        FluxError: `MEDIUM` for an id that is none of these, with the nearest ids.
    """
    if product in model.reactions and (reaction := model.reactions.get_by_id(product)).boundary:
        return reaction
    if product not in model.metabolites:
        known = [*exchanges(model), *(metabolite.id for metabolite in model.metabolites)]
        message = f"product '{product}' is no exchange reaction and no metabolite of model '{model.id}'"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=nearest(product, known))
    metabolite = model.metabolites.get_by_id(product)
    for reaction in sorted(metabolite.reactions, key=lambda reaction: str(reaction.id)):
        if reaction.boundary and (
            reaction.upper_bound > 0 if reaction.reactants else reaction.lower_bound < 0
        ):
            return reaction
    return demand(model, product)


def _secretes(boundary: Reaction) -> bool:
    return bool(boundary.upper_bound > 0 if boundary.reactants else boundary.lower_bound < 0)


def demand(model: Model, metabolite: str) -> Reaction:
    """Add an irreversible demand for a metabolite of the model."""
    identifier = f"DM_{metabolite}"
    while identifier in model.reactions:
        identifier += "_"
    added = cobra.Reaction(identifier, f"demand of {metabolite}", upper_bound=MAX_DEMAND_MMOL_PER_GDW_H)
    model.add_reactions([added])
    added.add_metabolites({model.metabolites.get_by_id(metabolite): -1})
    return added
