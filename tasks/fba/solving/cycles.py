"""Internal cycles: fluxes that no nutrient drives and thermodynamics forbids, and flux ranges without them.

A flux distribution is free of cycles if no part of it, in the same directions, balances with all boundary
reactions closed (Schellenberger, Lewis, Palsson 2011, doi:10.1016/j.bpj.2010.12.3707). Fluxes in mmol/gDW/h.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.linear_program import LinearProgram, Sense, clean
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H, Outcome

if TYPE_CHECKING:
    from cobra import Model

Direction = tuple[int, int]
"""Index of a reaction in `model.reactions`, and 1 for forward or -1 for backward."""

PROBE_MMOL_PER_GDW_H = 1_000.0
"""How far a cycle may turn when it is looked for; its least reaction then carries far more than noise."""

TURNING_MMOL_PER_GDW_H = 1e-3

UNLIMITED_MMOL_PER_GDW_H = 1e5
"""Stands for an infinite bound of a reaction in a cycle; a range that reaches it is not finite."""

MAX_BRANCHES = 1_000
"""Ways to break cycles that are tried for one end of one range; iJO1366 needs 256 at most, and
mostly fewer than ten."""

_CYCLE_OVER_LENGTH = 1e4
"""What a cycle through the reaction asked for is worth, in reactions that it may pass."""


@dataclass(frozen=True, slots=True)
class Cycles:
    """The cycles of a model, as a linear program with every reaction closed but those that are looked at."""

    program: LinearProgram
    ids: Sequence[str]
    """Of all reactions."""
    bounds: Sequence[tuple[float, float]]
    """Of all reactions."""
    internal: Sequence[int]
    """Indices of the reactions that are not boundary reactions."""

    @property
    def forced_reactions(self) -> frozenset[int]:
        """Internal reactions whose bounds exclude a zero flux."""
        return frozenset(
            index for index in self.internal if self.bounds[index][0] > 0 or self.bounds[index][1] < 0
        )

    def directions(self) -> frozenset[Direction]:
        """The directions in which reactions can take part in a cycle, judged by the signs of their bounds."""
        limits = self.probes(self.internal)
        in_cycles: set[Direction] = set()
        with self.program.hold_bounds(limits):
            one_way = {
                (index, 1 if highest else -1)
                for index, (lowest, highest) in limits.items()
                if bool(lowest) != bool(highest)
            }
            while new := self._turning(one_way - in_cycles) - in_cycles:
                in_cycles |= new
            self.program.set_objective({}, "max")
            self.program.solve()
            senses: Mapping[int, Sense] = {1: "max", -1: "min"}
            for index, (lowest, highest) in limits.items():
                if not (lowest and highest):
                    continue
                for sign, sense in senses.items():
                    if (index, sign) not in in_cycles:
                        self.program.extreme(index, sense)
                        in_cycles |= self._present()
        return frozenset(in_cycles)

    def probes(self, indices: Iterable[int]) -> dict[int, tuple[float, float]]:
        """Bounds that allow internal reactions a flux in the directions of their own bounds, or none."""
        internal = set(self.internal)
        return {
            index: (-PROBE_MMOL_PER_GDW_H * (lowest < 0), PROBE_MMOL_PER_GDW_H * (highest > 0))
            for index in indices
            if index in internal
            for lowest, highest in (self.bounds[index],)
        }

    def within(self, fluxes: Sequence[float], kept: Collection[int] = ()) -> list[float]:
        """The largest part of a flux distribution that is cycles and may be taken from it within the bounds.

        Args:
            fluxes: Of all reactions.
            kept: Indices of reactions whose flux must stay.
        """
        limits, weights = {}, {}
        for index in self.internal:
            flux, (lowest, highest) = fluxes[index], self.bounds[index]
            if flux > ZERO_FLUX_MMOL_PER_GDW_H and index not in kept:
                limits[index], weights[index] = (0.0, max(flux - max(lowest, 0.0), 0.0)), 1.0
            elif flux < -ZERO_FLUX_MMOL_PER_GDW_H and index not in kept:
                limits[index], weights[index] = (min(flux - min(highest, 0.0), 0.0), 0.0), -1.0
        with self.program.hold_bounds(limits):
            self.program.set_objective(weights, "max")
            if self.program.solve() is not Outcome.OPTIMAL:
                raise FluxError(ErrorClass.NUMERICAL, "the cycles of a flux distribution could not be found")
            return [float(flux) for flux in self.program.net_fluxes()]

    def through(self, index: int, fluxes: Sequence[float]) -> tuple[Direction, ...]:
        """A shortest cycle through a reaction in the directions of the fluxes; empty if there is none."""
        signs = {
            other: 1 if fluxes[other] > 0 else -1
            for other in self.internal
            if abs(fluxes[other]) > ZERO_FLUX_MMOL_PER_GDW_H
        }
        if index not in signs:
            return ()
        limits = {other: (0.0, math.inf) if sign > 0 else (-math.inf, 0.0) for other, sign in signs.items()}
        limits[index] = (min(signs[index], 0), max(signs[index], 0))
        with self.program.hold_bounds(limits):
            weights = {other: -float(sign) for other, sign in signs.items()}
            weights[index] = _CYCLE_OVER_LENGTH * signs[index]
            self.program.set_objective(weights, "max")
            if self.program.solve() is not Outcome.OPTIMAL:
                raise FluxError(
                    ErrorClass.NUMERICAL, f"the cycles through '{self.ids[index]}' could not be found"
                )
            turning = self.program.net_fluxes()
        return tuple(
            (other, sign) for other, sign in signs.items() if abs(turning[other]) > ZERO_FLUX_MMOL_PER_GDW_H
        )

    def _turning(self, directions: Collection[Direction]) -> set[Direction]:
        if not directions:
            return set()
        self.program.set_objective({index: float(sign) for index, sign in directions}, "max")
        self.program.solve()
        return self._present()

    def _present(self) -> set[Direction]:
        fluxes = self.program.net_fluxes()
        return {
            (index, 1 if fluxes[index] > 0 else -1)
            for index in self.internal
            if abs(fluxes[index]) > TURNING_MMOL_PER_GDW_H
        }


@contextmanager
def cycles_of(model: Model) -> Iterator[Cycles]:
    """The cycles of a model under its present bounds; raises as `LinearProgram`."""
    internal = tuple(index for index, reaction in enumerate(model.reactions) if not reaction.boundary)
    bounds = tuple(reaction.bounds for reaction in model.reactions)
    with LinearProgram(model) as program, program.hold_bounds(dict.fromkeys(range(len(bounds)), (0.0, 0.0))):
        yield Cycles(program, [reaction.id for reaction in model.reactions], bounds, internal)


@dataclass(frozen=True, slots=True)
class LooplessRanges:
    """Flux ranges without cycles, by branch and bound over the ways to break the cycles that appear.

    A solution that is not free of cycles has one whose reactions cannot all keep their direction: each branch
    forbids one of them. Cycles that do not pass the reaction in question are taken out without a branch, and
    a reaction in no cycle needs none, so that few of the many linear programs of the usual mixed-integer form
    are left.
    """

    program: LinearProgram
    """Net fluxes; with whatever must hold."""
    cycles: Cycles
    directions: frozenset[Direction]
    kept: frozenset[int]
    """Reactions whose cycles cannot be taken out: those of the objective, and those that bounds force."""

    @property
    def bends_all(self) -> bool:
        """Whether cycles may change the range of a reaction that is itself in none."""
        return any(index in self.kept for index, _ in self.directions)

    def extreme(self, index: int, sense: Sense) -> float | None:
        """The least or greatest flux of a reaction without cycles; None if there is no finite one.

        Raises:
            FluxError: `NUMERICAL` if too many ways to break the cycles must be tried, `INFEASIBLE` if the
                bounds force a cycle.
        """
        sign = 1 if sense == "max" else -1
        endless = {
            other: (max(lowest, -UNLIMITED_MMOL_PER_GDW_H), min(highest, UNLIMITED_MMOL_PER_GDW_H))
            for other in {member for member, _ in self.directions}
            for lowest, highest in (self.cycles.bounds[other],)
            if math.isinf(lowest) or math.isinf(highest)
        }
        with self.program.hold_bounds(endless):
            self.program.set_objective({index: float(sign)}, "max")
            value = self._search(index)
        return None if value is None or abs(value) >= UNLIMITED_MMOL_PER_GDW_H else clean(sign * value)

    def _search(self, index: int) -> float | None:
        program, order = self.program, count()
        if program.solve() is not Outcome.OPTIMAL:
            return None
        program.remember_basis()
        open_ = [
            (
                *_rank(program.value, 0),
                next(order),
                program.value,
                frozenset[Direction](),
                program.net_fluxes(),
            )
        ]
        seen: set[frozenset[Direction]] = set()
        while open_:
            *_, bound, broken, fluxes = heapq.heappop(open_)
            cycle = self._cycle(index, fluxes)
            if not cycle:
                return bound
            for direction in cycle:
                branch = broken | {direction}
                if branch in seen or not self._breakable(direction):
                    continue
                seen.add(branch)
                if len(seen) > MAX_BRANCHES:
                    raise FluxError(
                        ErrorClass.NUMERICAL,
                        f"'{self.cycles.ids[index]}' lies in too many cycles: {MAX_BRANCHES} ways to break "
                        "them did not settle its range",
                        suggestions=("leave it out of 'reactions'", "set 'loopless' to false"),
                    )
                with program.hold_bounds(self._limits(branch)):
                    program.restore_basis()
                    if program.solve(dual=True) is Outcome.OPTIMAL:
                        rank = _rank(program.value, len(branch))
                        heapq.heappush(
                            open_, (*rank, next(order), program.value, branch, program.net_fluxes())
                        )
        raise FluxError(
            ErrorClass.INFEASIBLE,
            f"the bounds force a cycle at '{self.cycles.ids[index]}'",
            suggestions=("leave it out of 'reactions'", "set 'loopless' to false"),
        )

    def _cycle(self, index: int, fluxes: Sequence[float]) -> tuple[Direction, ...]:
        """A cycle that must be broken; empty if the reaction's flux needs none."""
        removed = self.cycles.within(fluxes, self.kept | {index})
        rest = [flux - part for flux, part in zip(fluxes, removed, strict=True)]
        for through in (index, *sorted(self.kept)):
            if cycle := self.cycles.through(through, rest):
                return cycle
        return ()

    def _breakable(self, direction: Direction) -> bool:
        lowest, highest = self.cycles.bounds[direction[0]]
        return lowest <= 0 if direction[1] > 0 else highest >= 0

    def _limits(self, broken: Collection[Direction]) -> dict[int, tuple[float, float]]:
        limits: dict[int, tuple[float, float]] = {}
        for index, sign in broken:
            lowest, highest = limits.get(index, self.cycles.bounds[index])
            limits[index] = (lowest, min(highest, 0.0)) if sign > 0 else (max(lowest, 0.0), highest)
        return limits


def _rank(bound: float, broken: int) -> tuple[float, int]:
    """The priority of a branch: the best bound first, then the most broken cycles."""
    return (-round(bound, 6), -broken)
