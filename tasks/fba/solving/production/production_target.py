"""The reaction through which a product leaves the network, also one that the cell does not secrete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.solving.biomass import find_biomass
from fluxagents.tasks.fba.solving.conditions import exchanges
from fluxagents.tasks.fba.solving.lazy_libraries import cobra

if TYPE_CHECKING:
    from cobra import Model, Reaction

BIOMASS, ATP = "biomass", "ATP"
"""Products that are no compounds that leave the cell."""

MAX_DEMAND_MMOL_PER_GDW_H = 1000.0

_HYDROLYSIS = {"atp": -1.0, "h2o": -1.0, "adp": 1.0, "pi": 1.0, "h": 1.0}

_SEED_IDS = {"cpd00002": "atp", "cpd00001": "h2o", "cpd00008": "adp", "cpd00009": "pi", "cpd00067": "h"}


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


def product_reaction(model: Model, product: str, biomass: str | None = None) -> Reaction:
    """As `production_target`, also for `biomass` and `ATP`, which reactions inside the cell make and spend.

    Args:
        model: Maybe changed.
        product: What `production_target` takes, `biomass` or `ATP`.
        biomass: What the user says that the biomass reaction is.

    Raises:
        FluxError: `MEDIUM` also if the model has no such reaction.
    """
    if product == BIOMASS:
        return _biomass_reaction(model, biomass)
    return _atp_hydrolysis(model) if product == ATP else production_target(model, product)


def _biomass_reaction(model: Model, named: str | None) -> Reaction:
    found = find_biomass(model, named)
    if found.reaction is not None:
        return found.reaction
    reason = found.problem or "it has no biomass reaction"
    message = f"the biomass of model '{model.id}' is not known: {reason}"
    raise FluxError(
        ErrorClass.MEDIUM, message, suggestions=tuple(f"biomass={name}" for name in found.candidates[:3])
    )


def _atp_hydrolysis(model: Model) -> Reaction:
    """The maintenance reaction, with no upper limit: what it carries is all ATP that can be spent."""
    for reaction in model.reactions:
        if _turnover(reaction) == _HYDROLYSIS and reaction.lower_bound >= 0:
            reaction.upper_bound = max(reaction.upper_bound, MAX_DEMAND_MMOL_PER_GDW_H)
            return reaction
    raise FluxError(
        ErrorClass.MEDIUM,
        f"model '{model.id}' has no reaction that only splits ATP into ADP and phosphate",
        suggestions=("name the metabolite of ATP as the product",),
    )


def _turnover(reaction: Reaction) -> dict[str, float]:
    """Stoichiometry by BiGG id without compartment; ModelSEED ids are told by the table."""
    names = ((metabolite.id.rpartition("_")[0], value) for metabolite, value in reaction.metabolites.items())
    return {_SEED_IDS.get(name, name): float(value) for name, value in names}


def demand(model: Model, metabolite: str) -> Reaction:
    """Add an irreversible demand for a metabolite of the model."""
    identifier = f"DM_{metabolite}"
    while identifier in model.reactions:
        identifier += "_"
    added = cobra.Reaction(identifier, f"demand of {metabolite}", upper_bound=MAX_DEMAND_MMOL_PER_GDW_H)
    model.add_reactions([added])
    added.add_metabolites({model.metabolites.get_by_id(metabolite): -1})
    return added
