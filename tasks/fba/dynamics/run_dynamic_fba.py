"""Dynamic flux balance analysis: a culture over time, in batch, fed-batch or chemostat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import cut_text, list_names, list_values, round_for_display
from fluxagents.tasks.fba.dynamics.culture import CultureArgs, Setup, set_up
from fluxagents.tasks.fba.dynamics.growth_phases import GrowthPhase, find_phases
from fluxagents.tasks.fba.dynamics.mass_balance import MassBalance, sum_up
from fluxagents.tasks.fba.dynamics.ordered_program import Goal, OrderedProgram
from fluxagents.tasks.fba.dynamics.time_course import (
    BIOMASS,
    FIRST_SUBSTANCE,
    GROWTH,
    LEFT_AT_MMOL_PER_GDW_H,
    USED_UP_BELOW_MMOL_PER_L,
    VOLUME,
    End,
    Segment,
    TimeCourse,
    follow_culture,
)
from fluxagents.tasks.fba.dynamics.vessel import Culture
from fluxagents.tasks.fba.solving.biomass import find_biomass
from fluxagents.tasks.fba.solving.growth import Conditions, Optimum, StrainResult, hold_conditions
from fluxagents.tasks.fba.solving.lazy_libraries import np
from fluxagents.tasks.fba.solving.linear_program import clean
from fluxagents.tasks.fba.solving.outcome import ZERO_GROWTH_PER_H, Outcome
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

CLOSED_WITHIN_FRACTION = 1e-6
"""A mass balance with a greater gap, of all that there ever was, is a failure of the integration."""

STEADY_CHANGE_PER_H = 1e-4
"""At a steady state nothing changes by a greater fraction per hour."""

ABSENT_MMOL_PER_L = 1e-9
"""A concentration below is rounding noise and shown as 0."""


class Args(CultureArgs):
    """Which culture, and how many points of its curves."""

    points: int = Field(
        default=101,
        ge=2,
        le=2000,
        description="Count of times of the curves.",
    )


class CurvePoint(BaseModel):
    """The culture at one time."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    time_h: float
    phase: int = Field(description="Count from 1.")
    volume_l: float
    biomass_gdw_per_l: float
    growth_per_h: float
    concentrations_mmol_per_l: dict[str, float]
    secretion_mmol_per_gdw_h: dict[str, float] = Field(description="mmol/gDW/h; negative for uptake.")


class Phase(BaseModel):
    """A time with the same uptakes and secretions."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    from_h: float
    to_h: float
    growth_at_start_per_h: float
    growth_at_end_per_h: float
    taken_up: tuple[str, ...] = Field(description="Exchange reactions.")
    secreted: tuple[str, ...] = Field(description="Exchange reactions.")
    active_sets: int = Field(description="Count of sets of bounds that held the optimum.")


class SubstanceCourse(BaseModel):
    """What became of one substance."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    exchange: str
    name: str
    start_mmol_per_l: float
    end_mmol_per_l: float
    highest_mmol_per_l: float
    highest_at_h: float
    used_up_at_h: float | None = Field(
        description="When none was left for the first time, h; below 0.001 mmol/L where uptake slows down."
    )


