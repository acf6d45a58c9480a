"""The best media for a model among several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field, JsonValue

from fluxagents.tasks.display import list_names, list_values
from fluxagents.tasks.fba.media.media_growth import (
    SAME_GROWTH,
    MediaArgs,
    MediaResult,
    MediumGrowth,
    gather,
    grow_on_media,
)
from fluxagents.tasks.ports.media import LibraryMedium
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

Criterion = Literal["most_growth", "fewest_components"]


class Args(MediaArgs):
    """What makes a medium the best one."""

    criterion: Criterion = Field(
        default="most_growth", description="Most growth, or the fewest compounds that the model exchanges."
    )
    min_growth_per_h: float = Field(
        default=0.01, gt=0, description="Media with less growth are left out, 1/h."
    )
    must_be_mapped: bool = Field(
        default=False,
        description="Leave out media with compounds for which the model has no exchange reaction.",
    )


class Result(MediaResult):
    """The media that qualify, the best first."""

    criterion: Criterion
    min_growth_per_h: float
    must_be_mapped: bool
    ranking: tuple[str, ...] = Field(description="Media that qualify, the best first.")
    best: tuple[str, ...] = Field(
        description="The best medium, and those that are equally good; empty if none qualifies."
    )

    def display(self, limit: int) -> dict[str, JsonValue]:
        rows = {row.medium: row for row in self.media}
        left_out = [f"{row.medium} ({row.status})" for row in self.media if row.medium not in self.ranking]
        return {
            **self.evidence(),
            "criterion": self.criterion,
            "min_growth_per_h": self.min_growth_per_h,
            "media_tested": len(self.media),
            "best": list_names(self.best, max(limit, 1)),
            "growth_per_h": list_values({name: rows[name].growth_per_h for name in self.ranking}, limit),
            "exchanged_compounds_count": list_values(
                {name: rows[name].exchanged for name in self.ranking}, limit
            ),
            "left_out": list_names(left_out, limit),
        }


def run(model: Model, args: Args, media: tuple[LibraryMedium, ...]) -> Result:
    """Rank media by growth (1/h) or by their size; raises as `grow_on_media`."""
    result = MediaResult.model_validate(grow_on_media(model, media, args.biomass))
    ranked = _rank(result.media, args)
    best = [row.medium for row in ranked if _is_as_good(row, ranked[0], args.criterion)]
    return Result.model_validate(
        {
            **dict(result),
            "criterion": args.criterion,
            "min_growth_per_h": args.min_growth_per_h,
            "must_be_mapped": args.must_be_mapped,
            "ranking": tuple(row.medium for row in ranked),
            "best": tuple(best),
        }
    )


def _rank(rows: Sequence[MediumGrowth], args: Args) -> list[MediumGrowth]:
    fits = [
        row
        for row in rows
        if (row.growth_per_h or 0.0) >= args.min_growth_per_h and not (args.must_be_mapped and row.unmapped)
    ]
    if args.criterion == "most_growth":
        return sorted(fits, key=lambda row: -(row.growth_per_h or 0.0))
    return sorted(fits, key=lambda row: (row.exchanged, -(row.growth_per_h or 0.0)))


def _is_as_good(row: MediumGrowth, best: MediumGrowth, criterion: Criterion) -> bool:
    if criterion == "fewest_components":
        return row.exchanged == best.exchanged
    return (row.growth_per_h or 0.0) >= (best.growth_per_h or 0.0) * (1 - SAME_GROWTH)


TOOL = Tool(
    name="select_optimal_media",
    purpose="The media on which the cell grows best, or that suffice with the fewest compounds.",
    answers=("best medium", "minimal medium", "media", "growth"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    reference="Orth, Thiele, Palsson 2010, doi:10.1038/nbt.1614; media: see their sources",
    example={"media": ["M9_glucose", "M9_acetate", "M9_succinate"]},
)
