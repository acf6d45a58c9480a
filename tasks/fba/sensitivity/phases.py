"""The phases of a plane of two capacities: regions in which the best value rises by the same gains.

The best value is concave and piecewise linear over the plane, so two regions with the same gains are one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from fluxagents.tasks.fba.sensitivity.capacity import Capacity, as_function, best_under
from fluxagents.tasks.fba.sensitivity.piecewise_linear import SAME_VALUE, find_level
from fluxagents.tasks.fba.solving.linear_program import LinearProgram

Place = tuple[float, float]
"""The limits of both capacities, mmol/gDW/h."""

SAME_GAIN = 1e-6
"""Gains that differ by less, or by less than this fraction, are the same."""

OFF_CENTRE = (0.5137, 0.4871)
"""Where each cell of the grid is probed: away from the lines through whole and half numbers, on which phases
of a network with whole coefficients meet, and gains are not unique."""


@dataclass(slots=True)
class Region:
    """A phase: the best value is `value_at_origin` plus the gains times the limits."""

    gains: tuple[float, float]
    value_at_origin: float
    cells: list[Place] = field(default_factory=list)
    """Where cells of the grid were probed that lie in it."""

    def has_gains(self, gains: tuple[float, float]) -> bool:
        """Whether its gains are these, within tolerance."""
        return all(
            abs(mine - other) <= SAME_GAIN * max(1.0, abs(mine))
            for mine, other in zip(self.gains, gains, strict=True)
        )

    def reaches(self, place: Place, value: float) -> bool:
        """Whether a place with this best value is in it or on its edge."""
        height = self.value_at_origin + sum(g * limit for g, limit in zip(self.gains, place, strict=True))
        return abs(height - value) <= SAME_GAIN * max(1.0, abs(value))


class Plane:
    """The best value over the limits of two capacities.

    Args:
        program: At an optimum.
        axes: Both capacities.
        highest: The limits at the far ends of the axes; the near ends are 0.
        points: On each axis.
    """

    def __init__(
        self, program: LinearProgram, axes: tuple[Capacity, Capacity], highest: Place, points: int
    ) -> None:
        self._program = program
        self._axes = axes
        self._highest = highest
        self._points = points

    def best(self, place: Place) -> float | None:
        """The best value at a place; None if nothing is feasible there."""
        found = best_under(self._program, self._axes, place)
        return None if found is None else found[0]

    def grid(self) -> Iterator[Place]:
        """The points of the grid, column by column, there and back, so that neighbours follow each other."""
        for column, row in self._steps(self._points):
            yield self._place(column, row)

    def find_regions(self) -> list[Region]:
        """The phases, the largest first; a phase that is smaller than a cell may be missed."""
        regions: list[Region] = []
        for column, row in self._steps(self._points - 1):
            place = self._place(column + OFF_CENTRE[0], row + OFF_CENTRE[1])
            found = best_under(self._program, self._axes, place)
            if found is None:
                continue
            value, gains = found[0], (found[1][0], found[1][1])
            region = next((region for region in regions if region.has_gains(gains)), None)
            if region is None:
                origin = value - sum(gain * limit for gain, limit in zip(gains, place, strict=True))
                region = Region(gains, origin)
                regions.append(region)
            region.cells.append(place)
        return sorted(regions, key=lambda region: -len(region.cells))

    def find_line_of_optimality(self) -> Iterator[tuple[Place, float]]:
        """For each first limit the least second one that gives all growth, and that; without those beyond."""
        first, second = self._axes
        for column in range(self._points):
            limit = self._place(column, 0)[0]
            bounds = first.bounds(limit)
            if bounds is None:
                continue
            with self._program.hold_bounds({first.index: bounds}):
                function = as_function(self._program, second)
                top = function(self._highest[1])
                if top is not None and top.slope <= SAME_GAIN:
                    yield (limit, find_level(function, 0.0, top, top.value)), top.value

    def _place(self, column: float, row: float) -> Place:
        steps = self._points - 1
        return self._highest[0] * column / steps, self._highest[1] * row / steps

    def _steps(self, count: int) -> Iterator[tuple[int, int]]:
        for column, step in product(range(count), range(count)):
            yield column, step if column % 2 == 0 else count - 1 - step


def round_up(limit: float) -> float:
    """The next number above with two digits, for the end of an axis."""
    if limit <= 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(limit)) - 1)
    return math.ceil(limit / unit - SAME_VALUE) * unit
