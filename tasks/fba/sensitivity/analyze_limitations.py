"""What limits growth: how much more of it one more mmol of a nutrient gives, and how far that holds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import cut_text, list_names, list_values
from fluxagents.tasks.fba.sensitivity.capacity import Capacity, as_function, direction
from fluxagents.tasks.fba.sensitivity.piecewise_linear import Piece, find_piece
from fluxagents.tasks.fba.sensitivity.tabulate import tabulate
from fluxagents.tasks.fba.solving.conditions import exchanges, uptake
from fluxagents.tasks.fba.solving.growth import Conditions, StrainResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.production.substrate import substrate_exchange
from fluxagents.tasks.fba.solving.strain import StrainArgs
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model, Reaction

FARTHEST_MMOL_PER_GDW_H = 1000.0
"""How far a gain is followed, or ten times the present limit: most models mean no limit by this bound."""

ZERO_GAIN = 1e-6
"""A gain at or below this is none: what a solver cannot tell from 0 over one mmol/gDW/h."""

SAME_GAIN_FRACTION = 1e-6
"""Gain and loss that differ by less than this fraction are the same."""


class Args(StrainArgs):
    """Which nutrients; those of the medium if none are named."""

    nutrients: tuple[str, ...] = Field(
        default=(),
        description="Exchange reactions or external metabolites; all of the medium if empty.",
    )
    additions: bool = Field(
        default=False,
        description="Whether to test also what the medium lacks.",
    )


class Nutrient(BaseModel):
    """What one nutrient is worth."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    exchange: str
    name: str
    is_supplied: bool
    uptake_limit_mmol_per_gdw_h: float | None = Field(description="None for no limit.")
    gain_per_mmol: float = Field(
        description="Growth (1/h) gained per mmol/gDW/h that may be taken up more; positive when it helps."
    )
    loss_per_mmol: float | None = Field(
        description="Growth (1/h) lost per mmol/gDW/h that may be taken up less; None if nothing is supplied "
        "or nothing is feasible with less."
    )
    is_degenerate: bool = Field(
        description="Whether gain and loss differ, so that no single shadow price exists."
    )
    valid_to_uptake_mmol_per_gdw_h: float | None = Field(
        description="Up to which limit the gain holds; None for no end as far as it was followed, or no gain."
    )
    growth_there_per_h: float | None = Field(description="At that limit; mmol/gDW/h for a named objective.")
    elasticity_fraction: float | None = Field(
        description="Fraction of growth gained per fraction of the nutrient that is supplied more."
    )


