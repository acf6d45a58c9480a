"""Minimal media: the fewest nutrients, or the least uptake, with which a model still grows."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, Literal, Self

import pandas as pd
from pydantic import Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import fit_display, list_names, list_values
from fluxagents.tasks.fba.media.nutrient_search import (
    NutrientSearch,
    SufficientMedium,
    describe_best,
    open_uptakes,
)
from fluxagents.tasks.fba.media.restoration import ways_to_grow
from fluxagents.tasks.fba.solving.conditions import (
    ConditionArgs,
    exchanges,
    set_uptake,
    uptake,
)
from fluxagents.tasks.fba.solving.growth import ConditionResult, Optimum, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.optlang_program import IntegerArgs
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(IntegerArgs, ConditionArgs):
    """What the medium must reach, and what it may hold."""

    criterion: Literal["fewest_components", "least_uptake"] = Field(
        default="fewest_components",
        description="What is minimised: the count of nutrients or the total uptake.",
    )
    min_growth_fraction_of_wild_type: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Fraction of the growth in the given medium; 0.1 if neither is given.",
    )
    min_growth_per_h: float | None = Field(default=None, gt=0, description="The growth to reach, 1/h.")
    alternatives: int = Field(
        default=1, ge=1, le=50, description="Count of media to look for, all with the fewest components."
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

    @model_validator(mode="after")
    def _one_growth(self) -> Self:
        if self.min_growth_fraction_of_wild_type is not None and self.min_growth_per_h is not None:
            raise ValueError("give min_growth_fraction_of_wild_type or min_growth_per_h, not both")
        return self


class Medium(SufficientMedium):
    """One minimal medium."""

    uptakes_mmol_per_gdw_h: dict[str, float] = Field(
        description="Least uptakes that reach the growth asked for."
    )
    total_uptake_mmol_per_gdw_h: float
    best_growth_per_h: float = Field(
        description="Verified: with these exchanges open as far as considered, no other."
    )


class Result(ConditionResult):
    """Minimal media; none if even all uptakes together do not reach the growth asked for."""

    criterion: Literal["fewest_components", "least_uptake"]
    min_growth_per_h: float | None = Field(description="The growth asked for; None without an optimum.")
    best_growth_with_all_per_h: float | None = Field(
        description="With every candidate nutrient; None if infeasible."
    )
    candidates: int = Field(description="Count of exchanges that were considered.")
    required_components: tuple[str, ...] = Field(
        description="In every medium that reaches the growth asked for."
    )
    is_complete: bool | None = Field(description="Whether there is no other medium with as few components.")
    media: tuple[Medium, ...]

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, min(limit, 3)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(
            lambda limit: self._display(limit, min(limit, 20)) | {"best": describe_best(self.media)},
            SUMMARY_BYTES,
        )

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = [
            (number, exchange, flux, exchange in self.required_components)
            for number, medium in enumerate(self.media, start=1)
            for exchange, flux in medium.uptakes_mmol_per_gdw_h.items()
        ]
        return {
            "media": pd.DataFrame(
                rows, columns=["medium", "exchange", "uptake_mmol_per_gdw_h", "is_required"]
            )
        }

    def _display(self, limit: int, medium_limit: int) -> dict[str, JsonValue]:
        return {
            **self.conditions(min(limit, 8)),
            "criterion": self.criterion,
            "min_growth_per_h": self.min_growth_per_h,
            "best_growth_with_all_per_h": self.best_growth_with_all_per_h,
            "candidates": self.candidates,
            "fewest_components": min((medium.components for medium in self.media), default=None),
            "required_components": list_names(self.required_components, limit),
            "is_complete": self.is_complete,
            "media": {
                "count": len(self.media),
                "shown": min(medium_limit, len(self.media)),
                "uptakes_mmol_per_gdw_h": [
                    list_values(medium.uptakes_mmol_per_gdw_h, limit) for medium in self.media[:medium_limit]
                ],
            },
        }


def run(model: Model, args: Args) -> Result:
    """Find minimal media: uptakes in mmol/gDW/h, growth in 1/h.

    Facts for a flow: `fewest_components`, `required_components.count`, `media.count`, `is_complete`,
    `best.best_growth_per_h`, and `best.uptakes_mmol_per_gdw_h`, which other tools take as their `medium`.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for conditions that do not fit the model, `BAD_ARGUMENT` if the
            growth to reach is a fraction of none; `SOLVER` or `TIMEOUT`.
    """
    with hold_conditions(model, args) as conditions, ExitStack() as programs:
        program = conditions.program
        optimum = optimise(program)
        report = conditions.report(optimum)
        target = _target(model, args, optimum)
        exchanged = exchanges(model)
        if args.open_exchanges:
            for exchange in exchanged.values():
                set_uptake(exchange, max(uptake(exchange), args.open_uptake_mmol_per_gdw_h))
            program = programs.enter_context(LinearProgram(model))
        best = optimise(program).value
        candidates = open_uptakes(exchanged)
        fields: dict[str, object] = {"required_components": (), "is_complete": None, "media": ()}
        if target is not None and best is not None and best >= target:
            with NutrientSearch(model, program, candidates, target, args.integer_solver) as search:
                fields = _search(search, [reaction.id for reaction in candidates], args)
    return Result.model_validate(
        report
        | fields
        | {
            "criterion": args.criterion,
            "min_growth_per_h": target,
            "best_growth_with_all_per_h": best,
            "candidates": len(candidates),
        }
    )


def _target(model: Model, args: Args, optimum: Optimum) -> float | None:
    """The growth to reach, 1/h; None if there is nothing to take a fraction of."""
    if args.min_growth_per_h is not None:
        return None if optimum.status in {Outcome.NO_OBJECTIVE, Outcome.UNBOUNDED} else args.min_growth_per_h
    if optimum.status is Outcome.ZERO_GROWTH and args.open_exchanges:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"model '{model.id}' does not grow in the given medium, so a fraction of its growth is nothing",
            suggestions=("give min_growth_per_h", *ways_to_grow(model)),
        )
    if optimum.status is not Outcome.OPTIMAL or optimum.value is None:
        return None
    return optimum.value * (args.min_growth_fraction_of_wild_type or 0.1)


def _search(search: NutrientSearch, candidates: list[str], args: Args) -> dict[str, object]:
    if args.criterion == "least_uptake":
        media = [tuple(search.least_uptakes(candidates))]
        is_complete = None
    else:
        media = list(islice(search.smallest(), args.alternatives + 1))
        is_complete = len(media) <= args.alternatives
    return {
        "required_components": search.required,
        "is_complete": is_complete,
        "media": tuple(_medium(search, components) for components in media[: args.alternatives]),
    }


def _medium(search: NutrientSearch, components: tuple[str, ...]) -> Medium:
    uptakes = search.least_uptakes(components)
    growth = search.growth_on(components)
    if growth is None:
        raise FluxError(
            ErrorClass.NUMERICAL, f"a minimal medium of {len(components)} components is infeasible"
        )
    return Medium(
        components=len(components),
        uptakes_mmol_per_gdw_h={name: uptakes.get(name, 0.0) for name in components},
        total_uptake_mmol_per_gdw_h=sum(uptakes.values()),
        best_growth_per_h=growth,
    )


TOOL = Tool(
    name="find_minimal_media",
    purpose="The fewest nutrients (or the least uptake) on which the cell grows, with alternatives.",
    answers=("minimal medium", "needed nutrients", "missing nutrients", "growth", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
    reference="Suthers et al. 2009, doi:10.1371/journal.pcbi.1000308; see nutrient_search",
    example={"min_growth_fraction_of_wild_type": 0.5, "alternatives": 3},
)
