"""The phenotype phase plane: the best growth over the supply of two nutrients, and what limits it where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import cut_text, round_for_display
from fluxagents.tasks.fba.sensitivity.capacity import Capacity, as_function, best_under, direction
from fluxagents.tasks.fba.sensitivity.phases import SAME_GAIN, Plane, Region, round_up
from fluxagents.tasks.fba.sensitivity.piecewise_linear import find_level
from fluxagents.tasks.fba.sensitivity.tabulate import tabulate
from fluxagents.tasks.fba.solving.growth import Conditions, StrainResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram, clean
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.fba.solving.production.substrate import substrate_exchange
from fluxagents.tasks.fba.solving.strain import StrainArgs
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

USUAL_END_MMOL_PER_GDW_H = 20.0
"""Of an axis whose nutrient has no limit in the medium."""

TIGHT_MMOL_PER_GDW_H = 100.0
"""A medium that allows more means no limit."""


class Args(StrainArgs):
    """Which two nutrients, and how far each."""

    first: str = Field(description="Exchange reaction or external metabolite, such as EX_glc__D_e.")
    second: str = Field(description="The second axis, such as EX_o2_e.")
    first_highest_mmol_per_gdw_h: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="End of the axis, mmol/gDW/h; if absent twice the medium's or as much as growth can use.",
    )
    second_highest_mmol_per_gdw_h: float | None = Field(
        default=None, gt=0, le=1000, description="End of the axis, mmol/gDW/h."
    )
    points: int = Field(default=21, ge=2, le=101, description="Count of points per axis.")

    @model_validator(mode="after")
    def _two_nutrients(self) -> Self:
        if self.first == self.second:
            raise ValueError(f"'first' and 'second' are both '{self.first}'")
        return self


class Phase(BaseModel):
    """A region of the plane in which the gains do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    phase: int = Field(description="Count from 1, the largest first.")
    limited_by: str = Field(description="first, second, both or neither.")
    gain_of_first_per_mmol: float = Field(
        description="Shadow price: growth (1/h) gained per mmol/gDW/h of the first nutrient."
    )
    gain_of_second_per_mmol: float = Field(
        description="Shadow price: growth (1/h) gained per mmol/gDW/h of the second nutrient."
    )
    isocline_slope_fraction: float | None = Field(
        description="Slope of the lines of equal growth: minus the mmol of the second nutrient that replace "
        "one mmol of the first, a fraction; None if the second has no gain."
    )
    area_fraction: float = Field(description="Fraction of the plane, by cells of the grid.")
    centre_first_mmol_per_gdw_h: float
    centre_second_mmol_per_gdw_h: float


class PlanePoint(BaseModel):
    """The best growth at one point of the grid."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    first_uptake_mmol_per_gdw_h: float
    second_uptake_mmol_per_gdw_h: float
    growth_per_h: float | None = Field(
        description="1/h, or mmol/gDW/h for a named objective; None where nothing is feasible."
    )
    phase: int | None = Field(
        description="Count as in the phases; on an edge the larger one; None where nothing is feasible, or "
        "in a phase that is smaller than a cell of the grid."
    )


class OptimalPoint(BaseModel):
    """A point of the line of optimality: the least of the second nutrient that the most growth needs."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    first_uptake_mmol_per_gdw_h: float
    second_uptake_mmol_per_gdw_h: float
    growth_per_h: float = Field(description="1/h, or mmol/gDW/h for a named objective.")


