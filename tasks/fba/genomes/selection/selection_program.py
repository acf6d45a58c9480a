"""The integer program that chooses reactions: fluxes, and a binary variable for what each choice is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.selection.connections import Row, Switch, list_connections
from fluxagents.tasks.fba.genomes.selection.flux_network import (
    ZERO_FLUX,
    FluxNetwork,
    load_program,
    start_solver,
)
from fluxagents.tasks.fba.solving.lazy_libraries import np
from fluxagents.tasks.fba.solving.solver_clock import time_solver

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHOICE_TOLERANCE = 1e-8
"""Of a binary variable: as a fraction of the largest flux less than any that counts."""

_FEASIBLE = 2
"""HiGHS's status of a solution that keeps all bounds."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the solver found."""

    fluxes: NDArray[Any]
    """By position, mmol/gDW/h; what carries none is left out."""
    bound: float
    """No choice is worth more."""
    is_optimal: bool


@dataclass(frozen=True, slots=True)
class SelectionProgram:
    """Which of the open reactions carry flux, for the largest sum of what they are worth.

    A reaction that costs something carries flux only if its variable is 1. One that brings something brings
    it if it carries its least flux or more; less is allowed and brings nothing, so that no least flux can
    stand in the way of growth.
    """

    network: FluxNetwork
    values: NDArray[Any]
    """By position; what is 0 has no variable."""
    least: NDArray[Any]
    """By position, mmol/gDW/h."""
    needed: Sequence[int]
    """Positions of reactions that always carry flux, as the network's lower bounds say."""

    def list_switches(self) -> list[Switch]:
        """The binary variables, in the order of the columns after the fluxes."""
        switches: list[Switch] = []
        first = int(self.network.stoichiometry.shape[1])
        for position in np.nonzero(self.values)[0].tolist():
            forward = bool(self.network.upper[position] > 0)
            reverse = bool(self.network.lower[position] < 0)
            if self.values[position] < 0:
                directions = [(forward, reverse)]
            else:
                directions = [(True, False)] * forward + [(False, True)] * reverse
            for way in directions:
                switches.append(Switch(position, first + len(switches), *way))
        return switches

    def solve(self, start: NDArray[Any], *, gap: float, time_limit_s: float, seed: int) -> Choice:
        """Choose, from a flux that the network can carry.

        Args:
            start: A flux by position, from whose choice the search begins.
            gap: In what choices are worth; the search ends when no other is better by more.
            time_limit_s: Ends the search with the best choice found.
            seed: Of the solver.

        Raises:
            FluxError: `TIMEOUT` if no choice was found in time, `SOLVER` for any other failure.
        """
        switches = self.list_switches()
        rows = [row for switch in switches for row in self._list_bounds(switch)]
        rows.extend(self._list_directions(switches))
        always = [Switch(position, None, forward=True, reverse=False) for position in self.needed]
        rows.extend(list_connections(self.network, [*switches, *always]))
        solver = self._load(switches, rows)
        first = import_module("highspy").HighsSolution()
        first.col_value = [*start.tolist(), *(float(self._is_on(switch, start)) for switch in switches)]
        solver.setSolution(first)
        solver.setOptionValue("mip_abs_gap", gap)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("time_limit", float(time_limit_s))
        solver.setOptionValue("random_seed", seed)
        solver.setOptionValue("mip_feasibility_tolerance", CHOICE_TOLERANCE)
        with time_solver("highs"):
            solver.run()
        status, info = solver.modelStatusToString(solver.getModelStatus()), solver.getInfo()
        if info.primal_solution_status != _FEASIBLE:
            if status == "Time limit reached":
                hint = (f"raise 'time_limit_s' above {time_limit_s:g}",)
                raise FluxError(ErrorClass.TIMEOUT, "HiGHS found no network in time", suggestions=hint)
            raise FluxError(ErrorClass.SOLVER, f"HiGHS found no network: {status}")
        fluxes = np.asarray(solver.getSolution().col_value)[: len(self.values)]
        return Choice(
            np.where(np.abs(fluxes) > ZERO_FLUX, fluxes, 0.0), -info.mip_dual_bound, status == "Optimal"
        )

    def _load(self, switches: Sequence[Switch], rows: Sequence[Row]) -> Any:
        sparse = import_module("scipy.sparse")
        (height, width), count = self.network.stoichiometry.shape, len(switches)
        entries = [(place, *entry) for place, (terms, _, _) in enumerate(rows) for entry in terms.items()]
        places, columns, coefficients = zip(*entries, strict=True) if entries else ((), (), ())
        choices = sparse.csr_matrix((coefficients, (places, columns)), shape=(len(rows), width + count))
        fluxes = sparse.hstack([self.network.stoichiometry, sparse.csr_matrix((height, count))])
        worth = np.array([self.values[switch.reaction] for switch in switches])
        solver = start_solver()
        load_program(
            solver,
            sparse.vstack([fluxes, choices]).tocsc(),
            costs=np.concatenate([np.zeros(width), -worth]),
            columns=(
                np.concatenate([self.network.lower, np.zeros(count)]),
                np.concatenate([self.network.upper, np.ones(count)]),
            ),
            rows=(
                np.concatenate([np.zeros(height), [lowest for _, lowest, _ in rows]]),
                np.concatenate([np.zeros(height), [highest for _, _, highest in rows]]),
            ),
            integers=np.concatenate([np.zeros(width, bool), np.ones(count, bool)]),
        )
        return solver

    def _is_on(self, switch: Switch, fluxes: NDArray[Any]) -> bool:
        flux, least = fluxes[switch.reaction], self.least[switch.reaction]
        if self.values[switch.reaction] < 0:
            return bool(abs(flux) > 0)
        return bool(flux >= least if switch.forward else -flux >= least)

    def _list_bounds(self, switch: Switch) -> Iterator[Row]:
        """What ties the flux of a reaction to its variable."""
        position, column = switch.reaction, switch.column
        assert column is not None
        lower, upper = float(self.network.lower[position]), float(self.network.upper[position])
        least = float(self.least[position])
        if self.values[position] < 0:
            yield {position: 1.0, column: -upper}, -np.inf, 0.0
            yield {position: 1.0, column: -lower}, 0.0, np.inf
        elif switch.forward:
            yield {position: 1.0, column: lower - least}, lower, np.inf
        else:
            yield {position: 1.0, column: upper + least}, -np.inf, upper

    def _list_directions(self, switches: Sequence[Switch]) -> Iterator[Row]:
        """No reaction carries flux in both directions."""
        for one, other in pairwise(switches):
            if one.reaction == other.reaction:
                assert one.column is not None
                assert other.column is not None
                yield {one.column: 1.0, other.column: 1.0}, -np.inf, 1.0
