"""One pathway: its fluxes and genes, and what it exchanges with the rest of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.tasks.display import cut_text, list_names, list_values
from fluxagents.tasks.fba.fluxes.pathway_members import find_members
from fluxagents.tasks.fba.fluxes.range_table import RangeTable, find_range_table
from fluxagents.tasks.fba.fluxes.run_flux_variability_analysis import extremes
from fluxagents.tasks.fba.fluxes.run_metabolic_fba import minimise_total_flux
from fluxagents.tasks.fba.solving.conditions import ConditionArgs
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram, clean
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H, Outcome
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.tool import PREDICTIONS, Tool

if TYPE_CHECKING:
    from cobra import Model, Reaction


QUOTED = 20
"""Fluxes of a pathway that are tested for being unique: the largest."""


class Args(ConditionArgs):
    """Which reactions make the pathway."""

    pathway: str | None = Field(
        default=None,
        description="Name of a subsystem or group of the model, a part of it that is unique, or a usual name "
        "such as glycolysis.",
    )
    reactions: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Reaction ids, instead of a name."
    )
    ranges: bool = Field(default=False, description="Also the least and greatest flux of each reaction.")
    fraction_of_optimum: float = Field(
        default=0.9, ge=0, le=1, description="Fraction of the best growth that the ranges keep."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Args:
        if (self.pathway is None) == (self.reactions is None):
            raise ValueError("give either 'pathway' or 'reactions'")
        return self


class PathwayTable(BaseModel):
    """One row per reaction of the pathway, column by column, in the order of the model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: tuple[str, ...]
    name: tuple[str, ...]
    equation: tuple[str, ...]
    genes: tuple[str, ...]
    flux_mmol_per_gdw_h: tuple[float | None, ...] = Field(description="Of pFBA; None without an optimum.")
    minimum_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        description="None if not asked for or not finite."
    )
    maximum_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        description="None if not asked for or not finite."
    )


