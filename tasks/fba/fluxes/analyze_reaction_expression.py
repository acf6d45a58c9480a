"""Expression data in a model: E-Flux limits reactions by their levels, GIMME avoids those below a cutoff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import quantiles
from typing import TYPE_CHECKING, Annotated, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import cut_text, list_names, list_values
from fluxagents.tasks.fba.fluxes.expression_levels import GeneLevels, Isozymes, MissingGenes
from fluxagents.tasks.fba.solving.conditions import ConditionArgs
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H, ZERO_GROWTH_PER_H, Outcome
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.tool import PREDICTIONS, Tool

if TYPE_CHECKING:
    from cobra import Model

LOWER_QUARTILE = 0
"""Of the three cuts of `statistics.quantiles`."""

Level = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""An expression level, not logarithmic."""


class Args(ConditionArgs):
    """Levels of genes, and how they act on reactions."""

    expression: dict[str, Level] = Field(
        min_length=1,
        description="Gene id or name -> level, not logarithmic, in one unit such as TPM or counts.",
    )
    expression_unit: str = Field(default="as given", max_length=40, description="Of the levels, such as TPM.")
    method: Literal["e_flux", "gimme"] = Field(
        default="e_flux",
        description="e_flux: a reaction carries at most its share of max_flux; gimme: reactions below the "
        "cutoff are used as little as a required growth allows.",
    )
    isozymes: Isozymes = Field(
        default="max",
        description="Level of isozymes ('or'): the greatest or the sum; of subunits: the least.",
    )
    missing_genes: MissingGenes = Field(
        default="left_out",
        description="A gene of the model without a level: left out of its rules, zero, refused.",
    )
    max_flux_mmol_per_gdw_h: float | None = Field(
        default=None,
        gt=0,
        description="E-Flux: the most flux of the reaction with the highest level; without it the greatest "
        "flux of a reaction with a level at the optimum without expression data (pFBA).",
    )
    cutoff: Level | None = Field(
        default=None,
        description="GIMME: level below which a reaction counts as not expressed, in the unit of the levels "
        "(such as TPM or counts); without it the lower quartile of the reactions' levels.",
    )
    growth_fraction_of_wild_type: float = Field(
        default=0.9, gt=0, le=1, description="GIMME: the least growth, as a fraction of that without data."
    )


