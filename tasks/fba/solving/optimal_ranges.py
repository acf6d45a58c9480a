"""How far fluxes may move among the optima: whether a flux of a solution is the only one.

A flux variability analysis at 100 % holds the objective within a tolerance, and a flux that costs little then
moves by many times that. Here what all optima share is held instead, so that the ranges are those of optima.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model

UNIQUE_WITHIN = 1e-6
"""A flux is unique if its range is no wider, in mmol/gDW/h or as a fraction of it."""

Range = tuple[float | None, float | None]
"""Least and greatest flux, mmol/gDW/h; None for no limit."""


def find_optimal_ranges(model: Model, indices: Iterable[int]) -> Mapping[int, Range]:
    """The range of each flux among the optima of the model's objective; empty without an optimum.

    Args:
        model: Under its present bounds and objective; it is not changed.
        indices: In `model.reactions`.
    """
    with LinearProgram(model) as program:
        if not program.objective() or program.solve() is not Outcome.OPTIMAL:
            return {}
        with program.hold_optimal_face():
            program.set_objective({}, "max")
            return {i: (program.extreme(i, "min"), program.extreme(i, "max")) for i in indices}


def is_unique(limits: Range) -> bool:
    """Whether a range is a single flux."""
    least, greatest = limits
    if least is None or greatest is None:
        return False
    return greatest - least <= UNIQUE_WITHIN * max(1.0, abs(least), abs(greatest))