class Result(StrainResult):
    """The plane; empty if nothing is feasible on it. Uptakes are limits: up to so much may be taken up."""

    first_exchange: str
    second_exchange: str
    first_name: str
    second_name: str
    first_highest_mmol_per_gdw_h: float | None
    second_highest_mmol_per_gdw_h: float | None
    highest_growth_per_h: float | None = Field(description="At the far corner of the plane.")
    infeasible_fraction: float | None = Field(
        description="Fraction of the points at which nothing is feasible."
    )
    phases: tuple[Phase, ...]
    line_of_optimality: tuple[OptimalPoint, ...]
    plane: tuple[PlanePoint, ...]

    def display(self, limit: int) -> dict[str, JsonValue]:
        shown = self.phases[:limit]
        phases: list[JsonValue] = [
            {
                "phase": phase.phase,
                "limited_by": self._name_limit(phase),
                "gain_of_first_per_mmol": round_for_display(phase.gain_of_first_per_mmol),
                "gain_of_second_per_mmol": round_for_display(phase.gain_of_second_per_mmol),
                "area_fraction": round(phase.area_fraction, 3),
            }
            for phase in shown
        ]
        return {
            **self.conditions(limit),
            "first_exchange": self.first_exchange,
            "second_exchange": self.second_exchange,
            "first_name": cut_text(self.first_name),
            "second_name": cut_text(self.second_name),
            "first_highest_mmol_per_gdw_h": self.first_highest_mmol_per_gdw_h,
            "second_highest_mmol_per_gdw_h": self.second_highest_mmol_per_gdw_h,
            "highest_growth_per_h": self.highest_growth_per_h,
            "infeasible_fraction": round_for_display(self.infeasible_fraction),
            "phases": {"count": len(self.phases), "shown": len(shown), "phases": phases},
            "line_of_optimality": self._list_optimal(limit),
        }

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {
            "plane": tabulate(self.plane, PlanePoint),
            "phases": tabulate(self.phases, Phase),
            "line_of_optimality": tabulate(self.line_of_optimality, OptimalPoint),
        }

    def _name_limit(self, phase: Phase) -> str:
        return {"first": self.first_exchange, "second": self.second_exchange}.get(
            phase.limited_by, phase.limited_by
        )

    def _list_optimal(self, limit: int) -> dict[str, JsonValue]:
        """Evenly chosen points, with both ends."""
        count = len(self.line_of_optimality)
        wanted = min(limit, 5, count)
        chosen = sorted({round(i * (count - 1) / max(wanted - 1, 1)) for i in range(wanted)})
        rows = [self.line_of_optimality[i].model_dump() for i in chosen]
        columns: dict[str, JsonValue] = {
            name: [round_for_display(row[name]) for row in rows] for name in OptimalPoint.model_fields
        }
        return {"count": count, "shown": len(rows), **columns}


def run(model: Model, args: Args) -> Result:
    """Optimise growth (1/h) at each point of a grid of two uptake limits (mmol/gDW/h), and tell its phases.

    Facts for flows: `highest_growth_per_h`, `infeasible_fraction`, `phases.count`.

    Raises:
        FluxError: `MEDIUM` for a nutrient that is no exchange, with the nearest ids; `SOLVER` or `TIMEOUT`.
    """
    exchanges = substrate_exchange(model, args.first), substrate_exchange(model, args.second)
    names = [next(iter(exchange.metabolites)).name or exchange.id for exchange in exchanges]
    if exchanges[0] is exchanges[1]:
        message = f"'{args.first}' and '{args.second}' are the same nutrient"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("name two nutrients",))
    with hold_conditions(model, args) as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum)
        first, second = (Capacity.of_uptake(conditions.model, exchange) for exchange in exchanges)
        has_objective = optimum.status is not Outcome.NO_OBJECTIVE
        explored = _explore(conditions, (first, second), args) if has_objective else _leave_empty()
    return Result.model_validate(
        report
        | {
            "first_exchange": exchanges[0].id,
            "second_exchange": exchanges[1].id,
            "first_name": names[0],
            "second_name": names[1],
        }
        | explored
    )


def _leave_empty() -> dict[str, object]:
    """The fields of a result where nothing is feasible."""
    numbers = (
        "first_highest_mmol_per_gdw_h", "second_highest_mmol_per_gdw_h", "highest_growth_per_h",
        "infeasible_fraction",
    )  # fmt: skip
    return dict.fromkeys(numbers) | dict.fromkeys(("phases", "line_of_optimality", "plane"), ())


