"""The time course of a culture: an ordinary differential equation for each active set.

Between two changes of the active set the fluxes are smooth functions of the concentrations, so that a solver
of differential equations takes large steps without a linear program in any of them. Where a free flux reaches
a bound, a substance is used up or a feed begins, the moment is found as a root, and the linear program is
solved again there (Höffner, Harwood & Barton 2013, doi:10.1002/bit.24748).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from scipy.integrate import solve_ivp  # type: ignore[import-untyped] # scipy ships no types

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.dynamics.active_set import ActiveSet
from fluxagents.tasks.fba.dynamics.ordered_program import OrderedProgram
from fluxagents.tasks.fba.dynamics.substance import Substance
from fluxagents.tasks.fba.dynamics.vessel import Vessel
from fluxagents.tasks.fba.solving.lazy_libraries import np
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

BIOMASS, VOLUME, FIRST_SUBSTANCE = 0, 1, 2
"""Places in a state: biomass in gDW/L, volume in L, then concentrations in mmol/L."""

GROWTH = 0
"""Place in the fluxes of an active set; the exchanges of the substances follow."""

RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE = 1e-10, 1e-12
"""Of the integration, per step."""

LEFT_AT_MMOL_PER_GDW_H = 1e-7
"""An active set is left when a free flux is so far beyond its bound."""

USED_UP_BELOW_MMOL_PER_L = 1e-3
"""Of a substance whose uptake slows down before it is used up; one with constant uptake is used up at 0."""

RISES_FROM_MMOL_PER_GDW_H = 1e-9
"""A used-up substance of which so much more is supplied than taken up is there again."""

MAX_CHANGES = 2_000
"""More changes of the active set are a failure of the method: a culture has some dozens."""

MAX_VIOLATION_MMOL_PER_GDW_H = 1e-5
"""An optimum that is further beyond its bounds is none."""

End = Literal["time", "infeasible", "full"]


@dataclass(frozen=True, slots=True)
class Medium:
    """What is in the vessel and flows in, and how cells take it up."""

    vessel: Vessel
    substances: tuple[Substance, ...]
    saturated: tuple[float, ...]
    """Uptake of each substance at saturation, mmol/gDW/h."""

    def limits(self, time_h: float, state: Vector, used_up: frozenset[int], *, is_fed: bool) -> Vector:
        """The uptake limits (mmol/gDW/h): of what is used up, no more than is supplied."""
        concentrations = dict(
            zip((s.exchange for s in self.substances), state[FIRST_SUBSTANCE:].tolist(), strict=True)
        )
        limits = [
            s.limit(most, concentrations) for s, most in zip(self.substances, self.saturated, strict=True)
        ]
        if used_up:
            supply = self.supply(time_h, state, is_fed=is_fed)
            biomass = max(float(state[BIOMASS]), 1e-300)
            for at in used_up:
                limits[at] = min(limits[at], max(float(supply[at]), 0.0) / biomass)
        return np.array(limits)

    def supply(self, time_h: float, state: Vector, *, is_fed: bool) -> Vector:
        """What flow and gas bring of each substance beyond what they take, mmol/L/h."""
        now = state[FIRST_SUBSTANCE:]
        dilution = self.vessel.inflow(time_h, state[VOLUME], is_fed=is_fed) / state[VOLUME]
        feed = np.array([s.feed_mmol_per_l for s in self.substances])
        transfer = np.array([s.transfer_per_h for s in self.substances])
        saturation = np.array([s.saturation_mmol_per_l for s in self.substances])
        supplied: Vector = dilution * (feed - now) + transfer * (saturation - now)
        return supplied


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A time in which one active set holds."""

    active: ActiveSet
    used_up: frozenset[int]
    is_fed: bool
    times: Vector
    """Steps of the integration, h."""
    solution: Callable[[Any], Vector]
    """The state at any time of the segment."""
    medium: Medium

    @property
    def start_h(self) -> float:
        return float(self.times[0])

    @property
    def end_h(self) -> float:
        return float(self.times[-1])

    def limits_at(self, time_h: float, state: Vector) -> Vector:
        """The uptake limits, mmol/gDW/h."""
        return self.medium.limits(time_h, state, self.used_up, is_fed=self.is_fed)

    def fluxes_at(self, time_h: float, state: Vector) -> Vector:
        """Growth (1/h) and the exchange fluxes (mmol/gDW/h, positive for secretion)."""
        return self.active.fluxes_at(self.limits_at(time_h, state))


