"""Whether a cell survives without some reactions, by the fewest fluxes that do: a small, warm linear program.

The total flux is minimised at the least growth that counts as life, on the reduced network. The flux
distributions that it finds are sparse, as the pruning of Fast-SL wants them, and a closed reaction leaves the
basis dual feasible, so that a few steps of the dual simplex method answer. All bounds are scaled so that
the growth is 1: at a hundredth of the wild type's growth itself, a cofactor of which little is needed
would be lost in the tolerance of the solver.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from fluxagents.tasks.fba.cut_sets.reduced_network import CoupledReactions, ReducedNetwork
from fluxagents.tasks.fba.solving.linear_program import NOISE_MMOL_PER_GDW_H
from fluxagents.tasks.fba.solving.wild_type import Disabled

if TYPE_CHECKING:
    from cobra import Model, Reaction

AVOIDANCE = 1_000.0
"""Cost of a flux to be avoided, of another: more than any way around it is long."""

LIMIT_ITERATIONS = 5_000
"""A solve takes some dozens; one that takes so many is cycling."""


class SurvivalProgram:
    """Growth at a rate, by the least total flux; use as a context manager.

    Args:
        model: Under its conditions; every constraint is the balance of a metabolite.
        growth: Reaction -> coefficient: the sum that is growth.
        least_per_h: The rate.

    Attributes:
        groups: Index in `model.reactions` of what can carry flux -> rank of its group of coupled reactions.
    """

    def __init__(self, model: Model, growth: Mapping[Reaction, float], least_per_h: float) -> None:
        self._glpk: Any = import_module("swiglpk")  # the module itself: its functions are called in loops
        network = ReducedNetwork(model)
        self.groups: Mapping[int, int] = network.ranks
        self._members = [frozenset(group.factors) for group in network.groups]
        self._problem = self._glpk.glp_create_prob()
        self._glpk.glp_term_out(self._glpk.GLP_OFF)
        # Of each group its total flux per flux; its columns, each way, with their greatest values.
        self._costs = [sum(map(abs, group.factors.values())) for group in network.groups]
        self._columns: list[tuple[tuple[int, float], ...]] = []
        weights = {model.reactions.index(reaction): value for reaction, value in growth.items()}
        self._build(network.groups, weights, least_per_h)
        self._parameters = self._glpk.glp_smcp()
        self._glpk.glp_init_smcp(self._parameters)
        self._parameters.msg_lev = self._glpk.GLP_MSG_OFF
        self._parameters.it_lim = LIMIT_ITERATIONS
        self._glpk.glp_scale_prob(self._problem, self._glpk.GLP_SF_AUTO)
        self._glpk.glp_adv_basis(self._problem, 0)
        self._parameters.meth = self._glpk.GLP_PRIMAL
        self._glpk.glp_simplex(self._problem, self._parameters)
        self._parameters.meth = self._glpk.GLP_DUALP
        self._basis = self._read_basis()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._glpk.glp_delete_prob(self._problem)

    def find_active(self, closed: Disabled, avoided: Disabled = frozenset()) -> Disabled | None:
        """The reactions that carry flux in a strain without some groups; None if none is found.

        Args:
            closed: Groups without flux.
            avoided: Groups that shall have as little flux as possible.
        """
        glpk, problem = self._glpk, self._problem
        columns = [pair for group in closed for pair in self._columns[group]]
        for column, _ in columns:
            glpk.glp_set_col_bnds(problem, column, glpk.GLP_FX, 0.0, 0.0)
        self._restore_basis()
        code = glpk.glp_simplex(problem, self._parameters)
        is_alive = code == 0 and glpk.glp_get_status(problem) == glpk.GLP_OPT
        if is_alive and avoided:
            self._avoid(avoided)
        active = self._read_active() if is_alive else None
        for column, highest in columns:
            glpk.glp_set_col_bnds(problem, column, glpk.GLP_DB, 0.0, highest)
        return active

    def _avoid(self, groups: Disabled) -> None:
        """Go on to the least total flux of which that of these groups costs most."""
        glpk, problem = self._glpk, self._problem
        weighed = [(column, self._costs[group]) for group in groups for column, _ in self._columns[group]]
        for column, cost in weighed:
            glpk.glp_set_obj_coef(problem, column, AVOIDANCE * cost)
        self._parameters.meth = glpk.GLP_PRIMAL
        glpk.glp_simplex(problem, self._parameters)
        self._parameters.meth = glpk.GLP_DUALP
        for column, cost in weighed:
            glpk.glp_set_obj_coef(problem, column, cost)

    def _read_active(self) -> Disabled:
        primals = self._glpk.get_col_primals(self._problem)
        active: set[int] = set()
        for columns, members in zip(self._columns, self._members, strict=True):
            if any(primals[column - 1] >= NOISE_MMOL_PER_GDW_H for column, _ in columns):
                active |= members
        return frozenset(active)

    def _build(
        self, groups: tuple[CoupledReactions, ...], weights: Mapping[int, float], least_per_h: float
    ) -> None:
        glpk, problem = self._glpk, self._problem
        places = sorted({place for group in groups for place in group.metabolites})
        rows = {place: row for row, place in enumerate(places, start=1)}
        glpk.glp_add_rows(problem, len(rows) + 1)
        growth = len(rows) + 1
        for row in rows.values():
            glpk.glp_set_row_bnds(problem, row, glpk.GLP_FX, 0.0, 0.0)
        glpk.glp_set_row_bnds(problem, growth, glpk.GLP_LO, 1.0, 0.0)
        for total, group in zip(self._costs, groups, strict=True):
            terms = {rows[place]: value for place, value in group.metabolites.items()}
            grown = sum(weights.get(index, 0.0) * factor for index, factor in group.factors.items())
            if grown:
                terms[growth] = grown
            lowest, highest = group.lowest / least_per_h, group.highest / least_per_h
            self._columns.append(
                tuple(
                    (self._add_column({row: sign * v for row, v in terms.items()}, total, least, most), most)
                    for sign, least, most in (
                        (1.0, max(lowest, 0.0), highest),
                        (-1.0, max(-highest, 0.0), -lowest),
                    )
                    if most > 0
                )
            )

    def _add_column(self, terms: Mapping[int, float], cost: float, lowest: float, highest: float) -> int:
        glpk, problem = self._glpk, self._problem
        column = int(glpk.glp_add_cols(problem, 1))
        rows, values = glpk.intArray(len(terms) + 1), glpk.doubleArray(len(terms) + 1)
        for position, (row, value) in enumerate(terms.items(), start=1):
            rows[position], values[position] = row, value
        glpk.glp_set_mat_col(problem, column, len(terms), rows, values)
        glpk.glp_set_obj_coef(problem, column, cost)
        kind = glpk.GLP_FX if lowest == highest else glpk.GLP_DB
        glpk.glp_set_col_bnds(problem, column, kind, lowest, highest)
        return column

    def _read_basis(self) -> tuple[list[int], list[int]]:
        glpk, problem = self._glpk, self._problem
        return (
            [glpk.glp_get_row_stat(problem, row) for row in range(1, glpk.glp_get_num_rows(problem) + 1)],
            [glpk.glp_get_col_stat(problem, col) for col in range(1, glpk.glp_get_num_cols(problem) + 1)],
        )

    def _restore_basis(self) -> None:
        problem, (rows, columns) = self._problem, self._basis
        set_row, set_column = self._glpk.glp_set_row_stat, self._glpk.glp_set_col_stat
        for row, status in enumerate(rows, start=1):
            set_row(problem, row, status)
        for column, status in enumerate(columns, start=1):
            set_column(problem, column, status)
