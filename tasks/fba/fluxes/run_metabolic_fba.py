"""Flux balance analysis: growth, exchange fluxes and the flux of every reaction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import fit_display, list_values
from fluxagents.tasks.fba.fluxes.range_table import RangeTable, find_range_table
from fluxagents.tasks.fba.fluxes.subsystems import find_main_subsystem
from fluxagents.tasks.fba.sensitivity.dual_values import DualValues, find_dual_values
from fluxagents.tasks.fba.solving.conditions import exchanges, uptake_flux
from fluxagents.tasks.fba.solving.cycles import cycles_of
from fluxagents.tasks.fba.solving.growth import Conditions, StrainResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.fba.solving.linear_program import LinearProgram, clean
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.fba.solving.strain import StrainArgs
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

Method = Literal["pfba", "fba", "loopless", "geometric"]

GEOMETRIC_REACTIONS = 500
"""Most reactions of a model for geometric FBA: it takes a variability analysis with auxiliary variables for
each iteration, and on iJO1366 had not ended after 15 minutes."""


QUOTED_EXCHANGES, QUOTED_INTERNAL = 24, 5
"""As many as key findings have of uptakes and secretions, and of internal fluxes."""


class Args(StrainArgs):
    """How to distribute the fluxes at the optimum."""

    method: Method = Field(
        default="pfba",
        description="pfba: least total flux among the optima; fba: any optimum; loopless: without cycles; "
        f"geometric: the centre of the pFBA optima, of at most {GEOMETRIC_REACTIONS} reactions.",
    )
    sensitivities: bool = Field(
        default=False,
        description="Whether to add reduced costs and shadow prices; seconds for a genome-scale model.",
    )


class FluxTable(BaseModel):
    """One row per reaction, column by column, in the order of the model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    subsystem: tuple[str, ...] = ()
    is_exchange: tuple[bool, ...] = ()
    flux_mmol_per_gdw_h: tuple[float, ...] = ()
    reduced_cost_per_mmol: tuple[float | None, ...] = Field(
        default=(),
        description="By how much the objective (growth in 1/h) rises per mmol/gDW/h of flux more; more flux "
        "of an exchange is less uptake. None if optimal dual solutions differ. Empty unless asked for.",
    )


