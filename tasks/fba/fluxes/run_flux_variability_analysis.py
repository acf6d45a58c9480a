"""Flux variability analysis: how far the flux of each reaction may go while growth stays near its optimum."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Shard
from fluxagents.tasks.display import list_names, round_for_display
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, require_reaction
from fluxagents.tasks.fba.solving.cycles import LooplessRanges, cycles_of
from fluxagents.tasks.fba.solving.growth import (
    ConditionResult,
    Conditions,
    Optimum,
    hold_conditions,
    optimise,
)
from fluxagents.tasks.fba.solving.linear_program import LinearProgram, Sense, clean
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H, Outcome
from fluxagents.tasks.tool import Split, Tool

if TYPE_CHECKING:
    from cobra import Model

ATTAINED_MMOL_PER_GDW_H = 1e-9
"""A flux this near to its bound in any solution shows that the bound is reached: no solve is needed."""


class Args(ConditionArgs):
    """Which reactions, how near to the optimum."""

    fraction_of_optimum: float = Field(
        default=0.9, ge=0, le=1, description="Fraction of the best growth that must be kept; 1 is ill-posed."
    )
    reactions: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Reaction ids; all reactions if absent."
    )
    loopless: bool = Field(
        default=False,
        description="Exclude thermodynamically infeasible cycles; takes minutes for all reactions of a "
        "genome-scale model.",
    )


class RangeTable(BaseModel):
    """One row per reaction, column by column."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: tuple[str, ...] = ()
    minimum_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="None for no finite minimum."
    )
    maximum_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="None for no finite maximum."
    )


class Result(ConditionResult):
    """Flux ranges and the sets that follow; empty if the model is infeasible or unbounded."""

    fraction_of_optimum: float
    loopless: bool
    blocked: tuple[str, ...] = Field(
        description="No flux in either direction in any state that keeps the fraction of the best growth; at "
        "fraction 0 in any state at all, which is the usual definition."
    )
    fixed: tuple[str, ...] = Field(description="Only one flux, not zero, is possible.")
    essential: tuple[str, ...] = Field(
        description="A flux in one direction is forced; includes the fixed ones."
    )
    variable: tuple[str, ...] = Field(description="More than one flux is possible; includes forced ones.")
    unbounded: tuple[str, ...] = Field(description="A minimum or maximum is not finite.")
    total_range_mmol_per_gdw_h: float | None = Field(description="Sum of all finite ranges.")
    ranges: RangeTable

    max_findings: ClassVar[int | None] = 10

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"ranges": pd.DataFrame(self.ranges.model_dump()).astype(dict.fromkeys(_NUMBERS, "float64"))}

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {
            **self.conditions(limit),
            "fraction_of_optimum": self.fraction_of_optimum,
            "loopless": self.loopless,
            "reactions_tested": len(self.ranges.reaction),
            "total_range_mmol_per_gdw_h": round_for_display(self.total_range_mmol_per_gdw_h),
            "widest_ranges_mmol_per_gdw_h": self._widest(min(limit, 15)),
            "blocked": list_names(self.blocked, limit),
            "fixed": list_names(self.fixed, limit),
            "essential": list_names(self.essential, limit),
            "variable": list_names(self.variable, min(limit, 5)),
            "unbounded": list_names(self.unbounded, limit),
        }

    def _widest(self, limit: int) -> dict[str, JsonValue]:
        rows = _rows(self.ranges)
        widest = sorted(rows, key=lambda row: (-_width(row), row[0]))[:limit]
        return {
            "count": len(rows),
            "shown": len(widest),
            "values": {row[0]: [round_for_display(row[1]), round_for_display(row[2])] for row in widest},
        }


REACTIONS_PER_PART = 1_000
"""About a second of work on a genome-scale model."""

LOOPLESS_REACTIONS_PER_PART = 100

_NUMBERS = ("minimum_mmol_per_gdw_h", "maximum_mmol_per_gdw_h")

_Row = tuple[str, float | None, float | None]
"""Reaction, minimum, maximum."""


