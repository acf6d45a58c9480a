"""A linear program with goals in order, and the active set of its optimum.

Only the first goal is growth: fluxes at best growth are often not unique, and a culture over time would be
none either. Each further goal chooses among the optima of those before it. After each, the bounds with a
price are held, since all optima share them; so that no constraint is added, and the last basis is optimal for
all goals in order (Gomez, Höffner & Barton 2014, doi:10.1186/s12859-014-0409-8).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.dynamics.active_set import ActiveSet
from fluxagents.tasks.fba.solving.lazy_libraries import np
from fluxagents.tasks.fba.solving.linear_program import PRICED_FROM, LinearProgram, Sense
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model
    from numpy.typing import NDArray

FEASIBLE_WITHIN_MMOL_PER_GDW_H = 1e-9
"""Tighter than GLPK's own 1e-7: a change of the active set is told from the rounding of the last one."""

STILL = 1e-10
"""A slope below this is rounding noise."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One flux to make as great or as small as the goals before it allow."""

    reaction: int
    """Index in `model.reactions`."""
    sense: Sense


@dataclass(frozen=True, slots=True)
class Exchange:
    """An uptake whose limit moves."""

    reaction: int
    """Index in `model.reactions`."""
    sign: float
    """-1 where uptake is a negative flux, as usual; else 1."""
    other_bound: float
    """The bound of secretion, as a flux in mmol/gDW/h."""

    def bounds(self, limit: float) -> tuple[float, float]:
        """The bounds of the flux for an uptake limit, never equal: else no bound is the one that moves."""
        if self.sign < 0:
            return (min(-limit, self.other_bound - 1e-12), self.other_bound)
        return (self.other_bound, max(limit, self.other_bound + 1e-12))


