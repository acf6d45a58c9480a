"""Whether the fluxes that an answer quotes are the only ones with their optimum, and how far they move."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import round_for_display
from fluxagents.tasks.fba.solving.optimal_ranges import find_optimal_ranges, is_unique

if TYPE_CHECKING:
    from cobra import Model


class RangeTable(BaseModel):
    """One row per flux that an answer may quote, column by column."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: tuple[str, ...] = ()
    flux_mmol_per_gdw_h: tuple[float, ...] = ()
    least_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="Among all optima; None for no limit."
    )
    greatest_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="Among all optima; None for no limit."
    )
    is_unique: tuple[bool, ...] = ()

    def display(self, limit: int, find_shown: Callable[[str], float | None]) -> dict[str, JsonValue]:
        """Of the fluxes shown those that are not unique, with the sign that they are shown with.

        Args:
            limit: Fluxes to name.
            find_shown: The flux of a reaction as it is shown; None if it is not.
        """
        if not self.reaction:
            return {}
        columns = self.model_dump()
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        moving = [row for row in rows if not row["is_unique"]]
        shown: dict[str, JsonValue] = {}
        for row in moving[:limit]:
            ends = [row["least_mmol_per_gdw_h"], row["greatest_mmol_per_gdw_h"]]
            if find_shown(row["reaction"]) == -row["flux_mmol_per_gdw_h"] != 0:
                ends = [None if end is None else 0.0 - end for end in reversed(ends)]
            shown[row["reaction"]] = [round_for_display(end) for end in ends]
        return {
            "fluxes_tested_for_uniqueness": len(rows),
            "not_unique_mmol_per_gdw_h": {"count": len(moving), "shown": len(shown), "values": shown},
        }


def find_range_table(model: Model, fluxes: Sequence[float], indices: Iterable[int]) -> RangeTable:
    """The ranges of some fluxes among the optima of the model's objective, under its present bounds.

    Args:
        model: It is not changed.
        fluxes: Of all reactions, mmol/gDW/h.
        indices: Of the fluxes to look at.
    """
    ranges = find_optimal_ranges(model, indices)
    return RangeTable(
        reaction=tuple(model.reactions[index].id for index in ranges),
        flux_mmol_per_gdw_h=tuple(fluxes[index] for index in ranges),
        least_mmol_per_gdw_h=tuple(least for least, _ in ranges.values()),
        greatest_mmol_per_gdw_h=tuple(greatest for _, greatest in ranges.values()),
        is_unique=tuple(map(is_unique, ranges.values())),
    )
