"""New bounds for reactions of a model: each change is reported; no change is an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.catalog import MODEL_BEFORE
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.changes.growth_change import GrowthChange, compare_growth
from fluxagents.tasks.fba.solving.conditions import GrowthArgs, require_reaction
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model, Reaction

Bound = Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]
"""A bound of a flux, mmol/gDW/h."""


class Bounds(BaseModel):
    """Which bounds a reaction gets; one that is not given stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lower_mmol_per_gdw_h: Bound | None = None
    upper_mmol_per_gdw_h: Bound | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.lower_mmol_per_gdw_h is None and self.upper_mmol_per_gdw_h is None:
            raise ValueError("give lower_mmol_per_gdw_h, upper_mmol_per_gdw_h or both")
        return self


class Args(GrowthArgs):
    """The new bounds."""

    bounds: dict[str, Bounds] = Field(
        min_length=1,
        description="Reaction id -> lower_mmol_per_gdw_h and/or upper_mmol_per_gdw_h, least and greatest "
        "flux in mmol/gDW/h; uptake through an exchange reaction is a negative flux.",
    )


class BoundsChange(BaseModel):
    """The bounds of one reaction, before and after; None for no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: str
    name: str
    lower_before_mmol_per_gdw_h: float | None
    upper_before_mmol_per_gdw_h: float | None
    lower_after_mmol_per_gdw_h: float | None
    upper_after_mmol_per_gdw_h: float | None


class Result(GrowthChange):
    """What was changed, and growth before and after."""

    changes: tuple[BoundsChange, ...]

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"changes": changes_table(self.changes)}

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {**self.growths(), "bounds_mmol_per_gdw_h": display_changes(self.changes, limit)}


def run(model: Model, args: Args) -> Result:
    """Report what `change` does to the model: bounds in mmol/gDW/h, growth in 1/h.

    Raises:
        FluxError: `UNKNOWN_ID` with the nearest ids; `BAD_ARGUMENT` if a lower bound is above the upper
            one, or if nothing would change.
    """
    growths, changes = compare_growth(model, args.biomass, lambda changed: _changes(changed, args))
    return Result.model_validate(growths | {"changes": changes})


def change(model: Model, args: Args) -> None:
    """Give the model the new bounds; raises as `run`."""
    _changes(model, args)


def set_bounds(reaction: Reaction, lowest: float, highest: float) -> BoundsChange | None:
    """Set the bounds (mmol/gDW/h) of a reaction; returns the change, None if the bounds are the same."""
    before = reaction.bounds
    if before == (lowest, highest):
        return None
    reaction.bounds = (lowest, highest)
    return BoundsChange(
        reaction=reaction.id,
        name=reaction.name or "",
        lower_before_mmol_per_gdw_h=_finite(before[0]),
        upper_before_mmol_per_gdw_h=_finite(before[1]),
        lower_after_mmol_per_gdw_h=_finite(lowest),
        upper_after_mmol_per_gdw_h=_finite(highest),
    )


def changes_table(changes: Iterable[BoundsChange]) -> pd.DataFrame:
    """A row per change; NaN for no limit."""
    columns = list(BoundsChange.model_fields)
    numbers = dict.fromkeys(columns[2:], "float64")
    return pd.DataFrame([change.model_dump() for change in changes], columns=columns).astype(numbers)


def display_changes(changes: tuple[BoundsChange, ...], limit: int) -> dict[str, JsonValue]:
    """Changes as a display shows them: reaction -> bounds before and after."""
    return {
        "count": len(changes),
        "shown": min(limit, len(changes)),
        "before_and_after": {
            cut_text(change.reaction): [
                [change.lower_before_mmol_per_gdw_h, change.upper_before_mmol_per_gdw_h],
                [change.lower_after_mmol_per_gdw_h, change.upper_after_mmol_per_gdw_h],
            ]
            for change in changes[:limit]
        },
    }


def _changes(model: Model, args: Args) -> tuple[BoundsChange, ...]:
    reactions = [model.reactions.get_by_id(require_reaction(model, name)) for name in args.bounds]
    changes = [apply_bounds(reaction, args.bounds[reaction.id]) for reaction in reactions]
    done = tuple(change for change in changes if change is not None)
    if not done:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"the reactions of model '{model.id}' have these bounds already: nothing would change",
        )
    return done


def apply_bounds(reaction: Reaction, bounds: Bounds) -> BoundsChange | None:
    """As `set_bounds` with what is given; raises `BAD_ARGUMENT` for a lower bound above the upper."""
    lowest, highest = reaction.bounds
    if bounds.lower_mmol_per_gdw_h is not None:
        lowest = bounds.lower_mmol_per_gdw_h
    if bounds.upper_mmol_per_gdw_h is not None:
        highest = bounds.upper_mmol_per_gdw_h
    if lowest > highest:
        message = f"reaction '{reaction.id}' would have the bounds {lowest} to {highest} mmol/gDW/h"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("give both bounds",))
    return set_bounds(reaction, lowest, highest)


def _finite(bound: float) -> float | None:
    return None if abs(bound) == float("inf") else float(bound)


TOOL = Tool(
    name="set_bounds",
    purpose="Make a new model with other flux bounds of some reactions; reports each change. Needs approval.",
    questions=(
        "Set the lower bound of PFK",
        "Set the upper bound of PFK",
        "Setze die Schranken von PFK",
        "Fixe la borne inférieure de PFK",
    ),
    answers=("growth", "flux"),
    args=Args,
    result=Result,
    run=run,
    change=change,
    compensation=MODEL_BEFORE,
    reference="Orth, Thiele, Palsson 2010, doi:10.1038/nbt.1614",
    example={"bounds": {"PFK": {"upper_mmol_per_gdw_h": 5}, "EX_o2_e": {"lower_mmol_per_gdw_h": -15}}},
)