def run(model: Model, args: Args) -> Result:
    """Find the least and greatest flux (mmol/gDW/h) of each reaction at a fraction of the best growth.

    A model without an objective has ranges too: those of all its feasible fluxes.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for arguments that do not fit the model; `SOLVER` or `TIMEOUT`.
    """
    return _find_ranges(model, args, _reaction_ids(model, args))


def count_shards(model: Model, args: Args) -> int:
    """The count of shards of the reactions."""
    each = LOOPLESS_REACTIONS_PER_PART if args.loopless else REACTIONS_PER_PART
    return max(1, math.ceil(len(_reaction_ids(model, args)) / each))


def run_shard(model: Model, args: Args, shard: Shard) -> Result:
    """As `run`, for the reactions of one part; raises as `run`."""
    ids = _reaction_ids(model, args)
    first, behind = (len(ids) * index // shard.of for index in (shard.index, shard.index + 1))
    return _find_ranges(model, args, ids[first:behind])


def merge(args: Args, results: Sequence[Result]) -> Result:
    """The ranges of all parts as one result."""
    del args
    rows = [row for result in results for row in _rows(result.ranges)]
    return Result.model_validate(results[0].model_dump() | _sort_into_sets(rows))


def _reaction_ids(model: Model, args: Args) -> list[str]:
    if args.reactions is None:
        return [reaction.id for reaction in model.reactions]
    return [require_reaction(model, identifier) for identifier in dict.fromkeys(args.reactions)]


def _find_ranges(model: Model, args: Args, ids: Sequence[str]) -> Result:
    with hold_conditions(model, args, aim="growth_if_known") as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum)
        rows = _rows(_ranges(conditions, optimum, args, ids))
    return Result.model_validate(
        report
        | {"fraction_of_optimum": args.fraction_of_optimum, "loopless": args.loopless}
        | _sort_into_sets(rows)
    )


def _sort_into_sets(rows: Sequence[_Row]) -> dict[str, object]:
    """The statistics of all ranges."""
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return {
        "ranges": RangeTable.model_validate(dict(zip(RangeTable.model_fields, columns, strict=True))),
        "total_range_mmol_per_gdw_h": sum(_width(row) for row in rows if _finite(row)) if rows else None,
        **{name: tuple(row[0] for row in rows if belongs(row)) for name, belongs in _SETS.items()},
    }


def _ranges(conditions: Conditions, optimum: Optimum, args: Args, ids: Sequence[str]) -> RangeTable:
    program, model = conditions.program, conditions.model
    if optimum.status is Outcome.NO_OBJECTIVE:
        status = program.solve()
        if status is not Outcome.OPTIMAL:
            return RangeTable()
    elif optimum.value is None:
        return RangeTable()
    objective = program.objective()
    if optimum.value is not None:
        floor = _floor(program, args.fraction_of_optimum)
        program.hold_objective(*((floor, None) if program.maximises else (None, floor)))
    program.set_objective({}, "max")
    if program.solve() is not Outcome.OPTIMAL:
        raise FluxError(
            ErrorClass.NUMERICAL,
            f"no flux keeps {args.fraction_of_optimum} of the optimum",
            suggestions=("lower 'fraction_of_optimum' a little",),
        )
    indices = [model.reactions.index(identifier) for identifier in ids]
    if args.loopless:
        minima, maxima = _loopless_extremes(program, model, indices, objective)
    else:
        minima, maxima = extremes(program, model, indices)
    return RangeTable(reaction=tuple(ids), minimum_mmol_per_gdw_h=minima, maximum_mmol_per_gdw_h=maxima)


def _floor(program: LinearProgram, fraction: float) -> float:
    """The worst objective value allowed; right for negative optima and for minimised objectives too."""
    slack = (1 - fraction) * abs(program.value)
    return program.value - slack if program.maximises else program.value + slack


