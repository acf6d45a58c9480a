"""A new medium for a model: every changed uptake is reported; no change is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import pandas as pd
from pydantic import Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.catalog import MODEL_BEFORE
from fluxagents.tasks.display import list_values
from fluxagents.tasks.fba.changes.growth_change import GrowthChange, compare_growth
from fluxagents.tasks.fba.solving.conditions import MediumArgs, MediumChange, apply_medium, medium_of
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(MediumArgs):
    """The new medium, whole or in part; at least one of the two."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.medium is None and not self.medium_changes:
            raise ValueError("give 'medium', 'medium_changes' or both")
        return self


class Result(GrowthChange):
    """What was changed, and growth before and after."""

    changes: tuple[MediumChange, ...]
    medium_mmol_per_gdw_h: dict[str, float] = Field(
        description="The new medium: the most uptake per exchange."
    )

    def tables(self) -> Mapping[str, pd.DataFrame]:
        changes = pd.DataFrame(
            [change.model_dump() for change in self.changes], columns=list(MediumChange.model_fields)
        )
        medium = {
            "exchange": list(self.medium_mmol_per_gdw_h),
            "uptake_mmol_per_gdw_h": list(self.medium_mmol_per_gdw_h.values()),
        }
        return {"changes": changes, "medium": pd.DataFrame(medium)}

    def display(self, limit: int) -> dict[str, JsonValue]:
        before = {change.exchange: change.uptake_before_mmol_per_gdw_h for change in self.changes}
        after = {change.exchange: change.uptake_after_mmol_per_gdw_h for change in self.changes}
        return {
            **self.growths(),
            "uptakes_before_mmol_per_gdw_h": list_values(before, limit),
            "uptakes_after_mmol_per_gdw_h": list_values(after, limit),
            "medium_mmol_per_gdw_h": list_values(self.medium_mmol_per_gdw_h, limit),
        }


def change(model: Model, args: Args) -> None:
    """Give the model the new medium; raises as `run`."""
    _changes(model, args)


def run(model: Model, args: Args) -> Result:
    """Report what `change` does to the model: uptakes in mmol/gDW/h, growth in 1/h.

    Raises:
        FluxError: `MEDIUM` for an unknown exchange, with the nearest ids, or if nothing would change.
    """
    growths, (changes, medium) = compare_growth(
        model, args.biomass, lambda changed: (_changes(changed, args), medium_of(changed))
    )
    return Result.model_validate(growths | {"changes": changes, "medium_mmol_per_gdw_h": medium})


def _changes(model: Model, args: Args) -> tuple[MediumChange, ...]:
    changes = apply_medium(model, args)
    if not changes:
        raise FluxError(
            ErrorClass.MEDIUM, f"model '{model.id}' has this medium already: nothing would change"
        )
    return changes


TOOL = Tool(
    name="apply_medium",
    purpose="Make a new model with another medium; reports every uptake that changes. Needs approval.",
    answers=("growth", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
    change=change,
    compensation=MODEL_BEFORE,
    reference="Orth, Thiele, Palsson 2010, doi:10.1038/nbt.1614",
    example={"medium_changes": {"EX_glc__D_e": 0, "EX_ac_e": 20}},
)
