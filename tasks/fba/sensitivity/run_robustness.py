"""Robustness of growth to one reaction: the best growth at each flux that the reaction may be held at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import cut_text, round_for_display
from fluxagents.tasks.fba.sensitivity.capacity import as_function_of_flux, direction, flux_range
from fluxagents.tasks.fba.sensitivity.piecewise_linear import SAME_VALUE, Evaluate, Tangent, find_break_points
from fluxagents.tasks.fba.sensitivity.tabulate import tabulate
from fluxagents.tasks.fba.solving.conditions import require_reaction
from fluxagents.tasks.fba.solving.growth import Conditions, StrainResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import clean
from fluxagents.tasks.fba.solving.strain import StrainArgs
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

NO_LIMIT_MMOL_PER_GDW_H = 1000.0
"""As far as a flux is followed that has no limit of its own."""


class Args(StrainArgs):
    """Which reaction, and how many points of the curve."""

    reaction: str = Field(description="Reaction whose flux is held, such as PFK or EX_o2_e.")
    lowest_mmol_per_gdw_h: float | None = Field(
        default=None,
        description="Instead of the lower bound, mmol/gDW/h.",
    )
    highest_mmol_per_gdw_h: float | None = Field(
        default=None, description="Instead of the upper bound, mmol/gDW/h."
    )
    points: int = Field(default=41, ge=2, le=1000, description="Count of fluxes beside the break points.")


class CurvePoint(BaseModel):
    """The best growth at one flux."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    flux_mmol_per_gdw_h: float
    growth_per_h: float = Field(description="1/h, or mmol/gDW/h for a named objective.")
    is_break_point: bool