class MetaboliteTable(BaseModel):
    """One row per metabolite that the pathway shares with the rest, column by column."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    metabolite: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    net_production_mmol_per_gdw_h: tuple[float, ...] = Field(
        default=(), description="Given to the rest of the network; negative if taken from it."
    )


class Result(ConditionResult):
    """The pathway at the pFBA optimum; without fluxes unless the status is optimal or zero growth."""

    pathway: str
    reactions: int = Field(description="Count of reactions of the pathway.")
    active_reactions: int | None = Field(description="Count of reactions of the pathway with a flux.")
    genes: tuple[str, ...]
    total_flux_mmol_per_gdw_h: float | None = Field(description="Sum of absolute fluxes in the pathway.")
    fluxes_mmol_per_gdw_h: dict[str, float] = Field(description="Not zero, largest magnitude first.")
    entering_mmol_per_gdw_h: dict[str, float] = Field(
        description="Net consumption of metabolites by the pathway, largest first."
    )
    leaving_mmol_per_gdw_h: dict[str, float] = Field(
        description="Net production of metabolites by the pathway, largest first."
    )
    blocked_steps: tuple[str, ...] = Field(
        description="Reactions that can carry no flux under these conditions, with any growth."
    )
    table: PathwayTable
    metabolites: MetaboliteTable
    optima: RangeTable = Field(description="How far the largest fluxes may move among the optima.")

    max_findings: ClassVar[int | None] = 12

    def tables(self) -> Mapping[str, pd.DataFrame]:
        numbers = [name for name in PathwayTable.model_fields if name.endswith("_mmol_per_gdw_h")]
        return {
            "reactions": pd.DataFrame(self.table.model_dump()).astype(dict.fromkeys(numbers, "float64")),
            "optima": pd.DataFrame(self.optima.model_dump()),
            "metabolites": pd.DataFrame(self.metabolites.model_dump()),
        }

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {
            **self.conditions(limit),
            "pathway": cut_text(self.pathway),
            "reactions": self.reactions,
            "active_reactions": self.active_reactions,
            "total_flux_mmol_per_gdw_h": self.total_flux_mmol_per_gdw_h,
            "fluxes_mmol_per_gdw_h": list_values(self.fluxes_mmol_per_gdw_h, limit),
            **self.optima.display(limit, self.fluxes_mmol_per_gdw_h.get),
            "entering_mmol_per_gdw_h": list_values(self.entering_mmol_per_gdw_h, limit),
            "leaving_mmol_per_gdw_h": list_values(self.leaving_mmol_per_gdw_h, limit),
            "blocked_steps": list_names(self.blocked_steps, limit),
            "genes": list_names(self.genes, limit),
        }


def run(model: Model, args: Args) -> Result:
    """Describe a pathway at the optimum with the least total flux; fluxes in mmol/gDW/h.

    Raises:
        FluxError: `UNKNOWN_ID` with the nearest names, `MEDIUM` for conditions that do not fit the model;
            `SOLVER` or `TIMEOUT`.
    """
    name, reactions = find_members(model, args.pathway, args.reactions)
    indices = [model.reactions.index(reaction) for reaction in reactions]
    with hold_conditions(model, args, split=True, aim="growth_if_known") as conditions:
        program = conditions.program
        optimum = optimise(program)
        report = conditions.report(optimum)
        fluxes: list[float] | None = None
        if optimum.value is not None:
            minimise_total_flux(program)
            fluxes = program.fluxes()
        optima = RangeTable() if fluxes is None else _find_optima(model, fluxes, indices)
        with LinearProgram(model) as net:
            ranges = _ranges(net, model, indices, args) if args.ranges and fluxes else None
            blocked = _blocked_reactions(net, model, indices)
    chosen = None if fluxes is None else [fluxes[index] for index in indices]
    found = _describe(reactions, chosen, ranges, blocked)
    return Result.model_validate(report | found | {"pathway": name, "optima": optima})


def _find_optima(model: Model, fluxes: Sequence[float], indices: Sequence[int]) -> RangeTable:
    active = sorted((index for index in indices if fluxes[index]), key=lambda index: -abs(fluxes[index]))
    return find_range_table(model, fluxes, active[:QUOTED])


def _ranges(
    program: LinearProgram, model: Model, indices: Sequence[int], args: Args
) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    optimise(program)
    slack = (1 - args.fraction_of_optimum) * abs(program.value)
    floor = program.value - slack if program.maximises else program.value + slack
    row = program.hold_objective(*((floor, None) if program.maximises else (None, floor)))
    program.set_objective({}, "max")
    program.solve()
    ranges = extremes(program, model, indices)
    program.set_row_bounds(row, None, None)
    return ranges


def _blocked_reactions(program: LinearProgram, model: Model, indices: Sequence[int]) -> tuple[str, ...]:
    """The reactions that cannot carry a flux at any growth rate; empty if nothing is feasible."""
    program.set_objective({}, "max")
    if program.solve() is not Outcome.OPTIMAL:
        return ()
    ends = zip(indices, *extremes(program, model, indices), strict=True)
    return tuple(
        model.reactions[index].id
        for index, least, greatest in ends
        if least is not None
        and greatest is not None
        and max(abs(least), abs(greatest)) <= ZERO_FLUX_MMOL_PER_GDW_H
    )


def _describe(
    reactions: Sequence[Reaction],
    fluxes: Sequence[float] | None,
    ranges: tuple[tuple[float | None, ...], tuple[float | None, ...]] | None,
    blocked: tuple[str, ...],
) -> dict[str, object]:
    net: dict[str, float] = {}
    names: dict[str, str] = {}
    for reaction, flux in zip(reactions, fluxes or (), strict=False):
        for metabolite, coefficient in reaction.metabolites.items():
            net[metabolite.id] = net.get(metabolite.id, 0.0) + coefficient * flux
            names[metabolite.id] = metabolite.name or metabolite.id
    exchanged = {name: clean(value) for name, value in net.items() if abs(value) > ZERO_FLUX_MMOL_PER_GDW_H}
    unknown = (None,) * len(reactions)
    minima, maxima = ranges or (unknown, unknown)
    return {
        "reactions": len(reactions),
        "active_reactions": None if fluxes is None else sum(1 for flux in fluxes if flux),
        "genes": tuple(sorted({gene.id for reaction in reactions for gene in reaction.genes})),
        "total_flux_mmol_per_gdw_h": None if fluxes is None else sum(map(abs, fluxes)),
        "fluxes_mmol_per_gdw_h": _largest(
            {reaction.id: flux for reaction, flux in zip(reactions, fluxes or (), strict=False) if flux}
        ),
        "entering_mmol_per_gdw_h": _largest({name: -value for name, value in exchanged.items() if value < 0}),
        "leaving_mmol_per_gdw_h": _largest({name: value for name, value in exchanged.items() if value > 0}),
        "blocked_steps": blocked,
        "table": PathwayTable(
            reaction=tuple(reaction.id for reaction in reactions),
            name=tuple(reaction.name or "" for reaction in reactions),
            equation=tuple(reaction.reaction for reaction in reactions),
            genes=tuple(reaction.gene_reaction_rule for reaction in reactions),
            flux_mmol_per_gdw_h=unknown if fluxes is None else tuple(fluxes),
            minimum_mmol_per_gdw_h=minima,
            maximum_mmol_per_gdw_h=maxima,
        ),
        "metabolites": MetaboliteTable(
            metabolite=tuple(exchanged),
            name=tuple(names[name] for name in exchanged),
            net_production_mmol_per_gdw_h=tuple(exchanged.values()),
        ),
    }


def _largest(values: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(values.items(), key=lambda pair: (-abs(pair[1]), pair[0])))


TOOL = Tool(
    name="analyze_pathway",
    purpose="One pathway or subsystem: its fluxes, genes, blocked steps, and what enters and leaves it.",
    answers=("pathway flux", "flux", "flux range", "blocked reactions", "growth"),
    args=Args,
    result=Result,
    run=run,
    rests_on=PREDICTIONS | {Concern.GENES},
    reference="Lewis et al. 2010, doi:10.1038/msb.2010.47 (pFBA)",
    example={"reactions": ["PGI", "PFK", "FBA", "TPI"]},
)
