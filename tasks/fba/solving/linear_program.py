"""A warm linear program: a private copy of a model's GLPK problem, driven directly.

optlang scales the matrix again at each solve, which is more than half of the time of a flux variability
analysis; GLPK may also cycle from a warm basis. Here the matrix is scaled once, the basis stays warm, each
solve has a limit of time, and a solve that does not end at an optimum is repeated from an advanced basis
before its verdict is believed. The model itself is never solved, so its solver's state is as it was.

Fluxes are in mmol/gDW/h. cobra writes each reaction as forward minus reverse, two columns; here they are one
column, which halves the work of each iteration, unless absolute fluxes are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.lazy_libraries import np, swiglpk
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.fba.solving.solver_clock import time_solver

if TYPE_CHECKING:
    from cobra import Model

WARM_LIMIT_ITERATIONS = 5_000
"""A warm solve of a genome-scale model takes some dozens of iterations; one that takes so many is cycling.
Counted rather than timed, so that a busy machine takes the same path and finds the same digits."""

WARM_LIMIT_MS = 20_000
"""For the iterations that are themselves slow."""

COLD_LIMIT_ITERATIONS = 10
"""For each row and column: a cold solve takes one or two; one that takes so many is cycling too."""

COLD_LIMIT_MS = 120_000
"""A cold solve of the largest public models takes a few seconds."""

MAX_ITERATIONS = 2_147_483_647

NOISE_MMOL_PER_GDW_H = 1e-9
"""Fluxes below this magnitude are rounding noise of the simplex method and are reported as 0."""

PRICED_FROM = 1e-9
"""A bound whose price is smaller, per mmol/gDW/h, holds back nothing."""

_Statuses = tuple[tuple[int, int], ...]
"""Row or column -> its status in a basis."""

Sense = Literal["min", "max"]


class LinearProgram:
    """The linear program of a model under its present bounds and objective.

    Use as a context manager: the copy is freed at the end.

    Args:
        model: Its solver must be GLPK; it is copied, never changed.
        split: Keep forward and reverse fluxes apart, as pFBA needs them.

    Constraints and variables beside the mass balances are kept.

    Raises:
        FluxError: `SOLVER` if the model does not use GLPK, has integer variables, or an objective that is not
            a weighted sum of net fluxes.
    """

    def __init__(self, model: Model, *, split: bool = False) -> None:
        self._glpk: Any = import_module("swiglpk")  # the module itself: its functions are called in loops
        solver = _glpk_solver(model)
        glpk = self._glpk
        glpk.glp_term_out(glpk.GLP_OFF)  # the basis is announced on the terminal otherwise
        self._problem = glpk.glp_create_prob()
        glpk.glp_copy_prob(self._problem, solver.problem, glpk.GLP_ON)
        # Earlier solves, and changes taken back, must not choose among equal optima nor move the
        # last digits.
        glpk.glp_sort_matrix(self._problem)
        glpk.glp_std_basis(self._problem)
        self._parameters = glpk.glp_smcp()
        glpk.glp_init_smcp(self._parameters)
        self._parameters.msg_lev = glpk.GLP_MSG_OFF
        self._parameters.tol_bnd = solver.configuration.tolerances.feasibility
        self._code = 0
        self._is_fresh = True
        self._flux_positions: Any = None
        self._basis: tuple[_Statuses, _Statuses] = ((), ())
        self._columns = self._split_columns(model)
        self._metabolite_rows = [glpk.glp_find_row(self._problem, item.id) for item in model.metabolites]
        self._check_objective(model)
        if not split:
            self._join_columns(model)
        glpk.glp_unscale_prob(self._problem)
        glpk.glp_scale_prob(self._problem, glpk.GLP_SF_AUTO)
        glpk.glp_adv_basis(self._problem, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._glpk.glp_delete_prob(self._problem)

    @property
    def value(self) -> float:
        """The objective's value at the last optimum."""
        return float(self._glpk.glp_get_obj_val(self._problem))

    @property
    def maximises(self) -> bool:
        """Whether the objective is to be maximised."""
        return bool(self._glpk.glp_get_obj_dir(self._problem) == self._glpk.GLP_MAX)

    @property
    def iterations(self) -> int:
        """Simplex iterations so far: a solve that adds none has not moved the solution."""
        return int(self._glpk.glp_get_it_cnt(self._problem))

    def objective(self) -> dict[int, float]:
        """The objective: index in `model.reactions` -> coefficient, without zeros."""
        get = self._glpk.glp_get_obj_coef
        terms = ((index, get(self._problem, pair[0])) for index, pair in enumerate(self._columns))
        return {index: value for index, value in terms if value != 0.0}

    def set_objective(self, coefficients: Mapping[int, float], sense: Sense) -> None:
        """Replace the objective: index in `model.reactions` -> coefficient of its flux."""
        for column in range(1, self._glpk.glp_get_num_cols(self._problem) + 1):
            self._glpk.glp_set_obj_coef(self._problem, column, 0.0)
        self._set_sense(sense)
        for index, value in coefficients.items():
            self._weigh(index, value)

    def minimise_total_flux(self) -> Outcome:
        """Minimise the sum of all absolute fluxes (pFBA) under what is held; the program must be split."""
        return self.minimise_parts(dict.fromkeys(range(len(self._columns)), (1.0, 1.0)))

    def minimise_parts(self, weights: Mapping[int, tuple[float, float]]) -> Outcome:
        """Minimise weighted forward and reverse fluxes, both at least 0; the program must be split.

        Args:
            weights: Index in `model.reactions` -> weight of the forward and of the reverse flux.
        """
        self.set_objective({}, "min")
        for index, pair in weights.items():
            for column, weight in zip(self._columns[index], pair, strict=True):
                self._glpk.glp_set_obj_coef(self._problem, column, weight)
        return self.solve()

    def hold_objective(self, lowest: float | None, highest: float | None) -> int:
        """Keep the present objective between two values, as a constraint; returns its row."""
        terms = {
            column: value * sign
            for index, value in self.objective().items()
            for column, sign in zip(self._columns[index], (1.0, -1.0), strict=True)
            if column
        }
        return self._add_row(terms, lowest, highest)

    def limit_parts(self, weights: Mapping[int, tuple[float, float]], highest: float | None) -> int:
        """Keep the weighted sum of forward and reverse fluxes below a value; the program must be split.

        Args:
            weights: As of `minimise_parts`.
            highest: None for no limit.

        Returns:
            The row of the constraint.
        """
        terms = {
            column: weight
            for index, pair in weights.items()
            for column, weight in zip(self._columns[index], pair, strict=True)
        }
        return self._add_row(terms, None, highest)

    def get_row_price(self, row: int) -> float:
        """By how much the best value changes if the bound of a constraint rises by one."""
        return float(self._glpk.glp_get_row_dual(self._problem, row))

    def _add_row(self, terms: Mapping[int, float], lowest: float | None, highest: float | None) -> int:
        glpk, row = self._glpk, int(self._glpk.glp_add_rows(self._problem, 1))
        columns, values = glpk.intArray(len(terms) + 1), glpk.doubleArray(len(terms) + 1)
        for position, (column, value) in enumerate(terms.items(), start=1):
            columns[position], values[position] = column, value
        glpk.glp_set_mat_row(self._problem, row, len(terms), columns, values)
        self.set_row_bounds(row, lowest, highest)
        return row

    def set_row_bounds(self, row: int, lowest: float | None, highest: float | None) -> None:
        """Set the bounds of a constraint; None for no bound."""
        kind = self._kind(lowest, highest)
        self._glpk.glp_set_row_bnds(self._problem, row, kind, lowest or 0.0, highest or 0.0)

    @contextmanager
    def hold_bounds(self, bounds: Mapping[int, tuple[float, float]]) -> Iterator[None]:
        """Give reactions other bounds in mmol/gDW/h for a while: index in `model.reactions` -> bounds."""
        glpk, problem = self._glpk, self._problem
        columns = [column for index in bounds for column in self._columns[index] if column]
        getters = (glpk.glp_get_col_type, glpk.glp_get_col_lb, glpk.glp_get_col_ub)
        before = [(column, *(get(problem, column) for get in getters)) for column in columns]
        for index, (lowest, highest) in bounds.items():
            self._set_bounds(index, lowest, highest)
        try:
            yield
        finally:
            for column, kind, lowest, highest in before:
                glpk.glp_set_col_bnds(problem, column, kind, lowest, highest)

    @contextmanager
    def hold_optimal_face(self) -> Iterator[None]:
        """Hold what all optima of the last solve share: what is at a bound that has a price stays there.

        That is exactly the set of optima, whatever dual solution was found, and needs no constraint that
        holds the objective within a tolerance.
        """
        held = [
            (is_row, at, self._fix(at, is_row=is_row))
            for is_row, count in (
                (True, self._glpk.glp_get_num_rows(self._problem)),
                (False, self._glpk.glp_get_num_cols(self._problem)),
            )
            for at in range(1, count + 1)
            if self._has_price(at, is_row=is_row)
        ]
        try:
            yield
        finally:
            for is_row, at, before in held:
                self._release(at, before, is_row=is_row)

    def remember_basis(self) -> None:
        """Keep the present basis for `restore_basis`."""
        glpk, problem = self._glpk, self._problem
        rows = range(1, glpk.glp_get_num_rows(problem) + 1)
        columns = range(1, glpk.glp_get_num_cols(problem) + 1)
        self._basis = (
            tuple((row, glpk.glp_get_row_stat(problem, row)) for row in rows),
            tuple((column, glpk.glp_get_col_stat(problem, column)) for column in columns),
        )

    def restore_basis(self) -> None:
        """Restore the remembered basis, so that later solves do not depend on those in between."""
        problem, (rows, columns) = self._problem, self._basis
        set_row, set_column = self._glpk.glp_set_row_stat, self._glpk.glp_set_col_stat
        for row, status in rows:
            set_row(problem, row, status)
        for column, status in columns:
            set_column(problem, column, status)

    def solve(self, *, dual: bool = False) -> Outcome:
        """Optimise from the present basis; the first time, from one that GLPK's presolver finds.

        Args:
            dual: Start with the dual simplex method: many times faster if the basis is optimal but for bounds
                that moved, and prone to cycling from any other basis.

        Returns:
            `OPTIMAL`, `INFEASIBLE` or `UNBOUNDED`; the value and the fluxes are defined for `OPTIMAL` only.

        Raises:
            FluxError: `TIMEOUT` if GLPK finds no end even from a fresh basis, `SOLVER` if it fails.
        """
        glpk = self._glpk
        if self._is_fresh:
            self._is_fresh = False
            self._find_basis()
        self._parameters.meth = glpk.GLP_DUALP if dual else glpk.GLP_PRIMAL
        self._parameters.it_lim = WARM_LIMIT_ITERATIONS
        self._parameters.tm_lim = WARM_LIMIT_MS
        outcome = self._simplex()
        if outcome is Outcome.OPTIMAL:
            return outcome
        self._find_basis()
        if outcome is Outcome.INFEASIBLE and self._code == glpk.GLP_ENOPFS:
            return outcome
        if self._code != 0:
            glpk.glp_adv_basis(self._problem, 0)
        self._allow_cold_solve()
        outcome = self._simplex()
        if outcome is None:
            glpk.glp_std_basis(self._problem)
            self._parameters.it_lim = MAX_ITERATIONS
            outcome = self._simplex()
        if outcome is None:
            kind = ErrorClass.TIMEOUT if self._code == glpk.GLP_ETMLIM else ErrorClass.SOLVER
            status = glpk.glp_get_status(self._problem)
            raise FluxError(kind, f"GLPK stopped with code {self._code}, status {status}, and no verdict")
        return outcome

    def extreme(self, index: int, sense: Sense) -> float | None:
        """The least or greatest flux of a reaction in mmol/gDW/h; None if there is no finite one.

        The objective must be empty before (`set_objective({}, …)`), and is empty afterwards.
        """
        self._weigh(index, 1.0)
        self._set_sense(sense)
        outcome = self.solve()
        value = self.value
        self._weigh(index, 0.0)
        if outcome is Outcome.INFEASIBLE:
            raise FluxError(ErrorClass.NUMERICAL, f"a feasible problem became infeasible at reaction {index}")
        return clean(value) if outcome is Outcome.OPTIMAL else None

    def fluxes(self) -> list[float]:
        """The flux of every reaction at the last optimum, mmol/gDW/h, in the order of the model."""
        fluxes = self.net_fluxes()
        fluxes[abs(fluxes) < NOISE_MMOL_PER_GDW_H] = 0.0
        return list(fluxes.tolist())

    def get_reduced_costs(self, index: int) -> tuple[float, float]:
        """The reduced costs of the forward and the reverse flux; the program must be split."""
        forward, reverse = self._columns[index]
        get = self._glpk.glp_get_col_dual
        return float(get(self._problem, forward)), float(get(self._problem, reverse))

    def get_bound_prices(self, index: int) -> tuple[float, float]:
        """By how much the best value changes if the lower or the upper bound of a reaction rises by one.

        One dual solution of maybe many: at a degenerate optimum the change differs between the sides.
        """
        forward, reverse = self._columns[index]
        below, above = self._bound_prices(forward)
        if not reverse:
            return below, above
        # Of each bound one column moves: the reverse flux that is below 0, the forward flux that is above.
        backwards_below, backwards_above = self._bound_prices(reverse)
        has_negative, has_positive = (
            self._glpk.glp_get_col_ub(self._problem, column) > 0 for column in (reverse, forward)
        )
        return (
            0.0 - backwards_above if has_negative else below,
            above if has_positive else 0.0 - backwards_below,
        )

    def get_metabolite_prices(self) -> list[float]:
        """By how much the best value changes per mmol/gDW/h of a metabolite that is supplied, for each.

        One dual solution of maybe many, in the order of the model.
        """
        get = self._glpk.glp_get_row_dual
        return [0.0 - get(self._problem, row) for row in self._metabolite_rows]

    def net_fluxes(self) -> Any:
        """As `fluxes`, with rounding noise, as a NumPy array."""
        if self._flux_positions is None:
            self._flux_positions = np.array(self._columns, dtype=np.intp).reshape(-1, 2).T - 1
        forward, reverse = self._flux_positions
        # Column 0, "no reverse", is the last item.
        primals = np.array([*self._glpk.get_col_primals(self._problem), 0.0])
        return primals[forward] - primals[reverse]

    def active_reactions(self) -> frozenset[int]:
        """The indices in `model.reactions` of those that carry flux at the last optimum."""
        active = np.flatnonzero(np.abs(self.net_fluxes()) >= NOISE_MMOL_PER_GDW_H)
        return frozenset(active.tolist())

    def _bound_prices(self, column: int) -> tuple[float, float]:
        """Of a column: at an optimum only the bound that holds it back has a price."""
        price = float(self._glpk.glp_get_col_dual(self._problem, column))
        return (price, 0.0) if (price < 0) == self.maximises else (0.0, price)

    def _has_price(self, at: int, *, is_row: bool) -> bool:
        """Whether a row or column is at one of two bounds, and the optimum would move with it."""
        glpk, problem = self._glpk, self._problem
        status = (glpk.glp_get_row_stat if is_row else glpk.glp_get_col_stat)(problem, at)
        if status not in {glpk.GLP_NL, glpk.GLP_NU}:
            return False
        price = (glpk.glp_get_row_dual if is_row else glpk.glp_get_col_dual)(problem, at)
        return bool(abs(price) > PRICED_FROM)

    def _fix(self, at: int, *, is_row: bool) -> tuple[int, int, float, float]:
        """Fix a row or column at its bound; returns status, kind and bounds from before."""
        glpk, problem = self._glpk, self._problem
        getters = (
            (glpk.glp_get_row_stat, glpk.glp_get_row_type, glpk.glp_get_row_lb, glpk.glp_get_row_ub)
            if is_row
            else (glpk.glp_get_col_stat, glpk.glp_get_col_type, glpk.glp_get_col_lb, glpk.glp_get_col_ub)
        )
        status, kind, lowest, highest = (get(problem, at) for get in getters)
        bound = lowest if status == glpk.GLP_NL else highest
        set_bounds = glpk.glp_set_row_bnds if is_row else glpk.glp_set_col_bnds
        set_bounds(problem, at, glpk.GLP_FX, bound, bound)
        return status, kind, lowest, highest

    def _release(self, at: int, before: tuple[int, int, float, float], *, is_row: bool) -> None:
        glpk, problem, (status, kind, lowest, highest) = self._glpk, self._problem, before
        present = (glpk.glp_get_row_stat if is_row else glpk.glp_get_col_stat)(problem, at)
        (glpk.glp_set_row_bnds if is_row else glpk.glp_set_col_bnds)(problem, at, kind, lowest, highest)
        if present != glpk.GLP_BS:  # what is at a bound stays at the same one, not at the one nearer to 0
            (glpk.glp_set_row_stat if is_row else glpk.glp_set_col_stat)(problem, at, status)

    def _find_basis(self) -> None:
        """Solve the program simplified, in half the time; the verdict needs another solve that agrees."""
        self._allow_cold_solve()
        self._parameters.presolve = self._glpk.GLP_ON
        self._simplex()
        self._parameters.presolve = self._glpk.GLP_OFF

    def _allow_cold_solve(self) -> None:
        glpk = self._glpk
        self._parameters.meth = glpk.GLP_PRIMAL
        size = glpk.glp_get_num_rows(self._problem) + glpk.glp_get_num_cols(self._problem)
        self._parameters.it_lim = COLD_LIMIT_ITERATIONS * size
        self._parameters.tm_lim = COLD_LIMIT_MS

    def _simplex(self) -> Outcome | None:
        glpk = self._glpk
        with time_solver("glpk"):
            self._code = glpk.glp_simplex(self._problem, self._parameters)
        if self._code != 0:
            return None
        verdicts = {
            glpk.GLP_OPT: Outcome.OPTIMAL,
            glpk.GLP_NOFEAS: Outcome.INFEASIBLE,
            glpk.GLP_UNBND: Outcome.UNBOUNDED,
        }
        return verdicts.get(glpk.glp_get_status(self._problem))

    def _split_columns(self, model: Model) -> list[tuple[int, int]]:
        find, problem = self._glpk.glp_find_col, self._problem
        self._glpk.glp_create_index(problem)
        return [
            (find(problem, reaction.id), find(problem, reaction.reverse_id)) for reaction in model.reactions
        ]

    def _check_objective(self, model: Model) -> None:
        get = self._glpk.glp_get_obj_coef
        weights = {column: get(self._problem, column) for pair in self._columns for column in pair}
        others = set(range(1, self._glpk.glp_get_num_cols(self._problem) + 1)).difference(weights)
        if any(weights[forward] != -weights[reverse] for forward, reverse in self._columns) or any(
            get(self._problem, column) for column in others
        ):
            raise FluxError(
                ErrorClass.SOLVER,
                f"the objective of model '{model.id}' is not a weighted sum of net fluxes",
                suggestions=("give the argument 'objective'",),
            )

    def _join_columns(self, model: Model) -> None:
        """Make forward and reverse flux one column, except where a constraint weighs them apart."""
        glpk, apart = self._glpk, self._columns_weighed_apart(model)
        joined = [column for forward, column in self._columns if forward not in apart]
        reverse = glpk.intArray(len(joined) + 1)
        for position, column in enumerate(joined, start=1):
            reverse[position] = column
        if joined:
            glpk.glp_del_cols(self._problem, len(joined), reverse)
        find = glpk.glp_find_col
        self._columns = [
            (
                find(self._problem, reaction.id),
                find(self._problem, reaction.reverse_id) if forward in apart else 0,
            )
            for reaction, (forward, _) in zip(model.reactions, self._columns, strict=True)
        ]
        for index, reaction in enumerate(model.reactions):
            self._set_bounds(index, *reaction.bounds)

    def _columns_weighed_apart(self, model: Model) -> set[int]:
        """The forward columns of reactions whose fluxes some constraint does not weigh as opposites."""
        glpk, count = self._glpk, self._glpk.glp_get_num_rows(self._problem)
        apart: set[int] = set()
        if count == len(model.metabolites):
            return apart
        columns = glpk.intArray(glpk.glp_get_num_cols(self._problem) + 1)
        values = glpk.doubleArray(glpk.glp_get_num_cols(self._problem) + 1)
        for row in range(1, count + 1):
            length = glpk.glp_get_mat_row(self._problem, row, columns, values)
            weights = {columns[position]: values[position] for position in range(1, length + 1)}
            apart |= {
                forward
                for forward, reverse in self._columns
                if weights.get(forward, 0.0) != -weights.get(reverse, 0.0)
            }
        return apart

    def _weigh(self, index: int, coefficient: float) -> None:
        forward, reverse = self._columns[index]
        self._glpk.glp_set_obj_coef(self._problem, forward, coefficient)
        if reverse:
            self._glpk.glp_set_obj_coef(self._problem, reverse, -coefficient)

    def _set_sense(self, sense: Sense) -> None:
        self._glpk.glp_set_obj_dir(
            self._problem, self._glpk.GLP_MAX if sense == "max" else self._glpk.GLP_MIN
        )

    def _set_bounds(self, index: int, lowest: float, highest: float) -> None:
        forward, reverse = self._columns[index]
        if reverse:
            self._set_column_bounds(forward, max(lowest, 0.0), max(highest, 0.0))
            self._set_column_bounds(reverse, max(-highest, 0.0), max(-lowest, 0.0))
        else:
            self._set_column_bounds(forward, lowest, highest)

    def _set_column_bounds(self, column: int, lowest: float, highest: float) -> None:
        lower, upper = (None if math.isinf(bound) else float(bound) for bound in (lowest, highest))
        kind = self._kind(lower, upper)
        self._glpk.glp_set_col_bnds(self._problem, column, kind, lower or 0.0, upper or 0.0)

    def _kind(self, lowest: float | None, highest: float | None) -> int:
        glpk = self._glpk
        if lowest is None:
            return int(glpk.GLP_FR if highest is None else glpk.GLP_UP)
        if highest is None:
            return int(glpk.GLP_LO)
        return int(glpk.GLP_FX if lowest == highest else glpk.GLP_DB)


def clean(flux: float) -> float:
    """The flux, with rounding noise of the solver as 0."""
    return 0.0 if abs(flux) < NOISE_MMOL_PER_GDW_H else float(flux)


def _glpk_solver(model: Model) -> Any:
    """The model's solver, if it is GLPK without integer variables."""
    solver = model.solver
    if solver.interface.__name__ != "optlang.glpk_interface":
        raise FluxError(
            ErrorClass.SOLVER,
            f"model '{model.id}' uses the solver '{solver.interface.__name__}'",
            suggestions=("set model.solver = 'glpk'",),
        )
    solver.update()
    integers = swiglpk.glp_get_num_int(solver.problem)
    if integers:
        message = f"model '{model.id}' has {integers} integer variables, and this is a linear program"
        raise FluxError(ErrorClass.SOLVER, message, suggestions=("remove them from model.solver",))
    return solver
