"""Minimisation of metabolic adjustment: after a knock-out the cell changes its fluxes as little as it can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.fluxes.run_metabolic_fba import minimise_total_flux
from fluxagents.tasks.fba.solving.growth import optimise
from fluxagents.tasks.fba.solving.lazy_libraries import cobra, optlang
from fluxagents.tasks.fba.solving.linear_program import NOISE_MMOL_PER_GDW_H, LinearProgram
from fluxagents.tasks.fba.solving.optlang_program import optlang_program
from fluxagents.tasks.fba.solving.outcome import ZERO_GROWTH_PER_H, Outcome
from fluxagents.tasks.fba.solving.solver_clock import solve_program
from fluxagents.tasks.fba.solving.wild_type import Disabled, Survivor, WildType

if TYPE_CHECKING:
    from cobra import Model

TOLERANCE_MMOL_PER_GDW_H = 1e-6
"""An answer that leaves a bound or a mass balance by more is refused."""

_SOLVER_TOLERANCE = 1e-9
"""Of the quadratic solver; at its default of 1e-6 an answer called optimal left a bound by 4e-5."""


class Adjustment:
    """Growth after knock-outs at the fluxes nearest to a reference, by the sum of squared differences.

    Args:
        wild_type: Tells what is infeasible or cannot grow at all.
        growth: Index in `model.reactions` -> coefficient of the objective.
        reference: Fluxes of the wild type in mmol/gDW/h, in the order of the model.
        program: Quadratic, with a variable for each flux and the mass balances.
    """

    def __init__(
        self,
        wild_type: WildType,
        growth: Mapping[int, float],
        reference: np.ndarray[Any, Any],
        program: Any,
        stoichiometry: Any,
    ) -> None:
        self._wild_type = wild_type
        self._growth = growth
        self._reference = reference
        self._program = program
        self._stoichiometry = stoichiometry
        self._fluxes = list(program.variables)

    def without(self, disabled: Disabled) -> Survivor:
        """The strain without these reactions.

        Raises:
            FluxError: `NUMERICAL` if the quadratic solver finds no answer within tolerance.
        """
        best = self._wild_type.without(disabled)
        if best.status is not Outcome.OPTIMAL:
            return best
        if all(abs(self._reference[index]) < NOISE_MMOL_PER_GDW_H for index in disabled):
            return self._survivor(self._reference)
        return self._survivor(self.nearest(disabled))

    def _survivor(self, fluxes: np.ndarray[Any, Any]) -> Survivor:
        growth = float(sum(value * fluxes[index] for index, value in self._growth.items()))
        if growth <= ZERO_GROWTH_PER_H:
            return Survivor(Outcome.ZERO_GROWTH, 0.0, [])
        return Survivor(Outcome.OPTIMAL, growth, [])

    def nearest(self, disabled: Disabled) -> np.ndarray[Any, Any]:
        """The fluxes (mmol/gDW/h) without these reactions, in the order of the model; raises as `without`."""
        before = {index: (self._fluxes[index].lb, self._fluxes[index].ub) for index in sorted(disabled)}
        try:
            for index in before:
                self._fluxes[index].set_bounds(0.0, 0.0)
            status = solve_program(self._program)
            fluxes = np.array([variable.primal for variable in self._fluxes], dtype=float)
            bounds = np.array([(variable.lb, variable.ub) for variable in self._fluxes], dtype=float)
        finally:
            for index, (lowest, highest) in before.items():
                self._fluxes[index].set_bounds(lowest, highest)
        outside = float(np.maximum(bounds[:, 0] - fluxes, fluxes - bounds[:, 1]).max())
        imbalance = float(np.abs(self._stoichiometry @ fluxes).max())
        if status != "optimal" or not max(outside, imbalance) <= TOLERANCE_MMOL_PER_GDW_H:
            raise FluxError(
                ErrorClass.NUMERICAL,
                f"no nearest fluxes within tolerance: the quadratic solver said '{status}', bounds are left "
                f"by {outside:.2g} and balances by {imbalance:.2g} mmol/gDW/h",
                suggestions=("use method 'fba'",),
            )
        return fluxes


@contextmanager
def adjustment(model: Model, wild_type: WildType) -> Iterator[Adjustment]:
    """The adjustment of a model under its present conditions; the reference is its pFBA optimum.

    Raises:
        FluxError: `SOLVER` if the quadratic solver is not installed, or if the model has constraints beside
            its mass balances.
    """
    if (len(model.constraints), len(model.variables)) != (len(model.metabolites), 2 * len(model.reactions)):
        raise FluxError(
            ErrorClass.SOLVER,
            f"model '{model.id}' has constraints beside its mass balances, which MOMA leaves out",
            suggestions=("use method 'fba'",),
        )
    with LinearProgram(model, split=True) as linear:
        optimise(linear)
        growth = linear.objective()
        minimise_total_flux(linear)
        reference = np.array(linear.fluxes())
    with optlang_program("highs") as program:
        _fill(program, model, reference)
        matrix = cobra.util.create_stoichiometric_matrix(model, "dok").tocsr()
        yield Adjustment(wild_type, growth, reference, program, matrix)


def _fill(program: Any, model: Model, reference: np.ndarray[Any, Any]) -> None:
    program.configuration.tolerances.feasibility = _SOLVER_TOLERANCE
    program.configuration.tolerances.optimality = _SOLVER_TOLERANCE
    fluxes = [
        optlang.hybrid_interface.Variable(f"v{index}", lb=reaction.lower_bound, ub=reaction.upper_bound)
        for index, reaction in enumerate(model.reactions)
    ]
    balances = {
        metabolite: optlang.hybrid_interface.Constraint(0, lb=0, ub=0, name=f"b{index}")
        for index, metabolite in enumerate(model.metabolites)
    }
    program.add(fluxes)
    program.add(list(balances.values()))
    program.update()
    rows: dict[Any, dict[Any, float]] = {metabolite: {} for metabolite in balances}
    for flux, reaction in zip(fluxes, model.reactions, strict=True):
        for metabolite, coefficient in reaction.metabolites.items():
            rows[metabolite][flux] = float(coefficient)
    for metabolite, row in rows.items():
        balances[metabolite].set_linear_coefficients(row)
    squares = [flux * flux - 2.0 * float(value) * flux for flux, value in zip(fluxes, reference, strict=True)]
    program.objective = optlang.hybrid_interface.Objective(optlang.symbolics.add(squares), direction="min")