class Stretch(BaseModel):
    """Fluxes between two break points, where growth changes evenly."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    from_flux_mmol_per_gdw_h: float
    to_flux_mmol_per_gdw_h: float
    from_growth_per_h: float = Field(description="1/h, or mmol/gDW/h for a named objective.")
    to_growth_per_h: float = Field(description="1/h, or mmol/gDW/h for a named objective.")
    gain_per_mmol: float = Field(description="Growth (1/h) gained per mmol/gDW/h that the flux rises.")


class Result(StrainResult):
    """The curve with its break points; empty unless the status is optimal or zero growth."""

    reaction: str
    reaction_name: str
    least_flux_mmol_per_gdw_h: float | None = Field(description="Of the fluxes that are feasible.")
    greatest_flux_mmol_per_gdw_h: float | None = Field(description="Of the fluxes that are feasible.")
    least_best_flux_mmol_per_gdw_h: float | None = Field(description="Of the fluxes with the best growth.")
    greatest_best_flux_mmol_per_gdw_h: float | None = Field(description="Of the fluxes with the best growth.")
    growth_without_flux_per_h: float | None = Field(
        description="Best growth without the reaction; None if that is infeasible or not on the curve."
    )
    stretches: tuple[Stretch, ...]
    curve: tuple[CurvePoint, ...]

    def display(self, limit: int) -> dict[str, JsonValue]:
        scalars = [name for name in Result.model_fields if name not in StrainResult.model_fields]
        shown = [name for name in scalars if name not in {"reaction_name", "stretches", "curve"}]
        return {
            **self.conditions(limit),
            **{name: getattr(self, name) for name in shown},
            "reaction_name": cut_text(self.reaction_name),
            "stretches": self._list_stretches(limit),
        }

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {
            "curve": tabulate(self.curve, CurvePoint),
            "stretches": tabulate(self.stretches, Stretch),
        }

    def _list_stretches(self, limit: int) -> dict[str, JsonValue]:
        shown = [stretch.model_dump() for stretch in self.stretches[:limit]]
        columns: dict[str, JsonValue] = {
            name: [round_for_display(stretch[name]) for stretch in shown] for name in Stretch.model_fields
        }
        return {"count": len(self.stretches), "shown": len(shown), **columns}


def run(model: Model, args: Args) -> Result:
    """Trace the best growth (1/h) over the fluxes (mmol/gDW/h) of one reaction, break points included.

    Facts for flows: `least_flux_mmol_per_gdw_h`, `greatest_flux_mmol_per_gdw_h`, `growth_without_flux_per_h`,
    `stretches.count`.

    Raises:
        FluxError: `UNKNOWN_ID` for a reaction that the model does not have; `SOLVER` or `TIMEOUT`.
    """
    reaction = model.reactions.get_by_id(require_reaction(model, args.reaction))
    with hold_conditions(model, args) as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum)
        corners = [] if optimum.value is None else _find_corners(conditions, args)
        sign = direction(conditions.program)
    best = max((corner.value for corner in corners), default=0.0)
    optimal = [corner.at for corner in corners if best - corner.value <= SAME_VALUE * max(1.0, abs(best))]
    fluxes = [corner.at for corner in corners]
    curve = _sample(corners, sign, args.points)
    return Result.model_validate(
        report
        | {
            "reaction": reaction.id,
            "reaction_name": reaction.name or reaction.id,
            "least_flux_mmol_per_gdw_h": min(fluxes, default=None),
            "greatest_flux_mmol_per_gdw_h": max(fluxes, default=None),
            "least_best_flux_mmol_per_gdw_h": min(optimal, default=None),
            "greatest_best_flux_mmol_per_gdw_h": max(optimal, default=None),
            "growth_without_flux_per_h": _interpolate(corners, sign, 0.0),
            "stretches": tuple(_stretch(low, high, sign) for low, high in pairwise(corners)),
            "curve": curve,
        }
    )


def _find_corners(conditions: Conditions, args: Args) -> list[Tangent]:
    """The ends of the curve and its break points, in order; empty if no flux is feasible."""
    program, index = conditions.program, conditions.model.reactions.index(args.reaction)
    bounds = conditions.model.reactions[index].bounds
    wanted = (args.lowest_mmol_per_gdw_h, args.highest_mmol_per_gdw_h)
    lowest, highest = (
        float(bound) if limit is None else limit for bound, limit in zip(bounds, wanted, strict=True)
    )
    if lowest > highest:
        message = f"reaction '{args.reaction}' has no flux from {lowest:g} to {highest:g} mmol/gDW/h"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("give both ends of the curve",))
    ends = flux_range(program, index, (lowest, highest))
    if ends is None:
        return []
    low, high = (max(min(end, NO_LIMIT_MMOL_PER_GDW_H), -NO_LIMIT_MMOL_PER_GDW_H) for end in ends)
    function = as_function_of_flux(program, index)
    first = _touch(function, low, high)
    return find_break_points(function, first, _touch(function, high, low)) if low < high else [first]


def _touch(function: Evaluate, end: float, inside: float) -> Tangent:
    """A tangent at an end of the curve, or as near to it as the solver finds something feasible."""
    for share in (0.0, SAME_VALUE, 1e-6):
        tangent = function(end + share * (inside - end))
        if tangent is not None:
            return tangent
    raise FluxError(
        ErrorClass.NUMERICAL,
        f"the end {end:g} mmol/gDW/h of the curve is feasible and has no optimum",
        suggestions=("give 'lowest_mmol_per_gdw_h' and 'highest_mmol_per_gdw_h'",),
    )


def _stretch(low: Tangent, high: Tangent, sign: float) -> Stretch:
    rise = sign * (high.value - low.value)
    return Stretch(
        from_flux_mmol_per_gdw_h=low.at,
        to_flux_mmol_per_gdw_h=high.at,
        from_growth_per_h=clean(sign * low.value),
        to_growth_per_h=clean(sign * high.value),
        gain_per_mmol=clean(rise / (high.at - low.at)) if high.at > low.at else 0.0,
    )


def _sample(corners: Sequence[Tangent], sign: float, points: int) -> tuple[CurvePoint, ...]:
    """Evenly spaced points and the break points; between break points the curve is straight."""
    if not corners:
        return ()
    breaks = {corner.at for corner in corners[1:-1]}
    even = np.linspace(corners[0].at, corners[-1].at, points).tolist()
    return tuple(
        CurvePoint(
            flux_mmol_per_gdw_h=flux,
            growth_per_h=_interpolate(corners, sign, flux) or 0.0,
            is_break_point=flux in breaks,
        )
        for flux in sorted({*even, *breaks})
    )


def _interpolate(corners: Sequence[Tangent], sign: float, flux: float) -> float | None:
    """The best growth at a flux; None off the curve."""
    if not corners or not corners[0].at <= flux <= corners[-1].at:
        return None
    places, values = [corner.at for corner in corners], [corner.value for corner in corners]
    return clean(sign * float(np.interp(flux, places, values)))


TOOL = Tool(
    name="run_robustness",
    purpose="Growth as a function of the flux that one reaction is held at, with its break points.",
    answers=("robustness", "growth", "flux"),
    args=Args,
    result=Result,
    run=run,
    reference="Edwards & Palsson 2000, doi:10.1021/bp0000712",
    example={"reaction": "EX_o2_e", "points": 11},
)
