"""Artificially centred hit-and-run in a polytope of fluxes, each chain on its own (OptGP).

cobra's sampler moves in twice the dimensions, forward and reverse fluxes apart, over which its samples are
spread, and needs ten minutes on iJO1366 before its first sample; here the net fluxes are sampled.
Megchelenbrink, Huynen, Marchiori 2014, doi:10.1371/journal.pone.0086587.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

FIXED_MMOL_PER_GDW_H = 1e-6
"""A flux whose vertices differ by less does not move: the rest is rounding of the simplex method."""

START = 0.95
"""How far from the centre towards a random vertex a chain starts."""


@dataclass(frozen=True, slots=True)
class FluxSpace:
    """All that may be sampled: vertices as rows, and the least and greatest of each column.

    The last column is the growth that is kept, a sum of the fluxes before it.
    """

    points: Any
    lowest: Any
    highest: Any

    @classmethod
    def span_polytope(cls, points: Any, lowest: Any, highest: Any, weights: Any, floor: float) -> FluxSpace:
        """The space between vertices.

        Args:
            points: Vertices by fluxes, mmol/gDW/h.
            lowest: The least of each flux.
            highest: The greatest of each flux.
            weights: Coefficient of each flux in the sum that has a floor; all 0 for no floor.
            floor: The least of that sum.
        """
        fixed = np.ptp(points, axis=0) <= FIXED_MMOL_PER_GDW_H
        points[:, fixed] = np.clip(points[0, fixed], lowest[fixed], highest[fixed])
        return cls(
            points=np.column_stack([points, points @ weights]),
            lowest=np.append(lowest, floor if weights.any() else -np.inf),
            highest=np.append(highest, np.inf),
        )

    def violation(self, samples: Any) -> float:
        """How far any sample is outside any limit, mmol/gDW/h; 0 if none is."""
        return float(max(np.max(self.lowest - samples), np.max(samples - self.highest), 0.0))


@dataclass(slots=True)
class Chain:
    """One random walk; its centre is the mean of all that it has visited and of the vertices."""

    space: FluxSpace
    random: Any
    """A NumPy generator."""
    centre: Any = field(init=False)
    visited: int = field(init=False)

    def __post_init__(self) -> None:
        self.centre = self.space.points.mean(axis=0)
        self.visited = len(self.space.points)

    def samples(self, count: int, thinning: int) -> Any:
        """Samples as rows: one after every `thinning` steps."""
        at = self.centre + START * (self._vertex() - self.centre)
        kept = np.empty((count, len(at)))
        for row in range(count):
            for _ in range(thinning):
                at = self._step(at)
            kept[row] = at
        return kept

    def _vertex(self) -> Any:
        return self.space.points[self.random.integers(len(self.space.points))]

    def _step(self, at: Any) -> Any:
        """A uniform point on the line through `at` towards a random vertex as seen from the centre."""
        direction = self._vertex() - self.centre
        moves = np.abs(direction) > FIXED_MMOL_PER_GDW_H * 1e-3
        along, here = direction[moves], at[moves]
        back = np.minimum(self.space.lowest[moves] - here, 0.0) / along
        forth = np.maximum(self.space.highest[moves] - here, 0.0) / along
        lowest = np.minimum(back, forth).max(initial=-np.inf)
        highest = np.maximum(back, forth).min(initial=np.inf)
        if np.isfinite(lowest) and np.isfinite(highest):
            at = at + self.random.uniform(lowest, highest) * direction
        self.visited += 1
        self.centre = self.centre + (at - self.centre) / self.visited
        return at
