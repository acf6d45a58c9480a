"""Growth phases: times in which a culture takes up and secretes the same substances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fluxagents.tasks.fba.dynamics.time_course import GROWTH, Segment
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H


@dataclass(frozen=True, slots=True)
class GrowthPhase:
    """A time with the same uptakes and secretions; in each phase growth may change."""

    from_h: float
    to_h: float
    growth_at_start_per_h: float
    growth_at_end_per_h: float
    taken_up: tuple[str, ...]
    """Exchange reactions."""
    secreted: tuple[str, ...]
    active_sets: int


def find_phases(segments: Sequence[Segment]) -> tuple[GrowthPhase, ...]:
    """The phases of a culture in order; neighbours differ in what is taken up or secreted."""
    phases: list[GrowthPhase] = []
    for segment in segments:
        phase = _read_phase(segment)
        before = phases[-1] if phases else None
        if before is not None and (before.taken_up, before.secreted) == (phase.taken_up, phase.secreted):
            phases[-1] = replace(
                before,
                to_h=phase.to_h,
                growth_at_end_per_h=phase.growth_at_end_per_h,
                active_sets=before.active_sets + 1,
            )
        else:
            phases.append(phase)
    return tuple(phases)


def _read_phase(segment: Segment) -> GrowthPhase:
    """A segment as a phase of its own; what is exchanged is read in its middle."""
    start, middle, end = (
        segment.fluxes_at(time, segment.solution(time)).tolist()
        for time in (segment.start_h, (segment.start_h + segment.end_h) / 2, segment.end_h)
    )
    exchanged = {s.exchange: middle[GROWTH + 1 + at] for at, s in enumerate(segment.medium.substances)}
    return GrowthPhase(
        from_h=segment.start_h,
        to_h=segment.end_h,
        growth_at_start_per_h=start[GROWTH],
        growth_at_end_per_h=end[GROWTH],
        taken_up=tuple(name for name, flux in exchanged.items() if flux < -ZERO_FLUX_MMOL_PER_GDW_H),
        secreted=tuple(name for name, flux in exchanged.items() if flux > ZERO_FLUX_MMOL_PER_GDW_H),
        active_sets=1,
    )
