"""Which reactions of a universal model an organism has: the network with the largest sum of scores.

An integer program on HiGHS. Reactions with evidence add their score, those without cost one penalty each, and
every reaction that is kept can carry flux, growth and maintenance among them. All bounds are signs, so fluxes
can be scaled: reactions with evidence that carry flux among themselves are kept beforehand, reactions that no
flux can pass are left out beforehand, and what remains is small enough for an open solver. No threshold is
almost 0: a reaction that is kept carries 1 mmol/gDW/h or more.

That a network is chosen by scores and connected is the idea of Machado et al. 2018, doi:10.1093/nar/gky537.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.flux_network import (
    MAX_FLUX_MMOL_PER_GDW_H,
    FluxNetwork,
    find_active,
    load_program,
    start_solver,
)
from fluxagents.tasks.fba.solving.lazy_libraries import np
from fluxagents.tasks.fba.solving.solver_clock import time_solver

if TYPE_CHECKING:
    from numpy.typing import NDArray

CARRIED_MMOL_PER_GDW_H = 1.0
"""The flux of a reaction that is kept."""

NEEDED_MMOL_PER_GDW_H = 0.1
"""The flux of growth and of maintenance."""

CHOSEN = 0.5
"""A binary variable above this is 1."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The reactions to keep, and how good the choice is known to be."""

    kept: tuple[int, ...]
    """Positions, ascending."""
    score: float
    bound: float
    """No network has a larger score."""
    is_optimal: bool
    """Whether the gap asked for was reached; otherwise the limit of time ended the search."""

    @property
    def gap_fraction(self) -> float:
        """By how much a better network could exceed this one."""
        return max(0.0, self.bound - self.score) / max(abs(self.bound), 1e-9)


def select_reactions(
    network: FluxNetwork,
    scores: Sequence[float],
    needed: Sequence[int],
    *,
    gap: float,
    time_limit_s: float,
    seed: int = 0,
) -> Selection:
    """Choose the reactions.

    Args:
        network: The universal model.
        scores: By position; 0 for what may be kept for nothing, as exchanges are.
        needed: Positions of reactions that must carry flux.
        gap: Fraction of the score, at which the search ends.
        time_limit_s: Ends the search with the best network found.
        seed: Of the solver.

    Raises:
        FluxError: `INFEASIBLE` if not even all reactions let the needed ones carry flux; `TIMEOUT` if no
            network was found in time.
    """
    values = np.asarray(scores, dtype=float)
    possible = find_active(network)
    for position in needed:
        if not possible[position]:
            message = f"reaction {position} can carry no flux even with all reactions of the universal model"
            raise FluxError(ErrorClass.INFEASIBLE, message)
    network = network.restrict(possible)
    supported = find_active(network.restrict(possible & (values >= 0)))
    base = float(values[supported].sum())
    program = _SelectionProgram(network, values, possible & ~supported)
    for position in needed:
        program.require(position, NEEDED_MMOL_PER_GDW_H)
    chosen, score, bound, is_optimal = program.solve(gap * max(base, 1.0), time_limit_s, seed)
    kept = supported | (values == 0)
    kept[list(chosen)] = True
    kept = find_active(network.restrict(kept))
    return Selection(
        tuple(np.nonzero(kept)[0].tolist()), round(base + score, 6), round(base + bound, 6), is_optimal
    )


