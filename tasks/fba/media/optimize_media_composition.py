"""The smallest or the cheapest medium on which a model reaches a growth rate."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal, Self

import pandas as pd
from pydantic import Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import fit_display, list_values, round_for_display
from fluxagents.tasks.fba.media.media_growth import MediumTrial, start_from
from fluxagents.tasks.fba.media.medium_edit import Nutrients
from fluxagents.tasks.fba.media.nutrient_search import (
    GROWTH_TOLERANCE,
    NutrientSearch,
    SufficientMedium,
    describe_best,
    open_uptakes,
)
from fluxagents.tasks.fba.solving.conditions import (
    ConditionArgs,
    MediumArgs,
    exchanges,
    set_uptake,
    uptake,
)
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.optlang_program import IntegerArgs
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.media import LibraryMedium
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

Criterion = Literal["fewest_components", "least_cost"]

Cost = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]

_SLACK = 1e-6
"""Fraction added to the least uptakes, so that a medium handed to another tool is not at the very edge."""


class Args(IntegerArgs, MediumArgs):
    """What the medium must reach, out of which nutrients, at which costs."""

    criterion: Criterion = Field(
        default="fewest_components", description="What is minimised: the count of nutrients, or their cost."
    )
    min_growth_fraction_of_optimum: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Growth to reach, as a fraction of that in the given medium; 0.9 if neither is given.",
    )
    min_growth_per_h: float | None = Field(default=None, gt=0, description="The growth to reach, 1/h.")
    costs: dict[str, Cost] = Field(
        default_factory=dict,
        description="Compound, class or exchange -> cost of one mmol; 1 for all others. A medium costs the "
        "sum of cost times uptake in mmol/gDW/h.",
    )
    exclude: tuple[str, ...] = Field(
        default=(), description="Compounds, classes or exchanges that the medium must not hold."
    )
    library_medium: str | None = Field(
        default=None, description="Start from this medium of the library instead of the model's own."
    )
    open_exchanges: bool = Field(
        default=False, description="Consider every exchange of the model instead of the open uptakes only."
    )
    open_uptake_mmol_per_gdw_h: float = Field(
        default=10.0,
        gt=0,
        le=1000,
        description="Most uptake of the exchanges that open_exchanges opens, mmol/gDW/h.",
    )
    alternatives: int = Field(
        default=5, ge=1, le=50, description="Count of media to look for with the fewest components."
    )

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if self.min_growth_fraction_of_optimum is not None and self.min_growth_per_h is not None:
            raise ValueError("give min_growth_fraction_of_optimum or min_growth_per_h, not both")
        if self.library_medium is not None and self.medium is not None:
            raise ValueError("give 'library_medium' or 'medium', not both")
        return self


class OptimisedMedium(SufficientMedium):
    """One medium that reaches the growth."""

    uptakes_mmol_per_gdw_h: dict[str, float] = Field(
        description="The cheapest that reach the growth, one millionth added."
    )
    cost: float = Field(description="Sum of cost times uptake in mmol/gDW/h.")
    growth_per_h: float = Field(description="Verified: with exactly these uptakes and no other.")


class Result(ConditionResult):
    """Media that reach the growth asked for, the best first; none if all nutrients together do not."""

    criterion: Criterion
    min_growth_per_h: float | None = Field(description="The growth asked for; None without an optimum.")
    best_growth_with_all_per_h: float | None = Field(
        description="With every candidate nutrient; None if infeasible."
    )
    candidates: int = Field(description="Count of exchanges that were considered.")
    components_before: int = Field(description="Count of open uptakes in the given medium.")
    costs: dict[str, float] = Field(
        description="Exchange -> cost per mmol, those that are not 1; mmol/gDW/h."
    )
    media: tuple[OptimisedMedium, ...]
    is_complete: bool | None = Field(description="Whether no other medium has as few components.")
    unmapped: tuple[str, ...] = Field(
        description="Compounds of the library medium for which the model has no exchange reaction."
    )

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, min(limit, 2)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(
            lambda limit: self._display(limit, min(limit, 20)) | {"best": describe_best(self.media)},
            SUMMARY_BYTES,
        )

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = [
            (number, exchange, flux, self.costs.get(exchange, 1.0), self.costs.get(exchange, 1.0) * flux)
            for number, medium in enumerate(self.media, start=1)
            for exchange, flux in medium.uptakes_mmol_per_gdw_h.items()
        ]
        columns = ["medium", "exchange", "uptake_mmol_per_gdw_h", "cost_per_mmol", "cost_per_gdw_h"]
        return {"media": pd.DataFrame(rows, columns=columns)}

    def _display(self, limit: int, medium_limit: int) -> dict[str, JsonValue]:
        return {
            **self.conditions(min(limit, 8)),
            "criterion": self.criterion,
            "min_growth_per_h": self.min_growth_per_h,
            "best_growth_with_all_per_h": self.best_growth_with_all_per_h,
            "components_before": self.components_before,
            "media_found": len(self.media),
            "is_complete": self.is_complete,
            "media": [
                {
                    "components": medium.components,
                    "cost_per_gdw_h": round_for_display(medium.cost),
                    "growth_per_h": round_for_display(medium.growth_per_h),
                    "uptakes_mmol_per_gdw_h": list_values(medium.uptakes_mmol_per_gdw_h, limit),
                }
                for medium in self.media[:medium_limit]
            ],
        }


def gather(sources: Sources, args: Args) -> LibraryMedium | None:
    """The medium to start from; raises as `MediaLibrary.medium`."""
    return None if args.library_medium is None else sources.media.medium(args.library_medium)


def run(model: Model, args: Args, start: LibraryMedium | None) -> Result:
    """Search the medium: uptakes in mmol/gDW/h, growth in 1/h, cost per gDW and h.

    Facts for a flow: `media_found`, `components_before`, `best.components`, `best.growth_per_h`, `best.cost`,
    and `best.uptakes_mmol_per_gdw_h`, which other tools take as their `medium`.

    Raises:
        FluxError: `MEDIUM` for a compound that is not understood; `SOLVER`, `TIMEOUT` or `NUMERICAL`.
    """
    with model:
        unmapped = start_from(model, args, start)
        nutrients = Nutrients(model)
        costs = {name: cost for word, cost in args.costs.items() for name in _exchanges(nutrients, word)}
        excluded = {name for word in args.exclude for name in _exchanges(nutrients, word)}
        with hold_conditions(model, ConditionArgs(biomass=args.biomass)) as conditions:
            optimum = optimise(conditions.program)
            report = conditions.report(optimum)
            exchanged = exchanges(model)
            before = len(open_uptakes(exchanged))
            target = _target(args, optimum.value if optimum.status is Outcome.OPTIMAL else None)
            for name, exchange in exchanged.items():
                if name in excluded:
                    set_uptake(exchange, 0.0)
                elif args.open_exchanges:
                    set_uptake(exchange, max(uptake(exchange), args.open_uptake_mmol_per_gdw_h))
            candidates = open_uptakes(exchanged)
            with MediumTrial.of(model) as trial:
                best = trial.growth_on({reaction.id: uptake(reaction) for reaction in candidates}).value
                media: list[OptimisedMedium] = []
                is_complete: bool | None = None
                if target is not None and best is not None and best >= target * (1 - GROWTH_TOLERANCE):
                    with (
                        LinearProgram(model) as program,
                        NutrientSearch(model, program, candidates, target, args.integer_solver) as search,
                    ):
                        sets, is_complete = _sets(search, [reaction.id for reaction in candidates], args)
                        media = [_medium(search, trial, components, costs, target) for components in sets]
    return Result.model_validate(
        report
        | {
            "criterion": args.criterion,
            "min_growth_per_h": target,
            "best_growth_with_all_per_h": best,
            "candidates": len(candidates),
            "components_before": before,
            "costs": costs,
            "media": tuple(sorted(media, key=lambda medium: medium.cost)),
            "is_complete": is_complete,
            "unmapped": unmapped,
        }
    )


def _exchanges(nutrients: Nutrients, word: str) -> list[str]:
    """The exchange reactions that a word means; raises `MEDIUM` if the model has none."""
    reactions = [nutrient.exchange for nutrient in nutrients.find(word) if nutrient.exchange is not None]
    if not reactions:
        raise FluxError(ErrorClass.MEDIUM, f"the model has no exchange reaction for '{word}'")
    return reactions


def _target(args: Args, optimum_per_h: float | None) -> float | None:
    if args.min_growth_per_h is not None:
        return args.min_growth_per_h
    return None if optimum_per_h is None else optimum_per_h * (args.min_growth_fraction_of_optimum or 0.9)


def _sets(
    search: NutrientSearch, candidates: list[str], args: Args
) -> tuple[list[tuple[str, ...]], bool | None]:
    if args.criterion == "least_cost":
        return [tuple(candidates)], None
    sets = list(islice(search.smallest(), args.alternatives + 1))
    return sets[: args.alternatives], len(sets) <= args.alternatives


def _medium(
    search: NutrientSearch,
    trial: MediumTrial,
    components: tuple[str, ...],
    costs: Mapping[str, float],
    target_per_h: float,
) -> OptimisedMedium:
    uptakes = {name: flux * (1 + _SLACK) for name, flux in search.least_uptakes(components, costs).items()}
    growth = trial.growth_on(uptakes).value
    if growth is None or growth < target_per_h * (1 - 10 * _SLACK):
        message = f"a medium of {len(uptakes)} components grows at {growth} instead of {target_per_h} 1/h"
        raise FluxError(ErrorClass.NUMERICAL, message)
    return OptimisedMedium(
        components=len(uptakes),
        uptakes_mmol_per_gdw_h=uptakes,
        cost=sum(costs.get(name, 1.0) * flux for name, flux in uptakes.items()),
        growth_per_h=growth,
    )


TOOL = Tool(
    name="optimize_media_composition",
    purpose="The medium with the fewest nutrients, or the cheapest one, that reaches a target growth.",
    answers=("cheapest medium", "minimal medium", "best medium", "growth", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    reference="Suthers et al. 2009, doi:10.1371/journal.pcbi.1000308; see nutrient_search",
    example={"criterion": "least_cost", "min_growth_fraction_of_optimum": 0.5, "costs": {"glucose": 2}},
)
