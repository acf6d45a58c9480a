"""A warm linear program: a private copy of a model's GLPK problem, driven directly.

optlang scales the matrix again at each solve, which is more than half of the time of a flux variability
analysis; GLPK may also cycle from a warm basis. Here the matrix is scaled once, the basis stays warm, each
solve has a limit of time, and a solve that does not end at an optimum is repeated from an advanced basis
before its verdict is believed. The model itself is never solved, so its solver's state is as it was.

Fluxes are in mmol/gDW/h; cobra writes each reaction as forward minus reverse, both non-negative columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model

WARM_LIMIT_MS = 5_000
"""A warm solve of a genome-scale model takes milliseconds; one that takes this long is cycling."""

COLD_LIMIT_MS = 120_000
"""A cold solve of the largest public models takes a few seconds."""

NOISE_MMOL_PER_GDW_H = 1e-9
"""Fluxes below this magnitude are rounding noise of the simplex method and are reported as 0."""

Sense = Literal["min", "max"]


class LinearProgram:
    """The linear program of a model under its present bounds and objective.

    Use as a context manager: the copy is freed at the end.

    Args:
        model: Its solver must be GLPK; it is copied, never changed.

    Raises:
        FluxError: `SOLVER` if the model does not use GLPK.
    """

    def __init__(self, model: Model) -> None:
        import swiglpk

        solver = model.solver
        if solver.interface.__name__ != "optlang.glpk_interface":
            raise FluxError(
                ErrorClass.SOLVER,
                f"model '{model.id}' uses the solver '{solver.interface.__name__}'",
                suggestions=("set model.solver = 'glpk'",),
            )
        solver.update()
        self._glpk: Any = swiglpk
        self._problem = swiglpk.glp_create_prob()
        swiglpk.glp_copy_prob(self._problem, solver.problem, swiglpk.GLP_ON)
        swiglpk.glp_create_index(self._problem)
        self._parameters = swiglpk.glp_smcp()
        swiglpk.glp_init_smcp(self._parameters)
        self._parameters.msg_lev = swiglpk.GLP_MSG_OFF
        self._parameters.tol_bnd = solver.configuration.tolerances.feasibility
        self._columns = [
            (self._column(reaction.id), self._column(reaction.reverse_id)) for reaction in model.reactions
        ]
        swiglpk.glp_unscale_prob(self._problem)
        swiglpk.glp_scale_prob(self._problem, swiglpk.GLP_SF_AUTO)
        swiglpk.glp_adv_basis(self._problem, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._glpk.glp_delete_prob(self._problem)

    @property
    def has_objective(self) -> bool:
        """Whether any column has a coefficient in the objective."""
        return bool(self.objective())

    @property
    def value(self) -> float:
        """The objective's value at the last optimum."""
        return float(self._glpk.glp_get_obj_val(self._problem))

    @property
    def maximises(self) -> bool:
        """Whether the objective is to be maximised."""
        return bool(self._glpk.glp_get_obj_dir(self._problem) == self._glpk.GLP_MAX)

    def objective(self) -> dict[int, float]:
        """The objective: column -> coefficient, without zeros."""
        columns = range(1, self._glpk.glp_get_num_cols(self._problem) + 1)
        coefficients = ((column, self._glpk.glp_get_obj_coef(self._problem, column)) for column in columns)
        return {column: value for column, value in coefficients if value != 0.0}

    def objective_reactions(self) -> dict[int, float]:
        """The objective: place in `model.reactions` -> coefficient."""
        by_column = {forward: reaction for reaction, (forward, _) in enumerate(self._columns)}
        return {by_column[column]: value for column, value in self.objective().items() if column in by_column}

    def set_objective(self, coefficients: Mapping[int, float], sense: Sense) -> None:
        """Replace the objective: column -> coefficient."""
        for column in self.objective():
            self._glpk.glp_set_obj_coef(self._problem, column, 0.0)
        for column, value in coefficients.items():
            self._glpk.glp_set_obj_coef(self._problem, column, value)
        self._set_sense(sense)

    def hold_objective(self, lowest: float | None, highest: float | None) -> int:
        """Keep the present objective between two values, as a constraint; returns its row."""
        return self.add_row(self.objective(), lowest, highest)

    def add_row(self, coefficients: Mapping[int, float], lowest: float | None, highest: float | None) -> int:
        """Add a constraint on columns; returns its row."""
        glpk = self._glpk
        row = int(glpk.glp_add_rows(self._problem, 1))
        indices, values = glpk.intArray(len(coefficients) + 1), glpk.doubleArray(len(coefficients) + 1)
        for position, (column, value) in enumerate(coefficients.items(), start=1):
            indices[position], values[position] = column, value
        glpk.glp_set_mat_row(self._problem, row, len(coefficients), indices, values)
        self.bound_row(row, lowest, highest)
        return row

    def bound_row(self, row: int, lowest: float | None, highest: float | None) -> None:
        """Set the bounds of a constraint."""
        self._glpk.glp_set_row_bnds(
            self._problem, row, self._kind(lowest, highest), lowest or 0.0, highest or 0.0
        )

    def bound_reaction(self, reaction: int, lowest: float, highest: float) -> None:
        """Set the bounds in mmol/gDW/h of the reaction at this place in `model.reactions`."""
        forward, reverse = self._columns[reaction]
        self._bound_column(forward, max(lowest, 0.0), max(highest, 0.0))
        self._bound_column(reverse, max(-highest, 0.0), max(-lowest, 0.0))

    @contextmanager
    def knocked_out(self, reactions: Iterable[int]) -> Iterator[None]:
        """Fix the fluxes of these reactions (places in `model.reactions`) at zero for a while."""
        glpk, problem = self._glpk, self._problem
        columns = [column for reaction in reactions for column in self._columns[reaction]]
        before = [
            (column, glpk.glp_get_col_type(problem, column), glpk.glp_get_col_lb(problem, column),
             glpk.glp_get_col_ub(problem, column))
            for column in columns
        ]  # fmt: skip
        for column in columns:
            glpk.glp_set_col_bnds(problem, column, glpk.GLP_FX, 0.0, 0.0)
        try:
            yield
        finally:
            for column, kind, lowest, highest in before:
                glpk.glp_set_col_bnds(problem, column, kind, lowest, highest)

    def solve(self, *, dual: bool = False) -> Outcome:
        """Optimise from the present basis.

        Args:
            dual: Start with the dual simplex method: faster where bounds moved and the objective did not.

        Returns:
            `OPTIMAL`, `INFEASIBLE` or `UNBOUNDED`; the value and the fluxes are defined for `OPTIMAL` only.

        Raises:
            FluxError: `TIMEOUT` if GLPK finds no end even from a fresh basis, `SOLVER` if it fails.
        """
        glpk = self._glpk
        self._parameters.meth = glpk.GLP_DUALP if dual else glpk.GLP_PRIMAL
        self._parameters.tm_lim = WARM_LIMIT_MS
        if self._simplex() is Outcome.OPTIMAL:
            return Outcome.OPTIMAL
        glpk.glp_adv_basis(self._problem, 0)
        self._parameters.meth = glpk.GLP_PRIMAL
        self._parameters.tm_lim = COLD_LIMIT_MS
        outcome = self._simplex()
        if outcome is None:
            self._parameters.presolve = glpk.GLP_ON
            outcome = self._simplex()
            self._parameters.presolve = glpk.GLP_OFF
        if outcome is None:
            kind = ErrorClass.TIMEOUT if self._code == glpk.GLP_ETMLIM else ErrorClass.SOLVER
            status = glpk.glp_get_status(self._problem)
            raise FluxError(kind, f"GLPK stopped with code {self._code}, status {status}, and no verdict")
        return outcome

    def extreme(self, reaction: int, sense: Sense) -> float | None:
        """The least or greatest flux of a reaction in mmol/gDW/h; None if there is no finite one.

        The objective must be empty before (`set_objective({}, …)`), and is empty afterwards.
        """
        glpk, (forward, reverse) = self._glpk, self._columns[reaction]
        glpk.glp_set_obj_coef(self._problem, forward, 1.0)
        glpk.glp_set_obj_coef(self._problem, reverse, -1.0)
        self._set_sense(sense)
        outcome = self.solve()
        value = self.value
        glpk.glp_set_obj_coef(self._problem, forward, 0.0)
        glpk.glp_set_obj_coef(self._problem, reverse, 0.0)
        if outcome is Outcome.OPTIMAL:
            return clean(value)
        if outcome is Outcome.UNBOUNDED:
            return None
        raise FluxError(ErrorClass.NUMERICAL, f"a feasible problem became infeasible at reaction {reaction}")

    def fluxes(self) -> list[float]:
        """The flux of every reaction at the last optimum, mmol/gDW/h, in the order of the model."""
        primals = self._glpk.get_col_primals(self._problem)
        return [clean(primals[forward - 1] - primals[reverse - 1]) for forward, reverse in self._columns]

    def least_total_flux(self) -> Outcome:
        """Minimise the sum of all absolute fluxes (pFBA) under what is held."""
        self.set_objective(dict.fromkeys((c for pair in self._columns for c in pair), 1.0), "min")
        return self.solve()

    def columns_of(self, reaction: int) -> tuple[int, int]:
        """The forward and the reverse column of a reaction."""
        return self._columns[reaction]

    def _simplex(self) -> Outcome | None:
        glpk = self._glpk
        self._code = glpk.glp_simplex(self._problem, self._parameters)
        status = glpk.glp_get_status(self._problem)
        if self._code in {glpk.GLP_ENOPFS, glpk.GLP_ENODFS}:  # verdicts of the presolver
            return Outcome.INFEASIBLE if self._code == glpk.GLP_ENOPFS else Outcome.UNBOUNDED
        if self._code != 0:
            return None
        verdicts = {
            glpk.GLP_OPT: Outcome.OPTIMAL,
            glpk.GLP_NOFEAS: Outcome.INFEASIBLE,
            glpk.GLP_UNBND: Outcome.UNBOUNDED,
        }
        return verdicts.get(status)

    def _set_sense(self, sense: Sense) -> None:
        self._glpk.glp_set_obj_dir(
            self._problem, self._glpk.GLP_MAX if sense == "max" else self._glpk.GLP_MIN
        )

    def _column(self, name: str) -> int:
        return int(self._glpk.glp_find_col(self._problem, name))

    def _bound_column(self, column: int, lowest: float, highest: float) -> None:
        upper = None if highest == float("inf") else highest
        self._glpk.glp_set_col_bnds(self._problem, column, self._kind(lowest, upper), lowest, upper or 0.0)

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


def places(model: Model, ids: Sequence[str]) -> list[int]:
    """Where these reactions stand in `model.reactions`."""
    return [model.reactions.index(identifier) for identifier in ids]