@dataclass
class _SelectionProgram:
    """Fluxes, and binary variables for the reactions that are to be decided."""

    network: FluxNetwork
    values: NDArray[Any]
    open: NDArray[Any]
    _columns: list[int] = field(default_factory=list)
    """The reaction of each binary variable."""
    _rows: list[tuple[Mapping[int, float], float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._width = self.network.stoichiometry.shape[1]
        self._lower, self._upper = self.network.lower.copy(), self.network.upper.copy()
        for position in np.nonzero(self.open)[0].tolist():
            for row in self._rows_of(position):
                self._rows.append(row)

    def require(self, position: int, flux: float) -> None:
        """A reaction must carry a flux."""
        self._lower[position] = flux

    def solve(self, gap: float, time_limit_s: float, seed: int) -> tuple[set[int], float, float, bool]:
        """The reactions that are kept, their score, its bound, and whether they are within the gap."""
        sparse = import_module("scipy.sparse")
        height, count = self.network.stoichiometry.shape[0], len(self._columns)
        entries = [
            (place, column, value)
            for place, (terms, _, _) in enumerate(self._rows)
            for column, value in terms.items()
        ]
        places, columns, coefficients = zip(*entries, strict=True) if entries else ((), (), ())
        choices = sparse.csr_matrix(
            (coefficients, (places, columns)), shape=(len(self._rows), self._width + count)
        )
        fluxes = sparse.hstack([self.network.stoichiometry, sparse.csr_matrix((height, count))])
        solver = start_solver()
        load_program(
            solver,
            sparse.vstack([fluxes, choices]).tocsc(),
            costs=np.concatenate([np.zeros(self._width), -self.values[self._columns]]),
            columns=(
                np.concatenate([self._lower, np.zeros(count)]),
                np.concatenate([self._upper, np.ones(count)]),
            ),
            rows=(
                np.concatenate([np.zeros(height), [lowest for _, lowest, _ in self._rows]]),
                np.concatenate([np.zeros(height), [highest for _, _, highest in self._rows]]),
            ),
            integers=np.concatenate([np.zeros(self._width, bool), np.ones(count, bool)]),
        )
        solver.setOptionValue("mip_abs_gap", gap)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("time_limit", float(time_limit_s))
        solver.setOptionValue("random_seed", seed)
        with time_solver("highs"):
            solver.run()
        status = solver.modelStatusToString(solver.getModelStatus())
        info = solver.getInfo()
        if not np.isfinite(info.objective_function_value) or info.primal_solution_status != 2:  # noqa: PLR2004 - feasible
            kind = ErrorClass.TIMEOUT if status == "Time limit reached" else ErrorClass.SOLVER
            hint = (f"raise 'time_limit_s' above {time_limit_s:g}",)
            raise FluxError(kind, f"HiGHS found no network: {status}", suggestions=hint)
        solution = np.asarray(solver.getSolution().col_value)[self._width :]
        chosen = {
            position
            for position, value in zip(self._columns, solution.tolist(), strict=True)
            if value > CHOSEN
        }
        return chosen, -info.objective_function_value, -info.mip_dual_bound, status == "Optimal"

    def _rows_of(self, position: int) -> Iterator[tuple[Mapping[int, float], float, float]]:
        """What ties the flux of a reaction to its binary variables, one for each direction."""
        lower, upper = self.network.lower[position], self.network.upper[position]
        if self.values[position] < 0:
            switch = self._add_column(position)
            yield {position: 1.0, switch: -upper}, -np.inf, 0.0
            yield {position: 1.0, switch: -lower}, 0.0, np.inf
        elif self.values[position] > 0:
            forward = self._add_column(position) if upper > 0 else None
            reverse = self._add_column(position) if lower < 0 else None
            least, most = CARRIED_MMOL_PER_GDW_H, MAX_FLUX_MMOL_PER_GDW_H
            above: dict[int, float] = {position: 1.0}
            below: dict[int, float] = {position: 1.0}
            if forward is not None:
                above[forward], below[forward] = -least, -most
            if reverse is not None:
                above[reverse], below[reverse] = most, least
            yield above, 0.0, np.inf
            yield below, -np.inf, 0.0
            if forward is not None and reverse is not None:
                yield {forward: 1.0, reverse: 1.0}, -np.inf, 1.0

    def _add_column(self, position: int) -> int:
        self._columns.append(position)
        return int(self._width) + len(self._columns) - 1