class ExpressionTable(BaseModel):
    """One row per reaction, column by column, in the order of the model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    level: tuple[float | None, ...] = Field(
        default=(), description="In the unit of the levels, such as counts; None without a measured gene."
    )
    most_flux_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="E-Flux: what the level allows in either direction; None for no limit by it."
    )
    penalty: tuple[float | None, ...] = Field(
        default=(),
        description="GIMME: what the level lacks to the cutoff, in the unit of the levels (counts).",
    )
    flux_mmol_per_gdw_h: tuple[float, ...] = ()


class Result(ConditionResult):
    """Growth and fluxes under expression data, beside the growth without."""

    method: Literal["e_flux", "gimme"]
    expression_unit: str
    isozymes: Isozymes
    missing_genes: MissingGenes
    genes_measured: int = Field(description="Count of genes of the model with a level.")
    genes_without_level: tuple[str, ...] = Field(description="Genes of the model that have none.")
    unmapped_genes: tuple[str, ...] = Field(description="Measured, but not in the model.")
    reactions_with_level: int = Field(description="Count.")
    status_with_expression: Outcome | None = Field(
        description="None if there is no optimum without the data."
    )
    growth_with_expression_per_h: float | None = Field(
        description="E-Flux: the best; GIMME: of the fluxes found. mmol/gDW/h if an objective is named."
    )
    growth_fraction_of_wild_type: float | None = Field(description="With by without expression data.")
    max_flux_mmol_per_gdw_h: float | None = Field(description="E-Flux: of the highest level.")
    cutoff: float | None = Field(description="GIMME: in the unit of the levels, such as counts.")
    limited_reactions: tuple[str, ...] = Field(
        description="E-Flux: reactions with as much flux as their level allows, the least level first."
    )
    inconsistency_score: float | None = Field(
        description="GIMME: sum of flux (mmol/gDW/h) times what the level lacks to the cutoff."
    )
    inconsistent_reactions: dict[str, float] = Field(
        description="GIMME: share of the score (mmol/gDW/h times level) per reaction, largest first."
    )
    reactions: ExpressionTable

    def tables(self) -> Mapping[str, pd.DataFrame]:
        columns = self.reactions.model_dump()
        numbers = ("level", "most_flux_mmol_per_gdw_h", "penalty", "flux_mmol_per_gdw_h")
        return {"reactions": pd.DataFrame(columns).astype(dict.fromkeys(numbers, "float64"))}

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {
            **self.conditions(min(limit, 10)),
            "method": self.method,
            "expression_unit": cut_text(self.expression_unit),
            "isozymes": self.isozymes,
            "missing_genes": self.missing_genes,
            "genes_measured": self.genes_measured,
            "genes_without_level": len(self.genes_without_level),
            "unmapped_genes": list_names([cut_text(name) for name in self.unmapped_genes], min(limit, 10)),
            "reactions_with_level": self.reactions_with_level,
            "status_with_expression": self.status_with_expression and str(self.status_with_expression),
            "growth_with_expression_per_h": self.growth_with_expression_per_h,
            "growth_fraction_of_wild_type": self.growth_fraction_of_wild_type,
            **(self._e_flux(limit) if self.method == "e_flux" else self._gimme(limit)),
        }

    def _e_flux(self, limit: int) -> dict[str, JsonValue]:
        return {
            "max_flux_mmol_per_gdw_h": self.max_flux_mmol_per_gdw_h,
            "limited_reactions": list_names(self.limited_reactions, limit),
        }

    def _gimme(self, limit: int) -> dict[str, JsonValue]:
        return {
            "cutoff": self.cutoff,
            "inconsistency_score": self.inconsistency_score,
            "inconsistent_reactions": list_values(self.inconsistent_reactions, limit),
        }


def run(model: Model, args: Args) -> Result:
    """Growth (1/h) and fluxes (mmol/gDW/h) under expression data.

    E-Flux gives each reaction with a level the bound `max_flux * level / highest level` in both directions (a
    flux that the model forces stays possible), maximises the objective, and reports the optimum with the
    least total flux. GIMME keeps a fraction of the growth and minimises the sum of |flux| times what the
    level lacks to the cutoff; other flux distributions may have the same score.

    Raises:
        FluxError: `UNKNOWN_ID` if no gene of the model is measured, `BAD_ARGUMENT` for a gene without a level
            if that is refused or an objective that is minimised, `MEDIUM` for conditions that do not fit the
            model; `SOLVER` or `TIMEOUT`.
    """
    genes = GeneLevels(model, args.expression, args.missing_genes)
    levels = genes.of_reactions(model, args.isozymes)
    with hold_conditions(model, args, split=True) as conditions:
        program = conditions.program
        optimum = optimise(program)
        report = conditions.report(optimum)
        solution = _Solution()
        if optimum.value is not None:
            if not program.maximises:
                message = f"the objective of model '{model.id}' is minimised: it is no growth"
                raise FluxError(ErrorClass.BAD_ARGUMENT, message)
            by_index = {model.reactions.index(name): level for name, level in levels.items()}
            method = _e_flux if args.method == "e_flux" else _gimme
            solution = method(model, program, args, by_index)
    growth, wild_type_growth = solution.growth_per_h, optimum.value
    return Result.model_validate(
        report
        | {name: getattr(args, name) for name in ("method", "expression_unit", "isozymes", "missing_genes")}
        | _shares(model, solution)
        | {
            "genes_measured": len(model.genes) - len(genes.missing),
            "genes_without_level": genes.missing,
            "unmapped_genes": genes.unmapped,
            "reactions_with_level": len(levels),
            "status_with_expression": solution.status,
            "growth_with_expression_per_h": growth,
            "growth_fraction_of_wild_type": growth / wild_type_growth
            if wild_type_growth and growth is not None
            else None,
            "max_flux_mmol_per_gdw_h": solution.max_flux_mmol_per_gdw_h,
            "cutoff": solution.cutoff,
            "reactions": _table(model, levels, solution),
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solution:
    """The fluxes that a method finds; an index is that of a reaction in `model.reactions`."""

    status: Outcome | None = None
    growth_per_h: float | None = None
    max_flux_mmol_per_gdw_h: float | None = None
    cutoff: float | None = None
    score: float | None = None
    max_fluxes: dict[int, float] = field(default_factory=dict)
    """Index -> greatest flux that the level allows."""
    penalties: dict[int, float] = field(default_factory=dict)
    """Index -> what the level lacks to the cutoff."""
    fluxes: tuple[float, ...] = ()


def _e_flux(model: Model, program: LinearProgram, args: Args, levels: Mapping[int, float]) -> _Solution:
    scale = args.max_flux_mmol_per_gdw_h
    if scale is None:
        with LinearProgram(model, split=True) as without:
            optimise(without)
            fluxes = _least_fluxes(without)
        scale = max((abs(fluxes[index]) for index in levels), default=0.0)
    highest = max(levels.values(), default=0.0) or 1.0
    max_fluxes = {index: scale * level / highest for index, level in levels.items()}
    bounds = {index: _within(model.reactions[index].bounds, limit) for index, limit in max_fluxes.items()}
    with program.hold_bounds(bounds):
        optimum = optimise(program)
        if optimum.value is None:
            return _Solution(status=optimum.status, max_flux_mmol_per_gdw_h=scale, max_fluxes=max_fluxes)
        return _Solution(
            status=optimum.status,
            growth_per_h=optimum.value,
            max_flux_mmol_per_gdw_h=scale,
            max_fluxes=max_fluxes,
            fluxes=tuple(_least_fluxes(program)),
        )


def _within(bounds: tuple[float, float], limit: float) -> tuple[float, float]:
    """The bounds with an absolute flux of at most the limit, as far as no flux is forced."""
    lowest, highest = bounds
    return min(max(lowest, -limit), highest), max(min(highest, limit), lowest)


def _least_fluxes(program: LinearProgram) -> list[float]:
    """Fluxes of the optimum with the least total flux; the objective is replaced."""
    program.hold_objective(program.value, None)
    outcome = program.minimise_total_flux()
    if outcome is not Outcome.OPTIMAL:
        raise FluxError(
            ErrorClass.NUMERICAL, f"the least total flux at the optimum could not be found: {outcome}"
        )
    return program.fluxes()


def _gimme(model: Model, program: LinearProgram, args: Args, levels: Mapping[int, float]) -> _Solution:
    del model
    cutoff = args.cutoff
    if cutoff is None:
        known = sorted(levels.values())
        cutoff = quantiles(known, method="inclusive")[LOWER_QUARTILE] if len(known) > 1 else sum(known)
    penalties = {index: max(cutoff - level, 0.0) for index, level in levels.items()}
    objective = program.objective()
    program.hold_objective(args.growth_fraction_of_wild_type * program.value, None)
    outcome = program.minimise_parts({index: (lack, lack) for index, lack in penalties.items() if lack})
    if outcome is not Outcome.OPTIMAL:
        raise FluxError(ErrorClass.NUMERICAL, f"the least inconsistency could not be found: {outcome}")
    score, fluxes = program.value, program.fluxes()
    growth = sum(coefficient * fluxes[index] for index, coefficient in objective.items())
    return _Solution(
        status=Outcome.OPTIMAL if growth > ZERO_GROWTH_PER_H else Outcome.ZERO_GROWTH,
        growth_per_h=growth,
        cutoff=cutoff,
        score=max(score, 0.0),
        penalties=penalties,
        fluxes=tuple(fluxes),
    )


def _shares(model: Model, solution: _Solution) -> dict[str, object]:
    """Which reactions are limited, and which are inconsistent with the data."""
    ids = [reaction.id for reaction in model.reactions]
    reached = [
        index
        for index, limit in solution.max_fluxes.items()
        if solution.fluxes and abs(solution.fluxes[index]) >= limit - ZERO_FLUX_MMOL_PER_GDW_H
    ]
    share = {
        ids[index]: lack * abs(solution.fluxes[index])
        for index, lack in solution.penalties.items()
        if lack * abs(solution.fluxes[index]) > ZERO_FLUX_MMOL_PER_GDW_H
    }
    return {
        "limited_reactions": tuple(
            ids[index] for index in sorted(reached, key=lambda p: (solution.max_fluxes[p], p))
        ),
        "inconsistency_score": solution.score,
        "inconsistent_reactions": dict(sorted(share.items(), key=lambda pair: (-pair[1], pair[0]))),
    }


def _table(model: Model, levels: Mapping[str, float], solution: _Solution) -> ExpressionTable:
    if not solution.fluxes:
        return ExpressionTable()
    reactions = list(model.reactions)
    indices = range(len(reactions))
    return ExpressionTable(
        reaction=tuple(reaction.id for reaction in reactions),
        name=tuple(reaction.name or "" for reaction in reactions),
        level=tuple(levels.get(reaction.id) for reaction in reactions),
        most_flux_mmol_per_gdw_h=tuple(solution.max_fluxes.get(index) for index in indices),
        penalty=tuple(solution.penalties.get(index) for index in indices),
        flux_mmol_per_gdw_h=solution.fluxes,
    )


TOOL = Tool(
    name="analyze_reaction_expression",
    purpose="Growth and fluxes under gene expression data (E-Flux or GIMME); which reactions the data limit.",
    questions=(
        "Integrate expression data",
        "expression data",
        "transcriptome",
        "transcriptomics",
        "RNA-seq",
        "proteomics",
        "Expressionsdaten",
        "données d'expression",
        "transcriptomique",
        "datos de expresión",
    ),
    answers=("expression data", "flux", "exchange fluxes", "growth"),
    args=Args,
    result=Result,
    run=run,
    rests_on=PREDICTIONS | {Concern.GENES},
    reference="E-Flux: Colijn et al. 2009, doi:10.1371/journal.pcbi.1000489; "
    "GIMME: Becker, Palsson 2008, doi:10.1371/journal.pcbi.1000082",
    example={
        "expression": {"b1779": 80, "b0720": 12, "b2779": 200, "b1852": 35},
        "expression_unit": "TPM",
        "method": "e_flux",
    },
)