def extremes(
    program: LinearProgram, model: Model, indices: Sequence[int]
) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    """The least and the greatest flux (mmol/gDW/h) of each reaction under what the program holds.

    The program must be solved and its objective empty. A solution that happens to reach a reaction's bound
    settles that side of its range, as nothing lies beyond a bound.

    Args:
        program: Net fluxes, with the growth floor held.
        model: For the reactions' bounds.
        indices: Of the reactions in `model.reactions`.
    """
    lowest = np.array([reaction.lower_bound for reaction in model.reactions], dtype=float)
    highest = np.array([reaction.upper_bound for reaction in model.reactions], dtype=float)
    reached: dict[Sense, Any] = {sense: np.zeros(len(lowest), dtype=bool) for sense in ("min", "max")}

    def note_reached_bounds() -> None:
        fluxes = program.net_fluxes()
        reached["min"] |= fluxes <= lowest + ATTAINED_MMOL_PER_GDW_H
        reached["max"] |= fluxes >= highest - ATTAINED_MMOL_PER_GDW_H

    def extreme(index: int, sense: Sense, bound: float) -> float | None:
        if reached[sense][index]:
            return clean(bound)
        before = program.iterations
        value = program.extreme(index, sense)
        if program.iterations != before:
            note_reached_bounds()
        return value

    note_reached_bounds()
    minima = tuple(extreme(index, "min", lowest[index]) for index in indices)
    maxima = tuple(extreme(index, "max", highest[index]) for index in indices)
    return minima, maxima


def _loopless_extremes(
    program: LinearProgram, model: Model, indices: Sequence[int], objective: Collection[int]
) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    """As `extremes`, over the fluxes that are free of cycles."""
    minima, maxima = extremes(program, model, indices)
    with cycles_of(model) as cycles:
        ranges = LooplessRanges(
            program, cycles, cycles.directions(), cycles.forced_reactions | frozenset(objective)
        )

        def extreme(index: int, sense: Sense, free: float | None) -> float | None:
            sign = 1 if sense == "max" else -1
            if (index, sign) in ranges.directions or ranges.bends_all:
                return ranges.extreme(index, sense)
            return free

        return (
            tuple(extreme(index, "min", free) for index, free in zip(indices, minima, strict=True)),
            tuple(extreme(index, "max", free) for index, free in zip(indices, maxima, strict=True)),
        )


def _rows(ranges: RangeTable) -> list[_Row]:
    columns = (ranges.reaction, ranges.minimum_mmol_per_gdw_h, ranges.maximum_mmol_per_gdw_h)
    return list(zip(*columns, strict=True))


def _least(row: _Row) -> float:
    return -math.inf if row[1] is None else row[1]


def _greatest(row: _Row) -> float:
    return math.inf if row[2] is None else row[2]


def _width(row: _Row) -> float:
    return _greatest(row) - _least(row)


def _finite(row: _Row) -> bool:
    return math.isfinite(_width(row))


def _is_forced(row: _Row) -> bool:
    return _least(row) > ZERO_FLUX_MMOL_PER_GDW_H or _greatest(row) < -ZERO_FLUX_MMOL_PER_GDW_H


def _is_blocked(row: _Row) -> bool:
    return max(abs(_least(row)), abs(_greatest(row))) <= ZERO_FLUX_MMOL_PER_GDW_H


_SETS: Mapping[str, Callable[[_Row], bool]] = {
    "blocked": _is_blocked,
    "fixed": lambda row: _width(row) <= ZERO_FLUX_MMOL_PER_GDW_H and not _is_blocked(row),
    "essential": _is_forced,
    "variable": lambda row: _width(row) > ZERO_FLUX_MMOL_PER_GDW_H and not _is_blocked(row),
    "unbounded": lambda row: not _finite(row),
}

TOOL = Tool(
    name="run_flux_variability_analysis",
    purpose="Least and greatest flux of each reaction near the optimum; blocked, fixed and forced reactions.",
    answers=("flux range", "blocked reactions", "flux", "growth", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
    split=Split(count=count_shards, run=run_shard, merge=merge),
    reference="Mahadevan, Schilling 2003, doi:10.1016/j.ymben.2003.09.002; "
    "loopless: Schellenberger, Lewis, Palsson 2011, doi:10.1016/j.bpj.2010.12.3707",
    example={"fraction_of_optimum": 0.9, "reactions": ["PGI", "EX_o2_e"]},
)
