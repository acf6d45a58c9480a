"""An active set: which bounds hold the optimum, and the fluxes as functions of those that move.

While the active set of a linear program stays, its optimum is an affine function of the bounds. It stays
optimal until a flux that is free reaches one of its own bounds (Höffner, Harwood & Barton 2013,
doi:10.1002/bit.24748).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.solving.lazy_libraries import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ActiveSet:
    """One basis of a linear program with k uptakes that are limited by bounds that move.

    All fluxes are in mmol/gDW/h, growth in 1/h; an uptake limit is at least 0.
    """

    limits: Vector
    """The k uptake limits at which the basis was found."""
    fluxes: Vector
    """At those limits: growth (1/h), the secretion of each substance (negative for uptake), and the flux that
    is optimised first."""
    flux_slopes: Vector
    """How they change with each limit; one row for each flux."""
    free: Vector
    """The free values at those limits: fluxes between their bounds that move with a limit."""
    free_slopes: Vector
    below: Vector
    """Lower bounds of the free values."""
    above: Vector
    """Their upper bounds."""
    below_slopes: Vector
    """How the lower bounds move with each limit: -1 for a free uptake of its own limit."""
    above_slopes: Vector

    def fluxes_at(self, limits: Vector) -> Vector:
        """These fluxes at other limits, as long as the set stays active."""
        moved: Vector = self.fluxes + self.flux_slopes @ (limits - self.limits)
        return moved

    def slack(self, limits: Vector) -> float:
        """The least distance of a free value from its bounds; negative where the set is not active."""
        if not self.free.size:
            return float("inf")
        moved = limits - self.limits
        free = self.free + self.free_slopes @ moved
        room_below = free - (self.below + self.below_slopes @ moved)
        room_above = self.above + self.above_slopes @ moved - free
        return float(min(room_below.min(), room_above.min()))
