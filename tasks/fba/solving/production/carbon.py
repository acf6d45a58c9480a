"""Carbon in what is exchanged: uptake in mmol carbon, yields in mol carbon per mol carbon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.solving.conditions import uptake_flux

if TYPE_CHECKING:
    from cobra import Metabolite, Reaction


def carbon_of(metabolite: Metabolite) -> int | None:
    """Carbon atoms in a molecule; None without a formula."""
    elements = metabolite.elements if metabolite.formula else None
    return None if elements is None else int(elements.get("C", 0))


def carbon_atoms(exchange: Reaction) -> int | None:
    """Carbon atoms in the molecule that is exchanged; None without a formula."""
    return carbon_of(next(iter(exchange.metabolites)))


def carbon_uptake(exchanged: Mapping[int, Reaction], fluxes: Sequence[float]) -> float | None:
    """The carbon taken up, mmol/gDW/h; None if what is taken up has no formula.

    Args:
        exchanged: Index in `model.reactions` -> exchange reaction.
        fluxes: Of all reactions of the model.
    """
    total = 0.0
    for index, exchange in exchanged.items():
        taken_up = uptake_flux(exchange, fluxes[index])
        if taken_up <= 0:
            continue
        carbon = carbon_atoms(exchange)
        if carbon is None:
            return None
        total += carbon * taken_up
    return total


def carbon_yield(product: Reaction, secretion: float | None, uptake: float | None) -> float | None:
    """Carbon in the product per carbon taken up; None if either is not known or nothing is taken up."""
    carbon = carbon_atoms(product)
    if carbon is None or secretion is None or not uptake:
        return None
    return carbon * secretion / uptake
