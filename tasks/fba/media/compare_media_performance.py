"""Growth on several media, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from fluxagents.tasks.display import list_names, list_values
from fluxagents.tasks.fba.media.media_growth import MediaArgs, MediaResult, gather, grow_on_media
from fluxagents.tasks.ports.media import LibraryMedium
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(MediaArgs):
    """The media to compare."""


class Result(MediaResult):
    """The media in the order given, with growth each; the table `media` is what a plot shows."""

    def display(self, limit: int) -> dict[str, JsonValue]:
        ranked = sorted(
            (row for row in self.media if row.grows), key=lambda row: row.growth_per_h or 0.0, reverse=True
        )
        without = [f"{row.medium} ({row.status})" for row in self.media if not row.grows]
        unmapped = {row.medium: len(row.unmapped) for row in self.media if row.unmapped}
        return {
            **self.evidence(),
            "media_compared": len(self.media),
            "growth_per_h": list_values({row.medium: row.growth_per_h for row in ranked}, limit),
            "media_without_growth": list_names(without, limit),
            "unmapped_compounds_count": list_values(unmapped, limit),
        }


def run(model: Model, args: Args, media: tuple[LibraryMedium, ...]) -> Result:
    """Optimise growth (1/h) on each medium, all other uptakes closed.

    Raises:
        FluxError: `MEDIUM` if the model's exchanges cannot be told; `SOLVER` or `TIMEOUT`.
    """
    return Result.model_validate(grow_on_media(model, media, args.biomass))


TOOL = Tool(
    name="compare_media_performance",
    purpose="Growth on each of several media of the library or of your own, side by side.",
    answers=("media", "best medium", "growth"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    reference="Orth, Thiele, Palsson 2010, doi:10.1038/nbt.1614; media: see their sources",
    example={"media": ["M9_glucose", "M9_acetate", "M9_glucose_anaerobic"]},
)
