"""The capacity of a reaction, and what more of it is worth.

Capacity is the most flux (mmol/gDW/h) that a reaction may carry in one direction; for an exchange reaction in
the direction of uptake it is the supply of a nutrient. The best value of the objective is a concave piecewise
linear function of it.

Values are those of an objective that is maximised, and the negative of one that is minimised: a gain is
positive when more capacity helps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from fluxagents.tasks.fba.sensitivity.piecewise_linear import Evaluate, Tangent
from fluxagents.tasks.fba.solving.linear_program import NOISE_MMOL_PER_GDW_H, LinearProgram, Sense
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model, Reaction


@dataclass(frozen=True, slots=True)
class Capacity:
    """The capacity of one reaction in one direction."""

    index: int
    """In `model.reactions`."""
    is_reverse: bool
    """Whether it is that of the negative direction, as for the uptake of a nutrient."""
    limit: float
    """Under the present bounds, mmol/gDW/h; negative for a flux that is forced in the other direction."""
    opposite: float
    """The other bound, which stays."""

    @classmethod
    def of(cls, model: Model, reaction: Reaction, *, is_reverse: bool) -> Self:
        """The capacity of a reaction under its present bounds."""
        low, high = map(float, reaction.bounds)
        limit, opposite = (0.0 - low, high) if is_reverse else (high, low)
        return cls(model.reactions.index(reaction), is_reverse, limit, opposite)

    @classmethod
    def of_uptake(cls, model: Model, exchange: Reaction) -> Self:
        """The supply of the nutrient of an exchange reaction."""
        return cls.of(model, exchange, is_reverse=bool(exchange.reactants))

    def bounds(self, limit: float) -> tuple[float, float] | None:
        """The bounds of the reaction with another capacity; None if they contradict each other."""
        low, high = (0.0 - limit, self.opposite) if self.is_reverse else (self.opposite, limit)
        return (low, high) if low <= high else None

    def is_used_up(self, fluxes: Sequence[float]) -> bool:
        """Whether fluxes, in the order of the model, leave none of it."""
        used = 0.0 - fluxes[self.index] if self.is_reverse else fluxes[self.index]
        return used > self.limit - NOISE_MMOL_PER_GDW_H * max(1.0, abs(self.limit))

    def as_bound(self, limit: float) -> float:
        """The bound of the reaction that a capacity is."""
        return 0.0 - limit if self.is_reverse else limit

    def gain(self, program: LinearProgram) -> float:
        """What one more unit of capacity is worth at the present optimum, by its dual solution."""
        lower, upper = program.get_bound_prices(self.index)
        return direction(program) * (0.0 - lower if self.is_reverse else upper)


def best_under(
    program: LinearProgram, capacities: Sequence[Capacity], limits: Sequence[float]
) -> tuple[float, tuple[float, ...]] | None:
    """The best value with other capacities, and the gain of each; None without an optimum."""
    bounds: dict[int, tuple[float, float]] = {}
    for capacity, limit in zip(capacities, limits, strict=True):
        allowed = capacity.bounds(limit)
        if allowed is None:
            return None
        bounds[capacity.index] = allowed
    return _solve(program, bounds, lambda: tuple(capacity.gain(program) for capacity in capacities))


def as_function(program: LinearProgram, capacity: Capacity) -> Evaluate:
    """The best value as a function of one capacity."""

    def evaluate(limit: float) -> Tangent | None:
        best = best_under(program, (capacity,), (limit,))
        return None if best is None else Tangent(limit, best[0], best[1][0])

    return evaluate


def as_function_of_flux(program: LinearProgram, index: int) -> Evaluate:
    """The best value as a function of the flux (mmol/gDW/h) at which one reaction is held."""

    def evaluate(flux: float) -> Tangent | None:
        best = _solve(program, {index: (flux, flux)}, lambda: (sum(program.get_bound_prices(index)),))
        return None if best is None else Tangent(flux, best[0], direction(program) * best[1][0])

    return evaluate


def flux_range(program: LinearProgram, index: int, bounds: tuple[float, float]) -> tuple[float, float] | None:
    """The least and greatest feasible flux of a reaction within bounds, mmol/gDW/h; None if none is feasible.

    The objective is as it was afterwards.
    """
    objective = program.objective()
    sense: Sense = "max" if program.maximises else "min"
    program.set_objective({}, "max")
    try:
        with program.hold_bounds({index: bounds}):
            if program.solve() is not Outcome.OPTIMAL:
                return None
            least, greatest = program.extreme(index, "min"), program.extreme(index, "max")
    finally:
        program.set_objective(objective, sense)
    return (-math.inf if least is None else least), (math.inf if greatest is None else greatest)


def _solve(
    program: LinearProgram,
    bounds: Mapping[int, tuple[float, float]],
    read_prices: Callable[[], tuple[float, ...]],
) -> tuple[float, tuple[float, ...]] | None:
    with program.hold_bounds(bounds):
        if program.solve(dual=True) is not Outcome.OPTIMAL:
            return None
        return direction(program) * program.value, read_prices()


def direction(program: LinearProgram) -> float:
    """1 for an objective that is maximised, -1 for one that is minimised."""
    return 1.0 if program.maximises else -1.0