class PriceTable(BaseModel):
    """One row per metabolite, column by column, in the order of the model; empty unless asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    metabolite: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    shadow_price_per_mmol: tuple[float | None, ...] = Field(
        default=(),
        description="By how much the objective (growth in 1/h) rises per mmol/gDW/h of the metabolite that "
        "is supplied: positive when it helps. None if optimal dual solutions differ.",
    )


class Result(StrainResult):
    """Growth and fluxes; the fluxes are empty unless the status is optimal or zero growth."""

    method: Method
    is_loop_free: bool | None = Field(
        description="Whether no internal cycle carries flux; None unless the method is loopless. False if "
        "bounds or the objective itself force a cycle."
    )
    total_flux_mmol_per_gdw_h: float | None = Field(description="The sum of all absolute fluxes.")
    active_reactions: int | None = Field(description="Count of reactions with a flux.")
    uptakes_mmol_per_gdw_h: dict[str, float] = Field(description="Uptake through exchanges, largest first.")
    secretions_mmol_per_gdw_h: dict[str, float] = Field(
        description="Secretion through exchanges, largest first."
    )
    internal_fluxes_mmol_per_gdw_h: dict[str, float] = Field(
        description="Not boundary, largest magnitude first."
    )
    subsystem_fluxes_mmol_per_gdw_h: dict[str, float] = Field(
        description="Sum of absolute fluxes per subsystem, boundary reactions left out, largest first."
    )
    fluxes: FluxTable
    ranges: RangeTable = Field(
        default_factory=RangeTable,
        description="How far the exchange fluxes and the largest internal ones may move at the same optimum.",
    )
    shadow_prices: PriceTable | None = Field(default=None, description="None unless asked for.")

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 12), min(limit, 5)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, min(limit, 20)), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        fluxes = self.fluxes.model_dump()
        if self.shadow_prices is None:
            del fluxes["reduced_cost_per_mmol"]
            return {"fluxes": pd.DataFrame(fluxes)}
        return {
            "fluxes": pd.DataFrame(fluxes).astype({"reduced_cost_per_mmol": "float64"}),
            "shadow_prices": pd.DataFrame(self.shadow_prices.model_dump()).astype(
                {"shadow_price_per_mmol": "float64"}
            ),
        }

    def _display(self, limit: int, internal_limit: int) -> dict[str, JsonValue]:
        return {
            **self.conditions(limit),
            "method": self.method,
            **({} if self.is_loop_free is None else {"is_loop_free": self.is_loop_free}),
            "total_flux_mmol_per_gdw_h": self.total_flux_mmol_per_gdw_h,
            "active_reactions": self.active_reactions,
            "uptakes_mmol_per_gdw_h": list_values(self.uptakes_mmol_per_gdw_h, limit),
            "secretions_mmol_per_gdw_h": list_values(self.secretions_mmol_per_gdw_h, limit),
            "internal_fluxes_mmol_per_gdw_h": list_values(
                self.internal_fluxes_mmol_per_gdw_h, internal_limit
            ),
            "subsystem_fluxes_mmol_per_gdw_h": list_values(
                self.subsystem_fluxes_mmol_per_gdw_h, internal_limit
            ),
            **self.ranges.display(limit, self._shown_flux),
            **self._display_sensitivities(limit),
        }

    def _shown_flux(self, reaction: str) -> float | None:
        for listed in (self.uptakes_mmol_per_gdw_h, self.secretions_mmol_per_gdw_h):
            if reaction in listed:
                return listed[reaction]
        return self.internal_fluxes_mmol_per_gdw_h.get(reaction)

    def _display_sensitivities(self, limit: int) -> dict[str, JsonValue]:
        if self.shadow_prices is None:
            return {}
        columns = (self.fluxes.reaction, self.fluxes.is_exchange, self.fluxes.reduced_cost_per_mmol)
        costs = {name: cost for name, outer, cost in zip(*columns, strict=True) if outer and cost}
        prices = self.shadow_prices.shadow_price_per_mmol
        return {
            "reduced_costs_of_exchanges_per_mmol": list_values(_largest(costs), limit),
            "unique_shadow_prices": sum(price is not None for price in prices),
            "metabolites": len(prices),
        }


def run(model: Model, args: Args) -> Result:
    """Optimise the objective of the model and report growth (1/h) and fluxes (mmol/gDW/h).

    Where the objective is not growth, the fluxes are of an optimum with the greatest growth.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for conditions that do not fit the model; `BAD_ARGUMENT` for
            geometric FBA of a model that is too large; `SOLVER` or `TIMEOUT`.
    """
    if args.method == "geometric" and len(model.reactions) > GEOMETRIC_REACTIONS:
        message = f"geometric FBA of model '{model.id}' with {len(model.reactions)} reactions takes too long"
        suggestion = f"use method 'pfba', or a model of at most {GEOMETRIC_REACTIONS} reactions"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(suggestion,))
    with hold_conditions(model, args, split=True, aim="objective") as conditions:
        program = conditions.program
        optimum = optimise(program)
        report = conditions.report(optimum, conditions.growth_at(optimum))
        if optimum.value is None:
            return Result.model_validate(
                report | _describe(model, args, None) | _describe_prices(model, args)
            )
        duals = find_dual_values(model, conditions.objective) if args.sensitivities else None
        is_loop_free = None
        if args.method == "geometric":
            fluxes = _geometric(conditions)
        elif args.method == "loopless":
            fluxes, is_loop_free = _without_cycles(conditions)
        else:
            if args.method == "pfba":
                minimise_total_flux(program)
            fluxes = program.fluxes()
        found = _describe(model, args, fluxes, is_loop_free=is_loop_free, duals=duals)
        found |= {"ranges": find_range_table(model, fluxes, _list_quoted(model, fluxes))}
        return Result.model_validate(report | found | _describe_prices(model, args, duals))


def minimise_total_flux(program: LinearProgram) -> None:
    """Go from an optimum to the one with the least sum of absolute fluxes (pFBA); the program must be split.

    Raises:
        FluxError: `NUMERICAL` if there is none, which is a failure of the solver.
    """
    best = program.value
    program.hold_objective(*((best, None) if program.maximises else (None, best)))
    outcome = program.minimise_total_flux()
    if outcome is not Outcome.OPTIMAL:
        raise FluxError(
            ErrorClass.NUMERICAL,
            f"the least total flux at the optimum {best} could not be found: {outcome}",
            suggestions=("use method 'fba'",),
        )


def _list_quoted(model: Model, fluxes: Sequence[float]) -> list[int]:
    """The fluxes that are shown first: exchanges with a flux, and the largest inside."""
    outer = exchanges(model)
    active = sorted(
        (index for index, flux in enumerate(fluxes) if flux), key=lambda index: (-abs(fluxes[index]), index)
    )
    exchanged = [index for index in active if model.reactions[index].id in outer][:QUOTED_EXCHANGES]
    return exchanged + [index for index in active if not model.reactions[index].boundary][:QUOTED_INTERNAL]


def _geometric(conditions: Conditions) -> list[float]:
    model, growth = conditions.model, conditions.biomass.reaction
    if growth is not None and conditions.objective.factor(growth) is None:
        cobra.util.fix_objective_as_constraint(model)
        model.objective, model.objective_direction = growth, "max"
    solution = cobra.flux_analysis.geometric_fba(model, processes=1)
    return [clean(solution.fluxes[reaction.id]) for reaction in model.reactions]


def _without_cycles(conditions: Conditions) -> tuple[list[float], bool]:
    """The present optimum with its cycles taken out, and whether none is left.

    Exchange fluxes, the objective and growth stay; internal fluxes only shrink towards zero (CycleFreeFlux).
    """
    model, program = conditions.model, conditions.program
    optimised = (model.reactions.index(reaction) for reaction, _ in conditions.objective.terms)
    fluxes, objective = program.fluxes(), frozenset((*optimised, *program.objective()))
    with cycles_of(model) as cycles:
        removed = cycles.within(fluxes, objective)
        remaining = [clean(flux - part) for flux, part in zip(fluxes, removed, strict=True)]
        return remaining, not any(
            cycles.through(index, remaining) for index in sorted(objective | cycles.forced_reactions)
        )


def _describe(
    model: Model,
    args: Args,
    fluxes: list[float] | None,
    *,
    is_loop_free: bool | None = None,
    duals: DualValues | None = None,
) -> dict[str, object]:
    exchange_reactions = exchanges(model)
    reactions = list(model.reactions) if fluxes is not None else []
    values = {reaction.id: flux for reaction, flux in zip(reactions, fluxes or (), strict=True)}
    taken_up = {
        i: uptake_flux(reaction, values[i]) for i, reaction in exchange_reactions.items() if values.get(i)
    }
    internal = {reaction.id: values[reaction.id] for reaction in reactions if not reaction.boundary}
    subsystems: dict[str, float] = {}
    for reaction in reactions:
        if not reaction.boundary:
            name = find_main_subsystem(reaction) or "(none)"
            subsystems[name] = subsystems.get(name, 0.0) + abs(values[reaction.id])
    return {
        "method": args.method,
        "is_loop_free": is_loop_free,
        "total_flux_mmol_per_gdw_h": None if fluxes is None else math.fsum(map(abs, fluxes)),
        "active_reactions": None if fluxes is None else sum(1 for flux in fluxes if flux),
        "uptakes_mmol_per_gdw_h": _largest({i: flux for i, flux in taken_up.items() if flux > 0}),
        "secretions_mmol_per_gdw_h": _largest({i: -flux for i, flux in taken_up.items() if flux < 0}),
        "internal_fluxes_mmol_per_gdw_h": _largest(internal),
        "subsystem_fluxes_mmol_per_gdw_h": _largest(subsystems),
        "fluxes": FluxTable(
            reaction=tuple(values),
            name=tuple(reaction.name or "" for reaction in reactions),
            subsystem=tuple(reaction.subsystem or "" for reaction in reactions),
            is_exchange=tuple(reaction.id in exchange_reactions for reaction in reactions),
            flux_mmol_per_gdw_h=tuple(values.values()),
            reduced_cost_per_mmol=() if duals is None else duals.reduced_costs,
        ),
    }


def _describe_prices(model: Model, args: Args, duals: DualValues | None = None) -> dict[str, object]:
    metabolites = [] if duals is None else list(model.metabolites)
    table = PriceTable(
        metabolite=tuple(metabolite.id for metabolite in metabolites),
        name=tuple(metabolite.name or "" for metabolite in metabolites),
        shadow_price_per_mmol=() if duals is None else duals.shadow_prices,
    )
    return {"shadow_prices": table if args.sensitivities else None}


def _largest(fluxes: Mapping[str, float]) -> dict[str, float]:
    active = ((identifier, flux) for identifier, flux in fluxes.items() if flux)
    return dict(sorted(active, key=lambda pair: (-abs(pair[1]), pair[0])))


TOOL = Tool(
    name="run_metabolic_fba",
    purpose="Growth rate, uptake, secretion and the flux of every reaction, in any medium.",
    answers=("growth", "flux", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
    reference="Orth et al. 2010, doi:10.1038/nbt.1614; pFBA: Lewis et al. 2010, doi:10.1038/msb.2010.47; "
    "loopless: Desouki et al. 2015, doi:10.1093/bioinformatics/btv096; "
    "geometric: Smallbone, Simeonidis 2009, doi:10.1016/j.jtbi.2009.01.027",
    example={"method": "pfba", "medium_changes": {"EX_o2_e": 0}},
)