class Bound(BaseModel):
    """A bound inside the network that holds growth back, such as the energy for maintenance."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: str
    name: str
    bound_mmol_per_gdw_h: float
    is_upper: bool
    gain_per_mmol: float = Field(
        description="Growth (1/h) gained per mmol/gDW/h by which the bound is relaxed."
    )
    valid_to_bound_mmol_per_gdw_h: float


class Result(StrainResult):
    """Gains, the greatest first; empty unless the status is optimal or zero growth.

    The shadow price of a nutrient is the derivative of the best growth by its supply, which is how much of it
    may be taken up: it is positive when more helps.
    """

    nutrients: tuple[Nutrient, ...]
    bounds: tuple[Bound, ...]

    @property
    def limiting(self) -> tuple[Nutrient, ...]:
        """The nutrients of which more helps."""
        return tuple(row for row in self.nutrients if row.is_supplied and row.gain_per_mmol > 0)

    def display(self, limit: int) -> dict[str, JsonValue]:
        additions = [row for row in self.nutrients if not row.is_supplied and row.gain_per_mmol > 0]
        no_gain = [row.exchange for row in self.nutrients if row.gain_per_mmol == 0]
        fields: dict[str, JsonValue] = {
            **self.conditions(limit),
            "sign": "positive when more of it helps: 1/h of growth per mmol/gDW/h of supply",
            "nutrients_tested": len(self.nutrients),
            "limiting_nutrients": _list_gains(self.limiting, limit),
            "limiting": self._list_sentences(self.limiting, limit),
            "not_limiting": list_names(no_gain, limit),
            "degenerate": list_names([row.exchange for row in self.nutrients if row.is_degenerate], limit),
        }
        if additions:
            fields["helpful_additions"] = _list_gains(additions, limit)
            fields["additions"] = self._list_sentences(additions, min(limit, 10))
        if self.bounds:
            gains = {row.reaction: row.gain_per_mmol for row in self.bounds}
            fields["limiting_bounds"] = list_values(gains, limit)
        return fields

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {
            "nutrients": tabulate(self.nutrients, Nutrient),
            "bounds": tabulate(self.bounds, Bound),
        }

    def _list_sentences(self, rows: Sequence[Nutrient], limit: int) -> dict[str, JsonValue]:
        sentences: list[JsonValue] = [self._describe(row) for row in rows[:limit]]
        return {"count": len(rows), "shown": len(sentences), "sentences": sentences}

    def _describe(self, row: Nutrient) -> str:
        unit = "1/h" if self.objective_flux_mmol_per_gdw_h is None else "mmol/gDW/h"
        nutrient = f"{cut_text(row.name, 60)} ({row.exchange})"
        text = f"{row.gain_per_mmol:.4g} {unit} more per mmol/gDW/h of {nutrient}"
        if row.valid_to_uptake_mmol_per_gdw_h is not None:
            text += f", up to an uptake of {row.valid_to_uptake_mmol_per_gdw_h:.4g} mmol/gDW/h"
        if row.is_degenerate and row.loss_per_mmol is not None:
            text += f"; {row.loss_per_mmol:.4g} {unit} less per mmol/gDW/h that is missing"
        return text


def run(model: Model, args: Args) -> Result:
    """Follow the best growth as the supply of each nutrient rises and falls; gains in 1/h per mmol/gDW/h.

    Facts for flows: `limiting_nutrients.count`, `limiting_nutrients.values`, `not_limiting.count`,
    `degenerate.count`.

    Raises:
        FluxError: `MEDIUM` for a nutrient that is no exchange, with the nearest ids; `SOLVER` or `TIMEOUT`.
    """
    with hold_conditions(model, args) as conditions:
        program = conditions.program
        optimum = optimise(program)
        report, chosen = conditions.report(optimum), _choose(conditions.model, args)
        nutrients: list[Nutrient] = []
        bounds: list[Bound] = []
        if optimum.value is not None:
            program.remember_basis()
            fluxes = program.fluxes()
            nutrients = [_measure(conditions, exchange, fluxes, optimum.value) for exchange in chosen]
            bounds = list(_measure_bounds(conditions, fluxes))
    nutrients.sort(key=lambda row: (-row.gain_per_mmol, -(row.loss_per_mmol or 0.0), row.exchange))
    bounds.sort(key=lambda row: (-row.gain_per_mmol, row.reaction))
    return Result.model_validate(report | {"nutrients": tuple(nutrients), "bounds": tuple(bounds)})


def _choose(model: Model, args: Args) -> list[Reaction]:
    named = [substrate_exchange(model, name) for name in args.nutrients]
    known = exchanges(model).values()
    supplied = [] if named else [exchange for exchange in known if uptake(exchange) > 0]
    added = [exchange for exchange in known if args.additions and uptake(exchange) == 0]
    return list({exchange.id: exchange for exchange in (*named, *supplied, *added)}.values())


def _measure(
    conditions: Conditions, exchange: Reaction, fluxes: Sequence[float], best_per_h: float
) -> Nutrient:
    capacity, limit = Capacity.of_uptake(conditions.model, exchange), uptake(exchange) + 0.0
    far = max(FARTHEST_MMOL_PER_GDW_H, 10 * limit)
    more: Piece | None = None
    gain, loss = 0.0, 0.0 if limit > 0 else None
    if capacity.is_used_up(fluxes):
        more = _follow(conditions.program, capacity, far)
        gain = _without_noise(more) or 0.0
        loss = _without_noise(_follow(conditions.program, capacity, 0.0)) if limit > 0 else None
    end = more if more is not None and gain > 0 and more.end < far else None
    return Nutrient(
        exchange=exchange.id,
        name=next(iter(exchange.metabolites)).name or exchange.name or exchange.id,
        is_supplied=limit > 0,
        uptake_limit_mmol_per_gdw_h=limit if math.isfinite(limit) else None,
        gain_per_mmol=gain,
        loss_per_mmol=loss,
        is_degenerate=limit > 0 and (loss is None or _differ(gain, loss)),
        valid_to_uptake_mmol_per_gdw_h=end and end.end,
        growth_there_per_h=end and direction(conditions.program) * end.value_at_end,
        elasticity_fraction=gain * limit / best_per_h if gain * limit > 0 and best_per_h > 0 else None,
    )


def _measure_bounds(conditions: Conditions, fluxes: Sequence[float]) -> Iterator[Bound]:
    """The bounds other than 0 of reactions inside the network that hold growth back."""
    outer = exchanges(conditions.model)
    for reaction in conditions.model.reactions:
        for is_upper, bound in enumerate(reaction.bounds):
            capacity = Capacity.of(conditions.model, reaction, is_reverse=not is_upper)
            if reaction.id in outer or bound == 0 or not capacity.is_used_up(fluxes):
                continue
            # What is forced is followed until it is forced no more.
            far = 0.0 if capacity.limit < 0 else max(FARTHEST_MMOL_PER_GDW_H, 10 * capacity.limit)
            more = _follow(conditions.program, capacity, far)
            if more is not None and _without_noise(more):
                yield Bound(
                    reaction=reaction.id,
                    name=reaction.name or reaction.id,
                    bound_mmol_per_gdw_h=bound,
                    is_upper=bool(is_upper),
                    gain_per_mmol=more.slope,
                    valid_to_bound_mmol_per_gdw_h=capacity.as_bound(more.end),
                )


def _follow(program: LinearProgram, capacity: Capacity, far: float) -> Piece | None:
    """The first stretch on which the best value changes evenly with a capacity, towards another one."""
    program.restore_basis()
    function = as_function(program, capacity)
    start = function(capacity.limit)
    if start is None:
        return None
    if far > capacity.limit and start.slope <= ZERO_GAIN:  # beyond, it is no steeper
        return Piece(0.0, far, start.value)
    return find_piece(function, start, far)


def _without_noise(piece: Piece | None) -> float | None:
    """The slope, 0 within tolerance; None for no piece."""
    if piece is None:
        return None
    return piece.slope if piece.slope > ZERO_GAIN else 0.0


def _differ(gain: float, loss: float) -> bool:
    return abs(loss - gain) > max(ZERO_GAIN, SAME_GAIN_FRACTION * loss)


def _list_gains(rows: Sequence[Nutrient], limit: int) -> dict[str, JsonValue]:
    return list_values({row.exchange: row.gain_per_mmol for row in rows}, limit)


TOOL = Tool(
    name="analyze_limitations",
    purpose="Which nutrients limit growth, and how much more of it one mmol of each gives (shadow prices).",
    answers=("limiting nutrients", "growth"),
    args=Args,
    result=Result,
    run=run,
    reference="Varma, Boesch, Palsson 1993, doi:10.1128/aem.59.8.2465-2473.1993; degenerate duals: "
    "Reznik, Mehta, Segre 2013, doi:10.1371/journal.pcbi.1003195",
    example={"medium_changes": {"EX_o2_e": 15}},
)