@dataclass(slots=True)
class TimeCourse:
    """A culture from its beginning to its end."""

    outcome: Outcome = Outcome.OPTIMAL
    """Of the first linear program."""
    first: ActiveSet | None = None
    """Of the beginning; None unless the first program has an optimum."""
    segments: list[Segment] = field(default_factory=list)
    ended_by: End = "time"
    used_up_at_h: dict[int, float] = field(default_factory=dict)
    """Place of a substance -> when it was used up for the first time."""

    def segment_at(self, time_h: float) -> Segment:
        """The segment of a time; the earlier one at a change."""
        return next((s for s in self.segments if time_h <= s.end_h), self.segments[-1])


def follow_culture(program: OrderedProgram, medium: Medium, start: Vector, hours: float) -> TimeCourse:
    """Follow a culture until its time is over, its vessel is full, or nothing can keep the cells alive.

    Args:
        program: Its goals have growth among them; asked for growth and the exchange of each substance.
        medium: The substances, in the order of the program's uptakes.
        start: The state at 0 h.
        hours: At most.

    Raises:
        FluxError: `NUMERICAL` if the integration fails or the active set changes without end; as
            `OrderedProgram.optimise_at`.
    """
    course = TimeCourse()
    time_h, state, used_up = 0.0, start, _absent(medium, start)
    for _ in range(MAX_CHANGES):
        is_fed = time_h >= medium.vessel.feed_from_h
        limits = medium.limits(time_h, state, used_up, is_fed=is_fed)
        outcome = program.optimise_at(limits)
        if not course.segments:
            course.outcome = outcome
        if outcome is not Outcome.OPTIMAL:
            if course.segments and outcome is not Outcome.INFEASIBLE:
                raise FluxError(ErrorClass.NUMERICAL, f"growth became {outcome} after {time_h:g} h")
            course.ended_by = "infeasible"
            return course
        active = program.read_active_set(limits)
        course.first = course.first or active
        stop = hours if is_fed else min(hours, medium.vessel.feed_from_h)
        step = _Integration(medium, active, used_up, is_fed)
        segment, state, events = step.run(time_h, state, stop)
        if segment is not None:
            course.segments.append(segment)
        for at, moment in events.emptied.items():
            course.used_up_at_h.setdefault(at, moment)
        time_h = events.end_h
        if events.is_full:
            course.ended_by = "full"
            return course
        if time_h >= hours:
            return course
        state, used_up = _switch(state, used_up, events)
    raise FluxError(
        ErrorClass.NUMERICAL,
        f"the active set changed {MAX_CHANGES} times until {time_h:g} h",
        suggestions=("give the uptakes a 'half_saturation_mmol_per_l'",),
    )


@dataclass(slots=True)
class _Events:
    """What ended an integration, and what was used up meanwhile."""

    end_h: float
    is_full: bool = False
    emptied: dict[int, float] = field(default_factory=dict)
    """Place of a substance -> when."""
    gone: frozenset[int] = frozenset()
    """Substances of constant uptake that are used up from here on."""
    back: frozenset[int] = frozenset()
    """Used-up substances that are there again."""