class OrderedProgram(LinearProgram):
    """The linear program of a model with goals in order; its own objective is not used.

    Args:
        model: As for `LinearProgram`.
        goals: In order; at least one.
        uptakes: Whose limits move.
        growth: The biomass reaction, as index in `model.reactions`.

    Raises:
        FluxError: As `LinearProgram`; `SOLVER` if a constraint of the model weighs the directions of an
            uptake apart.
    """

    def __init__(self, model: Model, goals: Sequence[Goal], uptakes: Sequence[Exchange], growth: int) -> None:
        super().__init__(model)
        self._parameters.tol_bnd = FEASIBLE_WITHIN_MMOL_PER_GDW_H
        self._parameters.tol_dj = PRICED_FROM
        self._goals, self._uptakes = tuple(goals), tuple(uptakes)
        self._names = [reaction.id for reaction in model.reactions]
        # Growth, the secretion of each substance, and what is optimised first.
        self._asked = [(growth, 1.0), *((u.reaction, -u.sign) for u in uptakes), (goals[0].reaction, 1.0)]
        for index, _ in self._asked:
            if self._columns[index][1]:
                message = f"a constraint of the model weighs the directions of '{self._names[index]}' apart"
                raise FluxError(ErrorClass.SOLVER, message)

    def optimise_at(self, limits: NDArray[np.float64]) -> Outcome:
        """Optimise all goals at these uptake limits (mmol/gDW/h).

        Returns:
            The outcome of the first goal.

        Raises:
            FluxError: `UNBOUNDED` if a later goal has no limit; `SOLVER`, `TIMEOUT`.
        """
        for uptake, limit in zip(self._uptakes, limits.tolist(), strict=True):
            self._set_bounds(uptake.reaction, *uptake.bounds(limit))
        with ExitStack() as faces:
            for position, goal in enumerate(self._goals):
                self.set_objective({goal.reaction: 1.0}, goal.sense)
                outcome = self.solve()
                if position == 0 and outcome is not Outcome.OPTIMAL:
                    return outcome
                self._require_optimum(goal, outcome)
                faces.enter_context(self.hold_optimal_face())
        return Outcome.OPTIMAL

    def read_active_set(self, limits: NDArray[np.float64]) -> ActiveSet:
        """The active set of the last optimum, found at these uptake limits."""
        if not self._glpk.glp_bf_exists(self._problem):
            self._glpk.glp_factorize(self._problem)
        slopes, held = self._slopes()
        free = [item for item in sorted(slopes) if np.abs(slopes[item]).max() > STILL]
        bounds = [self._item_bounds(item) for item in free]
        ends = [self._moving_ends(item) for item in free]
        nothing = np.zeros(len(self._uptakes))
        asked = [(self._rows + self._columns[index][0], factor) for index, factor in self._asked]
        return ActiveSet(
            limits=limits.copy(),
            fluxes=np.array([factor * self._item_value(item) for item, factor in asked]),
            flux_slopes=self._stack(
                [factor * held.get(item, slopes.get(item, nothing)) for item, factor in asked]
            ),
            free=np.array([self._item_value(item) for item in free]),
            free_slopes=self._stack([slopes[item] for item in free]),
            below=np.array([low for low, _ in bounds]),
            above=np.array([high for _, high in bounds]),
            below_slopes=self._stack([low for low, _ in ends]),
            above_slopes=self._stack([high for _, high in ends]),
        )

    @property
    def _rows(self) -> int:
        return int(self._glpk.glp_get_num_rows(self._problem))

    def _stack(self, rows: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.array(rows).reshape(len(rows), len(self._uptakes))

    def _slopes(self) -> tuple[dict[int, NDArray[np.float64]], dict[int, NDArray[np.float64]]]:
        """What moves with the limits: free values, and the fluxes that are held at them.

        Both are slopes per limit; an item is a row or, counted on behind the rows, a column.
        """
        glpk, problem, rows, count = self._glpk, self._problem, self._rows, len(self._uptakes)
        free: dict[int, NDArray[np.float64]] = {}
        held: dict[int, NDArray[np.float64]] = {}
        items, values = glpk.intArray(rows + 1), glpk.doubleArray(rows + 1)
        for at, uptake in enumerate(self._uptakes):
            column = self._columns[uptake.reaction][0]
            if glpk.glp_get_col_stat(problem, column) != (glpk.GLP_NL if uptake.sign < 0 else glpk.GLP_NU):
                continue
            held[rows + column] = np.zeros(count)
            held[rows + column][at] = uptake.sign
            for position in range(1, glpk.glp_eval_tab_col(problem, rows + column, items, values) + 1):
                free.setdefault(items[position], np.zeros(count))[at] = uptake.sign * values[position]
        return free, held

    def _moving_ends(self, item: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How the bounds of a free value move with the limits: those of an uptake with its own."""
        below, above = np.zeros(len(self._uptakes)), np.zeros(len(self._uptakes))
        for at, uptake in enumerate(self._uptakes):
            if item == self._rows + self._columns[uptake.reaction][0]:
                (below if uptake.sign < 0 else above)[at] = uptake.sign
        return below, above

    def _item_value(self, item: int) -> float:
        glpk, rows = self._glpk, self._rows
        if item <= rows:
            return float(glpk.glp_get_row_prim(self._problem, item))
        return float(glpk.glp_get_col_prim(self._problem, item - rows))

    def _item_bounds(self, item: int) -> tuple[float, float]:
        """As numbers, infinite where there is none."""
        glpk, problem, rows = self._glpk, self._problem, self._rows
        is_row = item <= rows
        at = item if is_row else item - rows
        lowest = (glpk.glp_get_row_lb if is_row else glpk.glp_get_col_lb)(problem, at)
        highest = (glpk.glp_get_row_ub if is_row else glpk.glp_get_col_ub)(problem, at)
        huge = sys.float_info.max
        return (-math.inf if lowest <= -huge else lowest, math.inf if highest >= huge else highest)

    def _require_optimum(self, goal: Goal, outcome: Outcome) -> None:
        if outcome is Outcome.UNBOUNDED:
            message = f"the flux of '{self._names[goal.reaction]}' has no limit at the best growth"
            raise FluxError(ErrorClass.UNBOUNDED, message, suggestions=("give it bounds", "leave it out"))
        if outcome is not Outcome.OPTIMAL:
            message = f"a feasible problem became {outcome} at the goal '{self._names[goal.reaction]}'"
            raise FluxError(ErrorClass.NUMERICAL, message)
