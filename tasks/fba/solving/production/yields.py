"""Yields of fluxes per mol and per gram of the organic substrates, and the balance of their carbon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.solving.conditions import exchanges, uptake, uptake_flux
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H
from fluxagents.tasks.fba.solving.production.carbon import carbon_of
from fluxagents.tasks.fba.solving.production.substrate import INORGANIC

if TYPE_CHECKING:
    from cobra import Metabolite, Model, Reaction

_G_PER_MG = 1e-3


@dataclass(frozen=True, slots=True)
class Product:
    """What a unit of flux makes: of a compound a mmol, of biomass a gram of dry weight.

    Attributes:
        carbon: mmol carbon in a unit; None without formulas, or for what carries none, as ATP.
        mass_g: Grams in a unit; None likewise.
    """

    carbon: float | None
    mass_g: float | None


@dataclass(frozen=True, slots=True)
class Yields:
    """Of one flux distribution; None where nothing is taken up, or a formula lacks."""

    substrate_uptake_mmol_per_gdw_h: float
    mol_per_mol: float | None
    g_per_g: float | None
    carbon_recovery_fraction: float | None
    """Carbon that leaves or becomes biomass, of the carbon taken up: 1 if the model is balanced."""


def product_of(reaction: Reaction, *, is_biomass: bool) -> Product:
    """What a unit of flux through a boundary reaction, or the biomass reaction, makes."""
    if is_biomass:
        return Product(_carbon_made_into_biomass(reaction), 1.0)
    if not reaction.boundary:
        return Product(None, None)
    metabolite = next(iter(reaction.metabolites))
    mass = molar_mass(metabolite)
    return Product(carbon_of(metabolite), None if mass is None else mass * _G_PER_MG)


def molar_mass(metabolite: Metabolite) -> float | None:
    """g/mol by the formula; None without one, or with a part that is no element, such as R."""
    weights: Mapping[str, float] = cobra.core.formula.elements_and_molecular_weights
    elements = metabolite.elements if metabolite.formula else {}
    if not elements or not elements.keys() <= weights.keys():
        return None
    return float(sum(weights[element] * count for element, count in elements.items()))


def organic_substrates(model: Model) -> dict[int, Reaction]:
    """The exchanges that may take up organic carbon, by their index in `model.reactions`."""
    return {
        model.reactions.index(exchange): exchange
        for exchange in exchanges(model).values()
        if uptake(exchange) > 0 and _is_organic(next(iter(exchange.metabolites)))
    }


def compute_yields(
    model: Model,
    product: Product,
    made: float,
    *,
    substrates: Mapping[int, Reaction],
    biomass: Mapping[int, float],
    fluxes: Sequence[float],
) -> Yields:
    """The yields and the carbon balance of fluxes.

    Args:
        model: Of the fluxes.
        product: What is made.
        made: Its flux, mmol/gDW/h, or 1/h of biomass.
        substrates: From `organic_substrates`.
        biomass: Reactions that make biomass, by index; their carbon leaves the balance.
        fluxes: Of all reactions, mmol/gDW/h.
    """
    taken = {
        exchange: amount
        for index, exchange in substrates.items()
        if (amount := uptake_flux(exchange, fluxes[index])) > ZERO_FLUX_MMOL_PER_GDW_H
    }
    amount = sum(taken.values())
    masses = [molar_mass(next(iter(exchange.metabolites))) for exchange in taken]
    grams = sum((mass or 0.0) * _G_PER_MG * flux for mass, flux in zip(masses, taken.values(), strict=True))
    has_mass = product.mass_g is not None and grams > 0 and None not in masses
    return Yields(
        substrate_uptake_mmol_per_gdw_h=amount,
        mol_per_mol=made / amount if amount else None,
        g_per_g=made * (product.mass_g or 0.0) / grams if has_mass else None,
        carbon_recovery_fraction=_carbon_recovery(model, biomass, fluxes),
    )


def _carbon_recovery(model: Model, biomass: Mapping[int, float], fluxes: Sequence[float]) -> float | None:
    entering = leaving = 0.0
    for reaction in model.boundary:
        amount = uptake_flux(reaction, fluxes[model.reactions.index(reaction)])
        if not amount:
            continue
        carbon = carbon_of(next(iter(reaction.metabolites)))
        if carbon is None:
            return None
        entering += max(amount, 0.0) * carbon
        leaving += max(-amount, 0.0) * carbon
    for index in biomass:
        reaction = model.reactions[index]
        carbon_made = 0.0 if reaction.boundary else _carbon_made_into_biomass(reaction)
        if carbon_made is None:
            return None
        leaving += carbon_made * fluxes[index]
    return leaving / entering if entering else None


def _carbon_made_into_biomass(reaction: Reaction) -> float | None:
    """Mmol carbon that a unit of flux takes from metabolites and gives to none."""
    carbon = {metabolite: carbon_of(metabolite) for metabolite in reaction.metabolites}
    if None in carbon.values():
        return None
    return -float(sum((carbon[item] or 0) * value for item, value in reaction.metabolites.items()))


def _is_organic(metabolite: Metabolite) -> bool:
    return bool(carbon_of(metabolite)) and metabolite.elements not in INORGANIC