@dataclass(frozen=True, slots=True)
class _Integration:
    """The differential equation of one active set, with the events that end it."""

    medium: Medium
    active: ActiveSet
    used_up: frozenset[int]
    is_fed: bool

    def run(self, start_h: float, state: Vector, stop_h: float) -> tuple[Segment | None, Vector, _Events]:
        """Integrate to the first event; no segment if that is at once."""
        gone, back = self._switches_at_once(start_h, state)
        if gone or back:
            return None, state, _Events(start_h, emptied=dict.fromkeys(gone, start_h), gone=gone, back=back)
        watched = self._watch(start_h, state)
        solution = solve_ivp(
            self._derivative,
            (start_h, stop_h),
            state,
            method="LSODA",
            rtol=RELATIVE_TOLERANCE,
            atol=ABSOLUTE_TOLERANCE,
            dense_output=True,
            events=[event for _, _, event in watched],
        )
        if not solution.success:
            message = f"the integration stopped at {solution.t[-1]:g} h: {solution.message}"
            raise FluxError(ErrorClass.NUMERICAL, message, suggestions=("ask for fewer hours",))
        end_h, end = float(solution.t[-1]), solution.y[:, -1]
        events = _Events(end_h)
        for (kind, at, event), times in zip(watched, solution.t_events, strict=True):
            if not len(times):
                continue
            if kind == "full":
                events.is_full = True
            if kind in {"gone", "low"}:
                events.emptied[at] = float(times[0])
            if kind == "gone" and event.terminal:
                events.gone |= {at}
            if kind == "back":
                events.back |= {at}
        segment = Segment(self.active, self.used_up, self.is_fed, solution.t, solution.sol, self.medium)
        return (segment if end_h > start_h else None), end, events

    def _derivative(self, time_h: float, state: Vector) -> Vector:
        fluxes = self._fluxes(time_h, state)
        vessel, volume = self.medium.vessel, float(state[VOLUME])
        inflow = vessel.inflow(time_h, volume, is_fed=self.is_fed)
        change = np.empty_like(state)
        change[BIOMASS] = (fluxes[GROWTH] - inflow / volume) * state[BIOMASS]
        change[VOLUME] = inflow - vessel.outflow(volume)
        change[FIRST_SUBSTANCE:] = self._net(time_h, state, fluxes)
        return change

    def _fluxes(self, time_h: float, state: Vector) -> Vector:
        return self.active.fluxes_at(self.medium.limits(time_h, state, self.used_up, is_fed=self.is_fed))

    def _net(self, time_h: float, state: Vector, fluxes: Vector) -> Vector:
        """By how much each concentration rises, mmol/L/h."""
        supply = self.medium.supply(time_h, state, is_fed=self.is_fed)
        net: Vector = supply + fluxes[GROWTH + 1 : GROWTH + 1 + len(supply)] * state[BIOMASS]
        return net

    def _switches_at_once(self, time_h: float, state: Vector) -> tuple[frozenset[int], frozenset[int]]:
        """Substances that are used up, and that are there again, from this moment on."""
        net = self._net(time_h, state, self._fluxes(time_h, state))
        least = RISES_FROM_MMOL_PER_GDW_H * float(state[BIOMASS])
        gone = {
            at
            for at in self._constant() - self.used_up
            if state[FIRST_SUBSTANCE + at] <= 0 and net[at] < -least
        }
        return frozenset(gone), frozenset(at for at in self.used_up if net[at] > least)

    def _constant(self) -> frozenset[int]:
        return frozenset(at for at, s in enumerate(self.medium.substances) if s.is_constant)

    def _watch(self, start_h: float, state: Vector) -> list[tuple[str, int, Any]]:
        """The events: what they mean, the substance they are about, and the function whose root they are."""
        slack = self.active.slack(self.medium.limits(start_h, state, self.used_up, is_fed=self.is_fed))
        if slack < -MAX_VIOLATION_MMOL_PER_GDW_H:
            message = f"the optimum at {start_h:g} h is {-slack:g} mmol/gDW/h beyond its bounds"
            raise FluxError(ErrorClass.NUMERICAL, message)
        # The solver's own tolerance may let the optimum begin a little beyond a bound: not behind the root.
        margin = max(LEFT_AT_MMOL_PER_GDW_H, -2 * slack)

        def leave(time_h: float, now: Vector) -> float:
            limits = self.medium.limits(time_h, now, self.used_up, is_fed=self.is_fed)
            return self.active.slack(limits) + margin

        watched = [("left", -1, _event(leave, -1.0))] if self.active.free.size else []
        constant = self._constant()
        for at in range(len(self.medium.substances)):
            if at in self.used_up:
                watched.append(("back", at, _event(self._rise(at), 1.0)))
            elif at in constant:
                watched.append(("gone", at, _event(_fall(at, 0.0), -1.0)))
            else:
                low = _fall(at, USED_UP_BELOW_MMOL_PER_L)
                watched.append(("low", at, _event(low, -1.0, terminal=False)))
        most = self.medium.vessel.max_volume_l
        if most is not None:
            watched.append(("full", -1, _event(lambda _, now: float(now[VOLUME]) - most, 1.0)))
        return watched

    def _rise(self, at: int) -> Callable[[float, Vector], float]:
        def rise(time_h: float, now: Vector) -> float:
            net = self._net(time_h, now, self._fluxes(time_h, now))
            return float(net[at]) - RISES_FROM_MMOL_PER_GDW_H * float(now[BIOMASS])

        return rise


def _fall(at: int, level: float) -> Callable[[float, Vector], float]:
    return lambda _, now: float(now[FIRST_SUBSTANCE + at]) - level


def _event(function: Callable[[float, Vector], float], direction: float, *, terminal: bool = True) -> Any:
    """The function with the attributes that scipy reads."""

    def event(time_h: float, state: Vector) -> float:
        return function(time_h, state)

    event.direction = direction  # type: ignore[attr-defined]
    event.terminal = terminal  # type: ignore[attr-defined]
    return event


def _absent(medium: Medium, state: Vector) -> frozenset[int]:
    """The substances of constant uptake that are not there."""
    return frozenset(
        at
        for at, substance in enumerate(medium.substances)
        if substance.is_constant and state[FIRST_SUBSTANCE + at] <= 0
    )


def _switch(state: Vector, used_up: frozenset[int], events: _Events) -> tuple[Vector, frozenset[int]]:
    """The state and the used-up substances from an event on."""
    state = state.copy()
    for at in events.gone:
        state[FIRST_SUBSTANCE + at] = 0.0
    return state, (used_up | events.gone) - events.back
