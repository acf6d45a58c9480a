"""Mass and charge balance of one reaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cobra import Reaction

BALANCE_TOLERANCE = 1e-6
"""Atoms or charges per turnover that count as none; formulas of biomass are rounded."""

Balance = Literal["balanced", "unbalanced", "unknown", "boundary"]


def find_balance(reaction: Reaction) -> tuple[Balance, dict[str, float]]:
    """Whether a reaction is balanced, and the count of atoms and charges that it produces from nothing."""
    if reaction.boundary:
        return "boundary", {}
    if any(not metabolite.formula or metabolite.charge is None for metabolite in reaction.metabolites):
        return "unknown", {}
    imbalance = {e: float(n) for e, n in reaction.check_mass_balance().items() if abs(n) > BALANCE_TOLERANCE}
    return ("unbalanced", imbalance) if imbalance else ("balanced", {})
