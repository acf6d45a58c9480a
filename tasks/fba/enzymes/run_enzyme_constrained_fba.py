"""Flux balance analysis with one pool of enzyme (sMOMENT): growth and fluxes with and without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import list_names, list_values, round_for_display
from fluxagents.tasks.fba.enzymes.enzyme_costs import EnzymeCost, EnzymeCosts, compute_costs
from fluxagents.tasks.fba.enzymes.enzyme_table import Enzyme, EnzymeArgs, read_enzymes
from fluxagents.tasks.fba.sensitivity.piecewise_linear import Evaluate, Tangent, find_break_points
from fluxagents.tasks.fba.sensitivity.tabulate import tabulate
from fluxagents.tasks.fba.solving.growth import (
    HELD_WITHIN_FRACTION,
    StrainResult,
    hold_conditions,
    optimise,
)
from fluxagents.tasks.fba.solving.linear_program import LinearProgram, clean
from fluxagents.tasks.fba.solving.outcome import ZERO_GROWTH_PER_H, Outcome
from fluxagents.tasks.fba.solving.strain import StrainArgs
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import PREDICTIONS, Tool

if TYPE_CHECKING:
    from cobra import Model

NEGLIGIBLE_FRACTION = 1e-6
"""Of the pool: less is not listed."""

NEGLIGIBLE_G_PER_GDW = 1e-9
"""Of enzyme: less is rounding noise."""

INSIDE = 1e-9
"""A pool that is larger than the least one by this fraction has fluxes; that one may fail by rounding."""


class Args(StrainArgs, EnzymeArgs):
    """The enzymes, their pool (the default was fitted to E. coli), and what is taken where nothing is known.

    Without a default turnover number a reaction that the table lacks costs nothing; without a default weight
    it has the median of the table. Without a table they are those of `enzyme_costs`.
    """

    pool_g_per_gdw: float = Field(default=0.095, gt=0, le=1, description="Shared by all.")
    default_kcat_per_s: float | None = Field(
        default=None,
        gt=0,
        description="Where none is known.",
    )
    default_molecular_weight_kda: float | None = Field(
        default=None,
        gt=0,
        description="Where none is known.",
    )


class EnzymeUse(BaseModel):
    """One reaction with and without the pool."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: str
    name: str
    flux_without_pool_mmol_per_gdw_h: float
    flux_mmol_per_gdw_h: float
    enzyme_g_per_gdw: float | None = Field(description="None for a reaction without a cost.")
    pool_fraction: float | None
    kcat_per_s: float | None
    reverse_kcat_per_s: float | None
    molecular_weight_kda: float | None
    assumed: str = Field(description="Which of the three are no values of the table.")


