"""Shadow prices and reduced costs at an optimum, where they are one number.

A dual solution of a degenerate optimum is one of many. A price is the same in all of them if the equations of
the reactions that are strictly between their bounds in some optimum determine it: those have the reduced cost
0 in every dual solution (strict complementarity; Goldman & Tucker 1956). The others are left open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fluxagents.tasks.fba.sensitivity.linear_span import find_span
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.fba.solving.linear_program import NOISE_MMOL_PER_GDW_H, LinearProgram
from fluxagents.tasks.fba.solving.objective import Objective
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model

ZERO_PRICE = 1e-9
"""A price of smaller magnitude is 0 within the tolerance of the solver."""

MAX_OPTIMA = 30
IDLE_OPTIMA = 3
"""So many optima in a row that free no further reaction end the search for one that does."""


@dataclass(frozen=True, slots=True)
class DualValues:
    """In the order of the model; None where optimal dual solutions differ."""

    reduced_costs: tuple[float | None, ...]
    """By how much the best value rises per mmol/gDW/h of flux that a reaction carries more; for an exchange
    reaction more flux is less uptake."""
    shadow_prices: tuple[float | None, ...]
    """By how much it rises per mmol/gDW/h of a metabolite that is supplied."""


def find_dual_values(model: Model, objective: Objective) -> DualValues | None:
    """The dual values of an objective under the present bounds; None without an optimum.

    A model with constraints beside the mass balances has none that are known to be unique.
    """
    with LinearProgram(model) as program:
        terms = {model.reactions.index(reaction): value for reaction, value in objective.terms}
        program.set_objective(terms, objective.direction)
        if program.solve() is not Outcome.OPTIMAL:
            return None
        costs = [sum(program.get_bound_prices(index)) for index in range(len(model.reactions))]
        prices = program.get_metabolite_prices()
        if len(model.constraints) != len(model.metabolites):
            return DualValues((None,) * len(costs), (None,) * len(prices))
        free = _find_free_reactions(model, program, costs)
    unique_costs, unique_prices = _find_determined(model, free)
    return DualValues(_keep(costs, unique_costs), _keep(prices, unique_prices))


def _find_free_reactions(model: Model, program: LinearProgram, costs: Sequence[float]) -> Any:
    """Which reactions are strictly between their bounds in some optimum, as far as random optima show."""
    bounds = np.array([reaction.bounds for reaction in model.reactions], dtype=float)
    fluxes = program.net_fluxes()
    free = _between(fluxes, bounds)
    # All optima of the program: what has a reduced cost stays at its bound.
    held = {index: (fluxes[index],) * 2 for index, cost in enumerate(costs) if abs(cost) > ZERO_PRICE}
    random, idle = np.random.default_rng(0), 0
    with program.hold_bounds({index: (float(low), float(high)) for index, (low, high) in held.items()}):
        for _ in range(MAX_OPTIMA):
            weights = random.uniform(-1, 1, len(fluxes))
            program.set_objective(dict(enumerate(weights.tolist())), "max")
            if program.solve() is not Outcome.OPTIMAL:
                continue
            found = free | _between(program.net_fluxes(), bounds)
            idle = idle + 1 if (found == free).all() else 0
            free = found
            if idle == IDLE_OPTIMA:
                break
    return free


def _between(fluxes: Any, bounds: Any) -> Any:
    margin = NOISE_MMOL_PER_GDW_H * np.maximum(1.0, np.abs(fluxes))
    return (fluxes > bounds[:, 0] + margin) & (fluxes < bounds[:, 1] - margin)


def _find_determined(model: Model, free: Any) -> tuple[Any, Any]:
    """Which reduced costs and which shadow prices the free reactions determine."""
    matrix = cobra.util.create_stoichiometric_matrix(model)
    is_determined = find_span(matrix[:, free], np.hstack([matrix, np.eye(len(matrix))]))
    return is_determined[: matrix.shape[1]], is_determined[matrix.shape[1] :]


def _keep(values: Sequence[float], is_unique: Any) -> tuple[float | None, ...]:
    return tuple(
        (value if abs(value) > ZERO_PRICE else 0.0) if unique else None
        for value, unique in zip(values, is_unique, strict=True)
    )
