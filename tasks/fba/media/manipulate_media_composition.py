"""An edit of a medium, in words or as a structure, with every change and growth before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import pandas as pd
from pydantic import Field, JsonValue, model_validator

from fluxagents.tasks.display import cut_text, fit_display, list_names, list_values
from fluxagents.tasks.fba.media.media_growth import start_from
from fluxagents.tasks.fba.media.medium_edit import Edit, EditedMedium, EditedUptake, Untouched
from fluxagents.tasks.fba.media.medium_words import edits_in
from fluxagents.tasks.fba.solving.conditions import MediumArgs, exchanges, medium_of, set_uptake
from fluxagents.tasks.fba.solving.growth import GrowthResult, measure_growth, report_biomass
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.media import LibraryMedium
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(MediumArgs):
    """Where the edit starts, and what it does: words or edits, one of the two."""

    words: str | None = Field(
        default=None,
        min_length=1,
        max_length=1_000,
        description="The edit, such as 'remove oxygen and add all amino acids at 1', 'double glucose', "
        "'replace glucose by acetate at 20'.",
    )
    edits: tuple[Edit, ...] = Field(default=(), description="The edit as a structure, step by step.")
    library_medium: str | None = Field(
        default=None, description="Start from this medium of the library instead of the model's own."
    )

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.words is None) == (not self.edits):
            raise ValueError("give 'words' or 'edits', one of the two")
        if self.library_medium is not None and self.medium is not None:
            raise ValueError("give 'library_medium' or 'medium', not both")
        return self


class Result(GrowthResult):
    """The edited medium; the model keeps its own until `apply_medium` gives it this one."""

    model_id: str
    edits: tuple[Edit, ...] = Field(description="As understood.")
    changes: tuple[EditedUptake, ...]
    untouched: tuple[Untouched, ...] = Field(description="Spoken of and not changed, with the reason.")
    unmapped: tuple[str, ...] = Field(
        description="Compounds of the library medium for which the model has no exchange reaction."
    )
    medium_before_mmol_per_gdw_h: dict[str, float]
    medium_mmol_per_gdw_h: dict[str, float] = Field(
        description="The edited medium: the most uptake per exchange; an argument for other tools."
    )
    status_before: Outcome
    status: Outcome
    growth_before_per_h: float | None
    growth_per_h: float | None

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, min(limit, 10)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, limit), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        before, after = self.medium_before_mmol_per_gdw_h, self.medium_mmol_per_gdw_h
        medium = [(name, before.get(name, 0.0), after.get(name, 0.0)) for name in {**before, **after}]
        columns = ["exchange", "uptake_before_mmol_per_gdw_h", "uptake_after_mmol_per_gdw_h"]
        return {
            "changes": pd.DataFrame(
                [change.model_dump() for change in self.changes], columns=list(EditedUptake.model_fields)
            ),
            "untouched": pd.DataFrame(
                [row.model_dump() for row in self.untouched], columns=list(Untouched.model_fields)
            ),
            "medium": pd.DataFrame(medium, columns=columns),
        }

    def _display(self, limit: int, untouched_limit: int) -> dict[str, JsonValue]:
        display: dict[str, JsonValue] = {
            "model": cut_text(self.model_id),
            "status_before": str(self.status_before),
            "growth_before_per_h": self.growth_before_per_h,
            "status": str(self.status),
            "growth_per_h": self.growth_per_h,
            **self.describe_biomass(),
            "changes": list_names([_line(change) for change in self.changes], limit),
            "untouched": list_names(
                [f"{row.compound}: {row.reason}" for row in self.untouched], untouched_limit
            ),
            "medium_mmol_per_gdw_h": list_values(self.medium_mmol_per_gdw_h, limit),
        }
        if self.unmapped:
            display["library_compounds_without_exchange"] = list_names(self.unmapped, untouched_limit)
        return display


def gather(sources: Sources, args: Args) -> LibraryMedium | None:
    """The medium to start from; raises as `MediaLibrary.medium`."""
    return None if args.library_medium is None else sources.media.medium(args.library_medium)


def run(model: Model, args: Args, start: LibraryMedium | None) -> Result:
    """Report what the edit does: uptakes in mmol/gDW/h, growth in 1/h.

    Raises:
        FluxError: `MEDIUM` for a phrase, compound or exchange that is not understood, and if nothing changes.
    """
    with model:
        unmapped = start_from(model, args, start)
        before, (grown_before, _) = medium_of(model), measure_growth(model, args.biomass)
        edited = EditedMedium.of(model)
        edits = args.edits or edits_in(args.words or "", edited.nutrients.words())
        edited.apply(edits)
        known = exchanges(model)
        for identifier in {change.exchange for change in edited.changes}:
            set_uptake(known[identifier], edited.uptakes[identifier])
        grown, biomass = measure_growth(model, args.biomass)
    return Result.model_validate(
        report_biomass(biomass)
        | {
            "model_id": model.id or "",
            "edits": edits,
            "changes": tuple(edited.changes),
            "untouched": tuple(edited.untouched),
            "unmapped": unmapped,
            "medium_before_mmol_per_gdw_h": before,
            "medium_mmol_per_gdw_h": edited.open,
            "status_before": grown_before.status,
            "status": grown.status,
            "growth_before_per_h": grown_before.value,
            "growth_per_h": grown.value,
        }
    )


def _line(change: EditedUptake) -> str:
    before, after = change.uptake_before_mmol_per_gdw_h, change.uptake_after_mmol_per_gdw_h
    return f"{change.exchange} {before:g} -> {after:g}"


TOOL = Tool(
    name="manipulate_media_composition",
    purpose="Edit a medium in words or step by step; reports every change and growth; makes no new model.",
    answers=("media", "growth"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    reference="Orth, Thiele, Palsson 2010, doi:10.1038/nbt.1614",
    example={"words": "limit oxygen to 5 and add acetate at 2"},
)
