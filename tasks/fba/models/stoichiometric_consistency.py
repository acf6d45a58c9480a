"""Stoichiometric consistency: whether every metabolite can have a mass so that every reaction keeps it.

Gevorgyan, Poolman, Fell 2008, doi:10.1093/bioinformatics/btn425. Masses may be scaled, so that the largest
set of metabolites that can have one is found by a linear program and needs no integers: the sum of what each
mass has up to 1 is maximised, and a metabolite is unconserved if nothing is left of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped] # scipy ships no types
from scipy.sparse import coo_array, hstack  # type: ignore[import-untyped] # as above

from fluxagents.flows.errors import ErrorClass, FluxError

if TYPE_CHECKING:
    from cobra import Reaction

CONSERVED = 0.5
"""A mass is 1 or more, or 0; this lies between."""


def find_unconserved_metabolites(reactions: Sequence[Reaction]) -> tuple[str, ...]:
    """Ids of metabolites that cannot have a mass; empty if the reactions are consistent.

    Args:
        reactions: Without boundary and biomass reactions, which need not keep mass.

    Raises:
        FluxError: `SOLVER` if HiGHS, which scipy brings, finds no optimum.
    """
    rows, columns, values = [], [], []
    column_by_metabolite: dict[str, int] = {}
    for row, reaction in enumerate(reactions):
        for metabolite, value in sorted(reaction.metabolites.items(), key=lambda item: str(item[0].id)):
            rows.append(row)
            columns.append(column_by_metabolite.setdefault(metabolite.id, len(column_by_metabolite)))
            values.append(float(value))
    if not column_by_metabolite:
        return ()
    size = len(column_by_metabolite)
    balances = coo_array((values, (rows, columns)), shape=(len(reactions), size))
    # Each mass is what it has up to 1, which counts, and the rest, which does not.
    both = hstack([balances, balances]).tocsr()
    gain = np.concatenate([-np.ones(size), np.zeros(size)])
    bounds = [(0.0, 1.0)] * size + [(0.0, None)] * size
    optimum = linprog(gain, A_eq=both, b_eq=np.zeros(len(reactions)), bounds=bounds, method="highs")
    if optimum.status != 0:
        raise FluxError(ErrorClass.SOLVER, f"stoichiometric consistency was not decided: {optimum.message}")
    masses = optimum.x[:size]
    return tuple(sorted(name for name, column in column_by_metabolite.items() if masses[column] < CONSERVED))
