"""Which closed uptakes must be opened for a model to grow, found by opening all of them at first."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.tasks.fba.media.nutrient_search import GROWTH_TOLERANCE, NutrientSearch
from fluxagents.tasks.fba.solving.conditions import exchanges, set_uptake, uptake
from fluxagents.tasks.fba.solving.growth import optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.optlang_program import Solver
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model


class NutrientSet(BaseModel):
    """Nutrients that together restore growth; none of them can be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    needed_uptakes_mmol_per_gdw_h: dict[str, float] = Field(
        description="Exchange -> the least uptake that reaches the growth asked for."
    )
    best_growth_per_h: float = Field(description="Verified: with these exchanges open too, no other.")

    @property
    def exchanges(self) -> tuple[str, ...]:
        return tuple(self.needed_uptakes_mmol_per_gdw_h)


class Restoration(BaseModel):
    """What restores growth, as far as nutrients can."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    candidates: int = Field(description="Count of closed exchanges that were considered.")
    status_with_all: Outcome
    best_growth_with_all_per_h: float | None = Field(
        description="With every candidate open; None unless the outcome has growth."
    )
    required: tuple[str, ...] = Field(description="In every set of nutrients that restores growth.")
    sufficient_alone: tuple[str, ...] = Field(description="Each of these restores growth by itself.")
    sets: tuple[NutrientSet, ...] = Field(description="Sets with the fewest nutrients.")
    is_complete: bool | None = Field(description="Whether no other set is as small; None without any set.")


def restoration(
    model: Model,
    min_growth_per_h: float,
    open_uptake_mmol_per_gdw_h: float,
    max_sets: int,
    *,
    among: Collection[str] | None = None,
    solver: Solver = "glpk",
) -> Restoration:
    """Open closed uptakes until the model grows; the model may be infeasible as it is.

    Args:
        model: Under its conditions; its uptakes are opened, so call it inside `with model:`.
        min_growth_per_h: The growth to reach.
        open_uptake_mmol_per_gdw_h: How far a closed uptake is opened.
        max_sets: Count of sets to look for.
        among: Exchange reactions that may be opened; all if None.
        solver: Of the integer program.

    Raises:
        FluxError: `SOLVER` or `TIMEOUT`.
    """
    closed = [
        reaction
        for identifier, reaction in exchanges(model).items()
        if uptake(reaction) == 0 and (among is None or identifier in among)
    ]
    for reaction in closed:
        set_uptake(reaction, open_uptake_mmol_per_gdw_h)
    fields: dict[str, object] = {"required": (), "sufficient_alone": (), "sets": (), "is_complete": None}
    with LinearProgram(model) as program:
        best = optimise(program)
        if best.value is not None and best.value >= min_growth_per_h * (1 - GROWTH_TOLERANCE):
            with NutrientSearch(model, program, closed, min_growth_per_h, solver) as search:
                fields = _find_ways(search, max_sets)
    return Restoration.model_validate(
        fields
        | {
            "candidates": len(closed),
            "status_with_all": best.status,
            "best_growth_with_all_per_h": best.value,
        }
    )


LEAST_GROWTH_PER_H = 0.01
OPEN_UPTAKE_MMOL_PER_GDW_H = 10.0
MAX_SUGGESTED = 3


def ways_to_grow(model: Model) -> tuple[str, ...]:
    """Suggestions for a model that does not grow: exchanges to open, and the resulting growth (1/h).

    Raises:
        FluxError: As `restoration`.
    """
    with model:
        result = restoration(model, LEAST_GROWTH_PER_H, OPEN_UPTAKE_MMOL_PER_GDW_H, MAX_SUGGESTED)
    if not result.sets:
        return (
            "no nutrient restores growth: look at the reactions, with `validate_model` or `gapfill_model`",
        )
    return tuple(
        f"open {', '.join(nutrients.exchanges)}: growth {nutrients.best_growth_per_h:.4g} 1/h"
        for nutrients in result.sets
    )


def _find_ways(search: NutrientSearch, max_sets: int) -> dict[str, object]:
    required = search.required
    alone = search.sufficient_alone() if len(required) <= 1 else []
    sets: list[tuple[str, ...]] = [(name,) for name in alone]
    sets = sets or list(islice(search.smallest(), max_sets + 1))
    return {
        "required": required,
        "sufficient_alone": alone,
        "sets": [_nutrients(search, members) for members in sets[:max_sets]],
        "is_complete": len(sets) <= max_sets,
    }


def _nutrients(search: NutrientSearch, members: tuple[str, ...]) -> NutrientSet:
    needed = search.least_uptakes(members)
    return NutrientSet(
        needed_uptakes_mmol_per_gdw_h={name: needed.get(name, 0.0) for name in members},
        best_growth_per_h=search.growth_on(members) or 0.0,
    )
