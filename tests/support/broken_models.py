"""The textbook model without growth, in each way that there is."""

from __future__ import annotations

from typing import Any

from cobra import Reaction


def break_model(model: Any, kind: str) -> None:
    """Make it `infeasible`, `zero_growth`, `unbounded`, or take its objective away."""
    if kind == "infeasible":
        model.reactions.ATPM.bounds = (900, 1000)
    elif kind == "zero_growth":
        model.reactions.Biomass_Ecoli_core.bounds = (0, 0)
    elif kind == "unbounded":
        model.reactions.Biomass_Ecoli_core.upper_bound = float("inf")
        free = Reaction("FREE", "biomass out of nothing", upper_bound=float("inf"))
        model.add_reactions([free])
        needed = model.reactions.Biomass_Ecoli_core.metabolites
        free.add_metabolites({metabolite: -value for metabolite, value in needed.items()})
    else:
        model.objective = {}
