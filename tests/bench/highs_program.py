"""HiGHS behind the methods of `LinearProgram` that analyses call, to run the same work on both solvers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import highspy
import numpy as np
from cobra import Model
from cobra.util.solver import linear_reaction_coefficients

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.linear_program import Sense, clean
from fluxagents.tasks.fba.solving.outcome import Outcome

DUAL_SIMPLEX, PRIMAL_SIMPLEX = 1, 4
_VERDICTS = {
    highspy.HighsModelStatus.kOptimal: Outcome.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Outcome.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Outcome.UNBOUNDED,
}


class HighsProgram:
    """The linear program of a model with one column a reaction, on one thread.

    Args:
        model: Its objective is a weighted sum of net fluxes.
        presolve: Whether a solve without a basis is simplified first; HiGHS keeps the basis either way.
    """

    def __init__(self, model: Model, *, presolve: bool = True) -> None:
        self._highs = _silent()
        for name, value in {
            "solver": "simplex",
            "presolve": "on" if presolve else "off",
            "primal_feasibility_tolerance": model.tolerance,
            "dual_feasibility_tolerance": model.tolerance,
        }.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(_describe(model))
        self._bounds = np.array([reaction.bounds for reaction in model.reactions])
        self._objective = {
            model.reactions.index(reaction): float(weight)
            for reaction, weight in linear_reaction_coefficients(model).items()
        }
        self._basis: Any = None

    @property
    def value(self) -> float:
        return float(self._highs.getInfo().objective_function_value)

    @property
    def iterations(self) -> int:
        """Of the last solve: a solve that takes none has not moved the solution."""
        return int(self._highs.getInfo().simplex_iteration_count)

    def set_objective(self, coefficients: Mapping[int, float], sense: Sense) -> None:
        for index in self._objective.keys() - coefficients.keys():
            self._highs.changeColCost(index, 0.0)
        for index, value in coefficients.items():
            self._highs.changeColCost(index, value)
        self._objective = dict(coefficients)
        self._set_sense(sense)

    def hold_objective(self, lowest: float) -> None:
        indices = np.array(list(self._objective), dtype=np.int32)
        weights = np.array(list(self._objective.values()))
        self._highs.addRow(lowest, highspy.kHighsInf, len(indices), indices, weights)

    @contextmanager
    def hold_bounds(self, bounds: Mapping[int, tuple[float, float]]) -> Iterator[None]:
        for index, (lowest, highest) in bounds.items():
            self._highs.changeColBounds(index, lowest, highest)
        try:
            yield
        finally:
            for index in bounds:
                self._highs.changeColBounds(index, *self._bounds[index])

    def remember_basis(self) -> None:
        self._basis = self._highs.getBasis()

    def restore_basis(self) -> None:
        self._highs.setBasis(self._basis)

    def solve(self, *, dual: bool = False) -> Outcome:
        self._highs.setOptionValue("simplex_strategy", DUAL_SIMPLEX if dual else PRIMAL_SIMPLEX)
        self._highs.run()
        status = self._highs.getModelStatus()
        if status not in _VERDICTS:
            raise FluxError(ErrorClass.SOLVER, f"HiGHS ended as {self._highs.modelStatusToString(status)}")
        return _VERDICTS[status]

    def extreme(self, index: int, sense: Sense) -> float | None:
        """As of `LinearProgram`; the objective must be empty, and is empty afterwards."""
        self._highs.changeColCost(index, 1.0)
        self._set_sense(sense)
        outcome = self.solve()
        value = self.value
        self._highs.changeColCost(index, 0.0)
        return clean(value) if outcome is Outcome.OPTIMAL else None

    def net_fluxes(self) -> Any:
        return np.array(self._highs.getSolution().col_value)

    def _set_sense(self, sense: Sense) -> None:
        senses = {"min": highspy.ObjSense.kMinimize, "max": highspy.ObjSense.kMaximize}
        self._highs.changeObjectiveSense(senses[sense])


def solve_hitting_set(
    universe: Sequence[str], hit: Sequence[Collection[str]], excluded: Sequence[Collection[str]]
) -> tuple[str, ...] | None:
    """As `smallest_hitting_set`, without optlang between."""
    places = {name: index for index, name in enumerate(universe)}
    highs = _silent()
    highs.addVars(len(universe), np.zeros(len(universe)), np.ones(len(universe)))
    for index in range(len(universe)):
        highs.changeColCost(index, 1.0)
        highs.changeColIntegrality(index, highspy.HighsVarType.kInteger)
    rows = [*((1.0, highspy.kHighsInf, members) for members in hit)]
    rows += [(-highspy.kHighsInf, len(members) - 1.0, members) for members in excluded]
    for lowest, highest, members in rows:
        indices = np.array([places[name] for name in members], dtype=np.int32)
        highs.addRow(lowest, highest, len(indices), indices, np.ones(len(indices)))
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    chosen = np.array(highs.getSolution().col_value) > 0.5
    return tuple(name for name, is_chosen in zip(universe, chosen, strict=True) if is_chosen)


def _silent() -> Any:
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in {"output_flag": False, "threads": 1, "parallel": "off"}.items():
        highs.setOptionValue(name, value)
    return highs


def _describe(model: Model) -> Any:
    rows = {metabolite: row for row, metabolite in enumerate(model.metabolites)}
    columns = [reaction.metabolites for reaction in model.reactions]
    bounds = np.array([reaction.bounds for reaction in model.reactions])
    costs = np.zeros(len(columns))
    for reaction, weight in linear_reaction_coefficients(model).items():
        costs[model.reactions.index(reaction)] = weight
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(columns), len(rows)
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_cost_, program.col_lower_, program.col_upper_ = costs, bounds[:, 0], bounds[:, 1]
    program.row_lower_ = program.row_upper_ = np.zeros(len(rows))
    matrix = program.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kColwise
    matrix.start_ = np.cumsum([0, *(len(column) for column in columns)])
    matrix.index_ = np.array([rows[metabolite] for column in columns for metabolite in column])
    matrix.value_ = np.array([value for column in columns for value in column.values()], dtype=float)
    return program
