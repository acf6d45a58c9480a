"""The mass balance of a culture: what was there, came in, was made and went out, against what is left.

The concentrations come from the integration; what cells made, the feed brought and the outflow took is
integrated again here, by Gauss-Legendre quadrature over the curves. Where both agree, the curves are the ones
of the fluxes that are reported with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.dynamics.time_course import BIOMASS, FIRST_SUBSTANCE, VOLUME, Segment
from fluxagents.tasks.fba.solving.lazy_libraries import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

QUADRATURE_POINTS = 4
"""For each step of the integration."""

NEGLIGIBLE_AMOUNT = 1e-3
"""In mmol or gDW: a gap is a fraction of no less."""


@dataclass(frozen=True, slots=True, eq=False)
class MassBalance:
    """Amounts of biomass (gDW) and of each substance (mmol), in this order."""

    start: Vector
    fed: Vector
    transferred: Vector
    """From a gas; negative into it."""
    made: Vector
    """By cells; negative for what they take up."""
    drained: Vector
    """With the outflow."""
    end: Vector
    exchanged: Vector
    """What cells made and what they took up, without regard to sign."""

    @property
    def gap(self) -> Vector:
        """What is left beyond the sum; 0 where the balance is closed."""
        rest: Vector = self.end - (self.start + self.fed + self.transferred + self.made - self.drained)
        return rest

    @property
    def gap_fraction(self) -> Vector:
        """The gap as a fraction of all that there ever was."""
        turned_over = self.start + self.fed + np.abs(self.transferred) + self.exchanged
        share: Vector = np.abs(self.gap) / np.maximum(turned_over, NEGLIGIBLE_AMOUNT)
        return share


def sum_up(segments: Sequence[Segment]) -> MassBalance:
    """The balance of a culture from its first to its last moment; at least one segment."""
    first, last = segments[0], segments[-1]
    nodes, weights = np.polynomial.legendre.leggauss(QUADRATURE_POINTS)
    totals = np.zeros((5, 1 + len(first.medium.substances)))
    for segment in segments:
        for low, high in pairwise(segment.times.tolist()):
            half = (high - low) / 2
            for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True):
                totals += weight * half * np.array(list(_rates(segment, low + half * (1 + node))))
    fed, transferred, made, drained, exchanged = totals
    return MassBalance(
        _amounts(first.solution(first.start_h)),
        fed,
        transferred,
        made,
        drained,
        _amounts(last.solution(last.end_h)),
        exchanged,
    )


def _amounts(state: Vector) -> Vector:
    """Biomass and substances in the whole vessel."""
    amounts: Vector = np.append(state[BIOMASS], state[FIRST_SUBSTANCE:]) * state[VOLUME]
    return amounts


def _rates(segment: Segment, time_h: float) -> Iterator[Vector]:
    """What is fed, transferred, made, drained and exchanged per hour, in the whole vessel."""
    medium, state = segment.medium, segment.solution(time_h)
    volume, now = state[VOLUME], state[FIRST_SUBSTANCE:]
    fluxes = segment.fluxes_at(time_h, state)
    inflow = medium.vessel.inflow(time_h, float(volume), is_fed=segment.is_fed)
    feed = [0.0, *(substance.feed_mmol_per_l for substance in medium.substances)]
    transfer = np.array([substance.transfer_per_h for substance in medium.substances])
    saturation = np.array([substance.saturation_mmol_per_l for substance in medium.substances])
    yield np.array(feed) * inflow
    yield np.append(0.0, transfer * (saturation - now)) * volume
    made = fluxes[: 1 + len(medium.substances)] * state[BIOMASS] * volume
    yield made
    yield np.append(state[BIOMASS], now) * medium.vessel.outflow(float(volume))
    yield np.abs(made)
