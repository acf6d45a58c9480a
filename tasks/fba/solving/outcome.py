"""The outcome of an optimisation: one of five, never a number."""

from __future__ import annotations

from enum import StrEnum

ZERO_GROWTH_PER_H = 1e-6
"""Optimal growth at or below this is zero growth: ten times the solver's usual feasibility tolerance."""

ZERO_FLUX_MMOL_PER_GDW_H = 1e-6
"""A flux at or below this magnitude counts as none when reactions are sorted into sets."""


class Outcome(StrEnum):
    """How an optimisation of the objective ended."""

    OPTIMAL = "optimal"
    ZERO_GROWTH = "zero_growth"
    """Feasible, and the best objective value is zero within tolerance."""
    INFEASIBLE = "infeasible"
    """No flux distribution satisfies the bounds."""
    UNBOUNDED = "unbounded"
    """The objective has no finite optimum."""
    NO_OBJECTIVE = "no_objective"
    """The model states nothing to optimise."""