class PoolPoint(BaseModel):
    """The best growth with one size of the pool."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    pool_g_per_gdw: float
    growth_per_h: float = Field(description="1/h, or mmol/gDW/h for a named objective.")


class Result(StrainResult):
    """Growth and fluxes with and without the pool; the status is that without it."""

    pool_g_per_gdw: float
    status_with_pool: Outcome | None
    growth_with_pool_per_h: float | None = Field(
        description="1/h, or mmol/gDW/h for a named objective; None if the pool cannot keep the cell alive."
    )
    growth_fraction_of_wild_type: float | None = Field(description="With by without the pool.")
    used_g_per_gdw: float | None = Field(description="Of the pool, by the fluxes found.")
    is_pool_limiting: bool | None
    least_pool_g_per_gdw: float | None = Field(description="A smaller one cannot keep the cell alive.")
    needed_pool_g_per_gdw: float | None = Field(description="A larger one gives no more growth.")
    gain_per_g: float | None = Field(
        description="Growth (1/h) gained per g/gDW that the pool is larger; 0 where it does not limit."
    )
    reactions_with_cost: int = Field(description="Count.")
    assumed_kcat: tuple[str, ...] = Field(description="Reactions with the default turnover number.")
    assumed_reverse_kcat: tuple[str, ...] = Field(
        description="Reversible reactions whose reverse turnover number is taken to be the forward one."
    )
    assumed_weight: tuple[str, ...] = Field(description="Reactions with the default molecular weight.")
    default_molecular_weight_kda: float
    default_kcat_per_s: float | None = Field(description="None if reactions without one cost nothing.")
    is_default_pool: bool = Field(description="Whether the size of the pool was not stated.")
    without_cost: tuple[str, ...] = Field(description="Reactions with genes and without a turnover number.")
    unmapped_reactions: tuple[str, ...] = Field(description="Of the table, not in the model.")
    pool_fractions: dict[str, float] = Field(description="Share of the pool by reaction, largest first.")
    curve: tuple[PoolPoint, ...] = Field(description="The break points of growth over the pool.")
    reactions: tuple[EnzymeUse, ...]

    def display(self, limit: int) -> dict[str, JsonValue]:
        scalars = (
            "status_with_pool", "growth_with_pool_per_h", "growth_fraction_of_wild_type", "pool_g_per_gdw",
            "used_g_per_gdw", "is_pool_limiting", "least_pool_g_per_gdw", "needed_pool_g_per_gdw",
            "gain_per_g", "reactions_with_cost", "default_molecular_weight_kda", "default_kcat_per_s",
            "is_default_pool",
        )  # fmt: skip
        lists = (
            "assumed_kcat", "assumed_reverse_kcat", "assumed_weight", "without_cost", "unmapped_reactions",
        )  # fmt: skip
        return {
            **self.conditions(limit),
            **{name: getattr(self, name) for name in scalars},
            "pool_fractions": list_values(self.pool_fractions, limit),
            **{name: list_names(getattr(self, name), min(limit, 10)) for name in lists},
            "curve": {
                "count": len(self.curve),
                "pool_g_per_gdw": [round_for_display(point.pool_g_per_gdw) for point in self.curve[:limit]],
                "growth_per_h": [round_for_display(point.growth_per_h) for point in self.curve[:limit]],
            },
        }

    def tables(self) -> Mapping[str, pd.DataFrame]:
        numbers = [name for name in EnzymeUse.model_fields if name not in {"reaction", "name", "assumed"}]
        return {
            "reactions": tabulate(self.reactions, EnzymeUse).astype(dict.fromkeys(numbers, "float64")),
            "curve": tabulate(self.curve, PoolPoint),
        }


def gather(sources: Sources, args: Args) -> tuple[Enzyme, ...]:
    """The enzymes; raises as `read_enzymes`."""
    return read_enzymes(sources, args)


def run(model: Model, args: Args, enzymes: Sequence[Enzyme] | None = None) -> Result:
    """Maximise growth (1/h) while all fluxes together need no more enzyme (g/gDW) than the pool holds.

    Fluxes, with and without the pool, are those with the least total flux at best growth (pFBA).

    Facts for flows: `growth_with_pool_per_h`, `growth_fraction_of_wild_type`, `is_pool_limiting`,
    `needed_pool_g_per_gdw`, `assumed_kcat.count`, `without_cost.count`.

    Raises:
        FluxError: `BAD_ARGUMENT`, `UNKNOWN_ID` as `compute_costs`; `MEDIUM`, `SOLVER`, `TIMEOUT`.
    """
    costs = compute_costs(
        model,
        args.enzymes if enzymes is None else enzymes,
        default_kcat=args.default_kcat_per_s,
        default_weight=args.default_molecular_weight_kda,
    )
    with hold_conditions(model, args, split=True) as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum)
        solution = _Solution()
        if optimum.value is not None:
            solution = _solve(conditions.program, costs, args.pool_g_per_gdw)
    growth, best = solution.growth, optimum.value
    uses = tuple(_describe(model, costs, solution, args.pool_g_per_gdw))
    shares = {use.reaction: use.pool_fraction or 0.0 for use in uses}
    largest = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
    return Result.model_validate(
        report
        | _list_assumed(model, costs)
        | {
            "pool_g_per_gdw": args.pool_g_per_gdw,
            "is_default_pool": "pool_g_per_gdw" not in args.model_fields_set,
            "status_with_pool": solution.status,
            "growth_with_pool_per_h": growth,
            "growth_fraction_of_wild_type": growth / best if growth is not None and best else None,
            "used_g_per_gdw": sum(use.enzyme_g_per_gdw or 0.0 for use in uses) if solution.fluxes else None,
            "is_pool_limiting": None if solution.needed is None else args.pool_g_per_gdw < solution.needed,
            "least_pool_g_per_gdw": solution.least,
            "needed_pool_g_per_gdw": solution.needed,
            "gain_per_g": solution.gain,
            "pool_fractions": {name: share for name, share in largest if share > NEGLIGIBLE_FRACTION},
            "curve": solution.curve,
            "reactions": uses,
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solution:
    """Growth is that of the objective; a flux is that of a reaction in `model.reactions`."""

    status: Outcome | None = None
    growth: float | None = None
    gain: float | None = None
    least: float | None = None
    needed: float | None = None
    fluxes_without: tuple[float, ...] = ()
    fluxes: tuple[float, ...] = ()
    curve: tuple[PoolPoint, ...] = ()


def _solve(program: LinearProgram, costs: EnzymeCosts, pool: float) -> _Solution:
    """From a program at the optimum without the pool."""
    objective, best = program.objective(), program.value
    needed = _find_needed_pool(program, costs, best)
    fluxes_without = _find_fluxes(program, objective, best)
    least = _find_least_pool(program, costs)
    row = program.limit_parts(costs.weights, None)
    program.set_objective(objective, "max")

    def evaluate(size: float) -> Tangent | None:
        program.set_row_bounds(row, None, size)
        if program.solve() is not Outcome.OPTIMAL:
            return None
        return Tangent(size, program.value, program.get_row_price(row))

    curve = _trace(evaluate, least, needed)
    tangent = evaluate(pool)
    if tangent is None:
        return _Solution(
            status=Outcome.INFEASIBLE, least=least, needed=needed, curve=curve, fluxes_without=fluxes_without
        )
    is_zero = abs(tangent.value) <= ZERO_GROWTH_PER_H
    return _Solution(
        status=Outcome.ZERO_GROWTH if is_zero else Outcome.OPTIMAL,
        growth=0.0 if is_zero else tangent.value,
        gain=clean(tangent.slope) if pool < needed else 0.0,
        least=least,
        needed=needed,
        fluxes_without=fluxes_without,
        fluxes=_find_fluxes(program, objective, tangent.value),
        curve=curve,
    )


def _find_needed_pool(program: LinearProgram, costs: EnzymeCosts, best: float) -> float:
    """The least enzyme that the best growth without a pool needs."""
    least = partial(program.minimise_parts, costs.weights)
    _minimise_at(program, program.objective(), best, least)
    return max(program.value, 0.0)


def _find_fluxes(program: LinearProgram, objective: Mapping[int, float], best: float) -> tuple[float, ...]:
    """The fluxes of the best growth with the least total flux."""
    _minimise_at(program, objective, best, program.minimise_total_flux)
    return tuple(program.fluxes())


def _find_least_pool(program: LinearProgram, costs: EnzymeCosts) -> float:
    """The least enzyme that keeps the cell alive."""
    _require_optimum(program.minimise_parts(costs.weights))
    return max(program.value, 0.0)


def _minimise_at(
    program: LinearProgram, objective: Mapping[int, float], best: float, minimise: Callable[[], Outcome]
) -> None:
    """Minimise at the best growth, or as near to it as the solver finds something feasible."""
    program.set_objective(objective, "max")
    row = program.hold_objective(best, None)
    outcome = minimise()
    if outcome is Outcome.INFEASIBLE:
        program.set_row_bounds(row, best - HELD_WITHIN_FRACTION * max(abs(best), 1.0), None)
        outcome = minimise()
    _require_optimum(outcome)
    program.set_row_bounds(row, None, None)


def _require_optimum(outcome: Outcome) -> None:
    if outcome is not Outcome.OPTIMAL:
        raise FluxError(ErrorClass.NUMERICAL, f"a feasible problem became {outcome}")


def _trace(evaluate: Evaluate, least: float, needed: float) -> tuple[PoolPoint, ...]:
    """The break points of growth over the pool, from the least pool to the one that is enough."""
    low, high = evaluate(least * (1 + INSIDE)), evaluate(max(needed, least * (1 + INSIDE)))
    if low is None or high is None or high.at - low.at <= NEGLIGIBLE_G_PER_GDW:
        return ()
    return tuple(
        PoolPoint(pool_g_per_gdw=corner.at, growth_per_h=clean(corner.value))
        for corner in find_break_points(evaluate, low, high)
    )


def _describe(model: Model, costs: EnzymeCosts, solution: _Solution, pool: float) -> Iterator[EnzymeUse]:
    """The reactions that have a cost or carry flux."""
    for index, flux in enumerate(solution.fluxes):
        reaction, cost = model.reactions[index], costs.by_reaction.get(index)
        without = solution.fluxes_without[index]
        if cost is None and not flux and not without:
            continue
        enzyme = None if cost is None else (cost.forward if flux > 0 else cost.reverse) * abs(flux)
        yield EnzymeUse(
            reaction=reaction.id,
            name=reaction.name or reaction.id,
            flux_without_pool_mmol_per_gdw_h=without,
            flux_mmol_per_gdw_h=flux,
            enzyme_g_per_gdw=enzyme,
            pool_fraction=None if enzyme is None else enzyme / pool,
            kcat_per_s=cost and cost.kcat_per_s,
            reverse_kcat_per_s=cost and cost.reverse_kcat_per_s,
            molecular_weight_kda=cost and cost.molecular_weight_kda,
            assumed="" if cost is None else ", ".join(_name_assumed(cost)),
        )


def _name_assumed(cost: EnzymeCost) -> Iterator[str]:
    if not cost.has_own_kcat:
        yield "kcat"
    if not cost.has_own_reverse_kcat:
        yield "reverse kcat"
    if not cost.has_own_weight:
        yield "molecular weight"


def _list_assumed(model: Model, costs: EnzymeCosts) -> dict[str, object]:
    """What is no value of the table, as fields of the result."""
    by_id = {model.reactions[index].id: cost for index, cost in costs.by_reaction.items()}
    reversible = {reaction.id for reaction in model.reactions if reaction.lower_bound < 0}
    return {
        "reactions_with_cost": len(by_id),
        "assumed_kcat": tuple(name for name, cost in by_id.items() if not cost.has_own_kcat),
        "assumed_reverse_kcat": tuple(
            name
            for name, cost in by_id.items()
            if name in reversible and cost.has_own_kcat and not cost.has_own_reverse_kcat
        ),
        "assumed_weight": tuple(name for name, cost in by_id.items() if not cost.has_own_weight),
        "default_molecular_weight_kda": costs.default_weight_kda,
        "default_kcat_per_s": costs.default_kcat_per_s,
        "without_cost": costs.free,
        "unmapped_reactions": costs.unmapped,
    }


TOOL = Tool(
    name="run_enzyme_constrained_fba",
    purpose="Growth and fluxes when all enzymes share one pool.",
    questions=(
        "Which fluxes do enzyme limits allow?",
        "enzyme constrained",
        "enzyme constraints",
        "enzyme pool",
        "protein pool",
        "Does the protein pool limit growth?",
        "sMOMENT",
        "GECKO",
        "proteome limited",
        "Enzymbegrenzt",
        "contraintes enzymatiques",
        "restricciones enzimáticas",
    ),
    answers=("enzyme limits", "growth", "flux"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    rests_on=PREDICTIONS | {Concern.GENES},
    reference="sMOMENT: Bekiaris & Klamt 2020, doi:10.1186/s12859-019-3329-9",
    example={
        "enzymes": [
            {"reaction": "PFK", "kcat_per_s": 65, "molecular_weight_kda": 140},
            {"reaction": "PDH", "kcat_per_s": 38, "molecular_weight_kda": 4600},
            {"reaction": "CS", "kcat_per_s": 81, "molecular_weight_kda": 288},
            {"reaction": "CYTBD", "kcat_per_s": 330},
        ],
        "pool_g_per_gdw": 0.2,
        "default_kcat_per_s": 65,
    },
)