class BalanceRow(BaseModel):
    """Where one substance, or the biomass, came from and went to, in the whole vessel."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    item: str = Field(description="Exchange reaction, or biomass; mmol, or gDW.")
    start: float = Field(description="mmol or gDW, not 1/h.")
    fed: float = Field(description="mmol or gDW, not 1/h.")
    transferred: float = Field(description="From a gas; mmol, not 1/h.")
    made: float = Field(description="By cells, negative for uptake; mmol or gDW, not 1/h.")
    drained: float = Field(description="With the outflow; mmol or gDW, not 1/h.")
    end: float = Field(description="mmol or gDW, not 1/h.")
    gap_fraction: float = Field(description="What is left unexplained, of all that there ever was.")


class Result(StrainResult):
    """The culture over time; status and growth are those of its beginning."""

    culture: Culture
    end_h: float | None = Field(description="When it ended; None if it never began.")
    ended_by: End | None = Field(
        description="time, infeasible (nothing keeps the cells alive any longer) or full (the vessel)."
    )
    start_biomass_gdw_per_l: float
    end_biomass_gdw_per_l: float | None
    growth_at_end_per_h: float | None
    is_steady: bool | None = Field(description="Whether a chemostat has reached a steady state.")
    substances: tuple[SubstanceCourse, ...]
    phases: tuple[Phase, ...]
    active_sets: int = Field(
        description="Count of sets of bounds that held the optimum, one after the other."
    )
    largest_balance_gap_fraction: float | None = Field(description="Of any substance and of biomass.")
    balance: tuple[BalanceRow, ...]
    assumed: tuple[str, ...] = Field(description="What no argument states.")
    unlimited_substrates: tuple[str, ...] = Field(
        description="Organic nutrients that stay available at the uptakes of the medium."
    )
    curve: tuple[CurvePoint, ...]

    def display(self, limit: int) -> dict[str, JsonValue]:
        by_exchange = {course.exchange: course for course in self.substances}
        used_up = {name: c.used_up_at_h for name, c in by_exchange.items() if c.used_up_at_h is not None}
        fields: dict[str, JsonValue] = {
            "culture": self.culture,
            "end_h": round_for_display(self.end_h),
            "ended_by": self.ended_by,
            "start_biomass_gdw_per_l": self.start_biomass_gdw_per_l,
            "end_biomass_gdw_per_l": round_for_display(self.end_biomass_gdw_per_l),
            "growth_at_end_per_h": round_for_display(self.growth_at_end_per_h),
            "used_up_at_h": list_values(used_up, limit),
            "start_mmol_per_l": list_values({n: c.start_mmol_per_l for n, c in by_exchange.items()}, limit),
            "end_mmol_per_l": list_values({n: c.end_mmol_per_l for n, c in by_exchange.items()}, limit),
            "highest_mmol_per_l": list_values(
                {n: c.highest_mmol_per_l for n, c in by_exchange.items()}, limit
            ),
            "phases": self._list_phases(limit),
            "active_sets": self.active_sets,
            "largest_balance_gap_fraction": round_for_display(self.largest_balance_gap_fraction),
            "assumed": list_names([cut_text(text) for text in self.assumed], limit),
        }
        if self.is_steady is not None:
            fields["is_steady"] = self.is_steady
        if self.unlimited_substrates:
            fields["unlimited_substrates"] = list_names(self.unlimited_substrates, limit)
        return self.conditions(limit) | fields

    def tables(self) -> Mapping[str, pd.DataFrame]:
        names = [course.exchange for course in self.substances]
        return {
            "curve": pd.DataFrame(list(map(_flatten, self.curve)), columns=_columns(names)),
            "phases": _tabulate(self.phases, Phase),
            "substances": _tabulate(self.substances, SubstanceCourse),
            "balance": _tabulate(self.balance, BalanceRow),
        }

    def _list_phases(self, limit: int) -> dict[str, JsonValue]:
        shown: list[JsonValue] = [
            {
                "from_h": round_for_display(phase.from_h),
                "to_h": round_for_display(phase.to_h),
                "growth_at_start_per_h": round_for_display(phase.growth_at_start_per_h),
                "growth_at_end_per_h": round_for_display(phase.growth_at_end_per_h),
                "taken_up": list(phase.taken_up),
                "secreted": list(phase.secreted),
            }
            for phase in self.phases[:limit]
        ]
        return {"count": len(self.phases), "shown": len(shown), "phases": shown}


def run(model: Model, args: Args) -> Result:
    """Follow a culture over time: at each moment growth (1/h) is the best that the medium then allows.

    Uptake limits (mmol/gDW/h) follow from concentrations (mmol/L); concentrations follow from the fluxes
    times biomass (gDW/L), the feed, the outflow and the gas. The fluxes of the substances are unique: growth
    first, then the goals of `then_optimise`, then each substance. What cannot keep the cells alive ends the
    culture.

    Facts for flows: `end_h`, `ended_by`, `end_biomass_gdw_per_l`, `growth_at_end_per_h`, `is_steady`,
    `used_up_at_h.values`, `end_mmol_per_l.values`, `phases.count`.

    Raises:
        FluxError: `BAD_ARGUMENT`, `MEDIUM`, `UNKNOWN_ID` as `set_up`; `NUMERICAL` if the mass balance is not
            closed to 1e-6 or the integration fails; `SOLVER`, `TIMEOUT`.
    """
    with hold_conditions(model, args) as conditions:
        setup = set_up(model, args)
        if not conditions.program.objective():
            return _report(conditions, args, setup, TimeCourse(outcome=Outcome.NO_OBJECTIVE))
        course = _follow(conditions, args, setup)
        return _report(conditions, args, setup, course)


def _follow(conditions: Conditions, args: Args, setup: Setup) -> TimeCourse:
    model = conditions.model
    biomass = conditions.biomass if args.objective is None else find_biomass(model, args.biomass)
    if biomass.reaction is None:
        message = f"growth of model '{model.id}' is not known: {biomass.problem}"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("name the reaction in 'biomass'",))
    first = biomass.index if args.objective is None else model.reactions.index(args.objective)
    goals = (Goal(first, "max"), Goal(biomass.index, "max"), *setup.goals)
    with OrderedProgram(model, goals, setup.uptakes, biomass.index) as program:
        return follow_culture(program, setup.medium, setup.start, args.hours)


def _report(conditions: Conditions, args: Args, setup: Setup, course: TimeCourse) -> Result:
    segments = course.segments
    balance = sum_up(segments) if segments else None
    gap = None if balance is None else float(balance.gap_fraction.max())
    if gap is not None and gap > CLOSED_WITHIN_FRACTION:
        message = (
            f"the mass balance has a gap of {gap:.2g} of what was there, more than {CLOSED_WITHIN_FRACTION:g}"
        )
        raise FluxError(ErrorClass.NUMERICAL, message, suggestions=("ask for fewer hours",))
    curve = tuple(_draw(course, args.points))
    last = curve[-1] if curve else None
    return Result.model_validate(
        conditions.report(_optimum(course), _growth_at_start(course))
        | {
            "culture": args.culture,
            "end_h": last and last.time_h,
            "ended_by": course.ended_by if last else None,
            "start_biomass_gdw_per_l": float(setup.start[BIOMASS]),
            "end_biomass_gdw_per_l": last and last.biomass_gdw_per_l,
            "growth_at_end_per_h": last and last.growth_per_h,
            "is_steady": _is_steady(segments[-1]) if segments and args.culture == "chemostat" else None,
            "substances": tuple(_describe_substances(conditions.model, setup, course, curve)),
            "phases": tuple(_describe_phase(phase) for phase in find_phases(segments)),
            "active_sets": len(segments),
            "largest_balance_gap_fraction": gap,
            "balance": () if balance is None else tuple(_list_balance(setup, balance)),
            "assumed": setup.assumed,
            "unlimited_substrates": setup.unlimited,
            "curve": curve,
        }
    )


def _describe_phase(phase: GrowthPhase) -> Phase:
    ends = ("growth_at_start_per_h", "growth_at_end_per_h")
    fields = asdict(phase)
    return Phase.model_validate(fields | {name: _without_noise(fields[name]) for name in ends})


def _optimum(course: TimeCourse) -> Optimum:
    """The optimum of what is maximised, at the beginning."""
    if course.first is None:
        return Optimum(course.outcome, None)
    value = float(course.first.fluxes[-1])
    is_zero = abs(value) <= ZERO_GROWTH_PER_H
    return Optimum(Outcome.ZERO_GROWTH, 0.0) if is_zero else Optimum(course.outcome, value)


def _growth_at_start(course: TimeCourse) -> float | None:
    return None if course.first is None else clean(float(course.first.fluxes[GROWTH]))


def _draw(course: TimeCourse, points: int) -> Iterator[CurvePoint]:
    """The curves at evenly spaced times and where the active set changes."""
    if not course.segments:
        return
    phases = find_phases(course.segments)
    starts = [phase.from_h for phase in phases[1:]]
    even = np.linspace(0.0, course.segments[-1].end_h, points).tolist()
    changes = [segment.start_h for segment in course.segments]
    for time_h in sorted({*even, *changes}):
        segment = course.segment_at(time_h)
        state = segment.solution(time_h)
        fluxes = segment.fluxes_at(time_h, state).tolist()
        names = [substance.exchange for substance in segment.medium.substances]
        yield CurvePoint(
            time_h=time_h,
            phase=1 + sum(start < time_h for start in starts),
            volume_l=float(state[VOLUME]),
            biomass_gdw_per_l=float(state[BIOMASS]),
            growth_per_h=_without_noise(fluxes[GROWTH]),
            concentrations_mmol_per_l={
                name: value if value > ABSENT_MMOL_PER_L else 0.0
                for name, value in zip(names, state[FIRST_SUBSTANCE:].tolist(), strict=True)
            },
            secretion_mmol_per_gdw_h={
                name: _without_noise(fluxes[GROWTH + 1 + at]) for at, name in enumerate(names)
            },
        )


def _without_noise(flux: float) -> float:
    """A flux; at the end of an active set it may be beyond a bound by the tolerance of its root."""
    return 0.0 if abs(flux) <= 2 * LEFT_AT_MMOL_PER_GDW_H else flux


def _describe_substances(
    model: Model, setup: Setup, course: TimeCourse, curve: Sequence[CurvePoint]
) -> Iterator[SubstanceCourse]:
    for at, substance in enumerate(setup.medium.substances):
        values = [point.concentrations_mmol_per_l[substance.exchange] for point in curve]
        highest = max(values, default=substance.start_mmol_per_l)
        metabolite = next(iter(model.reactions.get_by_id(substance.exchange).metabolites))
        was_there = highest > USED_UP_BELOW_MMOL_PER_L
        yield SubstanceCourse(
            exchange=substance.exchange,
            name=metabolite.name or metabolite.id,
            start_mmol_per_l=substance.start_mmol_per_l,
            end_mmol_per_l=values[-1] if values else substance.start_mmol_per_l,
            highest_mmol_per_l=highest,
            highest_at_h=curve[values.index(highest)].time_h if values else 0.0,
            used_up_at_h=course.used_up_at_h.get(at) if was_there else None,
        )


def _is_steady(segment: Segment) -> bool:
    """Whether biomass and substances change by less than a small fraction per hour at the end."""
    state, before = (segment.solution(segment.end_h - hours) for hours in (0.0, 1e-3))
    change = np.abs(state - before) / 1e-3
    return bool((change <= STEADY_CHANGE_PER_H * np.maximum(np.abs(state), ABSENT_MMOL_PER_L)).all())


def _list_balance(setup: Setup, balance: MassBalance) -> Iterator[BalanceRow]:
    items = ["biomass", *(substance.exchange for substance in setup.medium.substances)]
    for at, item in enumerate(items):
        yield BalanceRow(
            item=item,
            start=float(balance.start[at]),
            fed=float(balance.fed[at]),
            transferred=float(balance.transferred[at]),
            made=float(balance.made[at]),
            drained=float(balance.drained[at]),
            end=float(balance.end[at]),
            gap_fraction=float(balance.gap_fraction[at]),
        )


def _columns(exchanges: Sequence[str]) -> list[str]:
    simple = ["time_h", "phase", "volume_l", "biomass_gdw_per_l", "growth_per_h"]
    return [
        *simple,
        *(f"{name}_mmol_per_l" for name in exchanges),
        *(f"{name}_secretion_mmol_per_gdw_h" for name in exchanges),
    ]


def _flatten(point: CurvePoint) -> dict[str, Any]:
    """A point as a row of the table `curve`."""
    row = point.model_dump(exclude={"concentrations_mmol_per_l", "secretion_mmol_per_gdw_h"})
    row |= {f"{name}_mmol_per_l": value for name, value in point.concentrations_mmol_per_l.items()}
    return row | {
        f"{name}_secretion_mmol_per_gdw_h": value for name, value in point.secretion_mmol_per_gdw_h.items()
    }


def _tabulate(rows: Sequence[BaseModel], schema: type[BaseModel]) -> pd.DataFrame:
    """One row each; lists of names as text."""
    texts = [
        {name: " ".join(v) if isinstance(v, tuple) else v for name, v in row.model_dump().items()}
        for row in rows
    ]
    return pd.DataFrame(texts, columns=list(schema.model_fields))


TOOL = Tool(
    name="run_dynamic_fba",
    purpose="A culture over time (batch, fed-batch, chemostat): biomass, concentrations, growth phases.",
    answers=("time course", "growth", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
    queue="tools.long",
    soft_time_limit_s=1800,
    reference="Mahadevan, Edwards & Doyle 2002, doi:10.1016/S0006-3495(02)73903-9; "
    "Höffner, Harwood & Barton 2013, doi:10.1002/bit.24748",
    example={
        "hours": 12,
        "substances": [
            {"exchange": "EX_glc__D_e", "start_mmol_per_l": 10, "half_saturation_mmol_per_l": 0.015},
            {"exchange": "EX_ac_e", "half_saturation_mmol_per_l": 0.5},
        ],
        "medium_changes": {"EX_o2_e": 15},
        "points": 25,
    },
)