def _explore(conditions: Conditions, axes: tuple[Capacity, Capacity], args: Args) -> dict[str, object]:
    """The fields of a result; without an optimum at the far corner there is none anywhere."""
    program = conditions.program
    highest = _find_ends(program, axes, args)
    if best_under(program, axes, highest) is None:
        return _leave_empty()
    plane, sign = Plane(program, axes, highest, args.points), direction(program)
    regions = plane.find_regions()
    points = [_measure(place, plane.best(place), regions, sign) for place in plane.grid()]
    points.sort(key=lambda point: (point.first_uptake_mmol_per_gdw_h, point.second_uptake_mmol_per_gdw_h))
    optimal = tuple(
        OptimalPoint(
            first_uptake_mmol_per_gdw_h=place[0],
            second_uptake_mmol_per_gdw_h=clean(place[1]),
            growth_per_h=clean(sign * value),
        )
        for place, value in plane.find_line_of_optimality()
    )
    return {
        "first_highest_mmol_per_gdw_h": highest[0],
        "second_highest_mmol_per_gdw_h": highest[1],
        "highest_growth_per_h": points[-1].growth_per_h,
        "infeasible_fraction": sum(point.growth_per_h is None for point in points) / len(points),
        "phases": tuple(_describe(at + 1, region, args.points) for at, region in enumerate(regions)),
        "line_of_optimality": optimal,
        "plane": tuple(points),
    }


def _find_ends(program: LinearProgram, axes: tuple[Capacity, Capacity], args: Args) -> tuple[float, float]:
    """The far ends of both axes, as given, by the medium, or by what growth can use."""
    ends = [args.first_highest_mmol_per_gdw_h, args.second_highest_mmol_per_gdw_h]
    for at, axis in enumerate(axes):
        if ends[at] is None and 0 < axis.limit <= TIGHT_MMOL_PER_GDW_H:
            ends[at] = 2 * axis.limit
    if ends[1] is None:
        ends[0] = ends[0] or USUAL_END_MMOL_PER_GDW_H
    first, second = axes
    return (
        ends[0] or _find_use(program, second, ends[1] or 0.0, first),
        ends[1] or _find_use(program, first, ends[0] or 0.0, second),
    )


def _find_use(program: LinearProgram, fixed: Capacity, limit: float, other: Capacity) -> float:
    """A quarter more of a nutrient than growth can use, if the other one is limited."""
    bounds = fixed.bounds(limit)
    if bounds is None:
        return USUAL_END_MMOL_PER_GDW_H
    with program.hold_bounds({fixed.index: bounds}):
        function = as_function(program, other)
        top = function(1000.0)
        if top is None or top.slope > SAME_GAIN:
            return USUAL_END_MMOL_PER_GDW_H
        return round_up(1.25 * find_level(function, 0.0, top, top.value)) or USUAL_END_MMOL_PER_GDW_H


def _measure(
    place: tuple[float, float], best: float | None, regions: Sequence[Region], sign: float
) -> PlanePoint:
    numbers = (
        number
        for number, region in enumerate(regions, start=1)
        if best is not None and region.reaches(place, best)
    )
    return PlanePoint(
        first_uptake_mmol_per_gdw_h=place[0],
        second_uptake_mmol_per_gdw_h=place[1],
        growth_per_h=None if best is None else clean(sign * best),
        phase=next(numbers, None),
    )


def _describe(number: int, region: Region, points: int) -> Phase:
    first, second = (gain if gain > SAME_GAIN else 0.0 for gain in region.gains)
    alone = "second" if second else "neither"
    return Phase(
        phase=number,
        limited_by=("both" if second else "first") if first else alone,
        gain_of_first_per_mmol=first,
        gain_of_second_per_mmol=second,
        isocline_slope_fraction=0.0 - first / second if second else None,
        area_fraction=len(region.cells) / (points - 1) ** 2,
        centre_first_mmol_per_gdw_h=sum(place[0] for place in region.cells) / len(region.cells),
        centre_second_mmol_per_gdw_h=sum(place[1] for place in region.cells) / len(region.cells),
    )


TOOL = Tool(
    name="run_phase_plane",
    purpose="Growth over the supply of two nutrients: phases, what limits in each, line of optimality.",
    answers=("phase plane", "robustness", "growth", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
    reference="Edwards, Ramakrishna, Palsson 2002, doi:10.1002/bit.10047",
    example={"first": "EX_glc__D_e", "second": "EX_o2_e", "points": 5},
)
