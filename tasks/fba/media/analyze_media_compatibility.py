"""Which media fit a model: the compounds it can take up, its growth, and the missing nutrients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import fit_display, list_names, list_values
from fluxagents.tasks.fba.media.media_growth import (
    MediaArgs,
    MediaResult,
    MediumGrowth,
    gather,
    grow_on_media,
)
from fluxagents.tasks.fba.media.restoration import Restoration, restoration
from fluxagents.tasks.fba.solving.conditions import ConditionArgs
from fluxagents.tasks.fba.solving.growth import hold_conditions
from fluxagents.tasks.fba.solving.optlang_program import IntegerArgs
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.media import LibraryMedium
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

Fit = Literal["complete", "partial", "no_growth"]

_FITS: tuple[Fit, ...] = ("complete", "partial", "no_growth")

_ALTERNATIVES = 5
"""Sets of lacking nutrients per medium."""


class Args(IntegerArgs, MediaArgs):
    """Which media are tested, and how lacking nutrients are looked for."""

    min_growth_per_h: float = Field(default=0.01, gt=0, description="Growth below this counts as none, 1/h.")
    find_missing: bool = Field(
        default=True, description="Look for the nutrients that media without growth lack."
    )
    open_uptake_mmol_per_gdw_h: float = Field(
        default=10.0, gt=0, le=1000, description="How far a lacking nutrient is opened, mmol/gDW/h."
    )


class Compatibility(BaseModel):
    """How one medium fits."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    medium: str
    fit: Fit = Field(
        description="complete: grows and takes up all compounds; partial: grows, some have no exchange."
    )
    exchanged_fraction: float | None = Field(
        description="Fraction of the compounds that the model exchanges; None for an empty medium."
    )
    missing: Restoration | None = Field(
        description="What restores growth; None if it grows or was not looked for."
    )


class Result(MediaResult):
    """How each medium fits, in the order given."""

    min_growth_per_h: float
    fits: tuple[Compatibility, ...]

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, min(limit, 6)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, limit), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = [
            (fit.medium, number, name, needed)
            for fit in self.fits
            for number, nutrients in enumerate(fit.missing.sets if fit.missing else (), start=1)
            for name, needed in nutrients.needed_uptakes_mmol_per_gdw_h.items()
        ]
        columns = ["medium", "set", "exchange", "needed_uptake_mmol_per_gdw_h"]
        fits = [(fit.medium, fit.fit, fit.exchanged_fraction) for fit in self.fits]
        return {
            **super().tables(),
            "fits": pd.DataFrame(fits, columns=["medium", "fit", "exchanged_fraction"]),
            "missing": pd.DataFrame(rows, columns=columns),
        }

    def _display(self, limit: int, set_limit: int) -> dict[str, JsonValue]:
        growth = {row.medium: row.growth_per_h for row in self.media}
        by_fit = {kind: [fit.medium for fit in self.fits if fit.fit == kind] for kind in _FITS}
        grows = [*by_fit["complete"], *by_fit["partial"]]
        unmapped = list(dict.fromkeys(name for row in self.media for name in row.unmapped))
        return {
            **self.evidence(),
            "media_tested": len(self.media),
            "complete": list_names(by_fit["complete"], limit),
            "partial": list_names(by_fit["partial"], limit),
            "no_growth": list_names(
                [f"{row.medium} ({row.status})" for row in self.media if row.medium in by_fit["no_growth"]],
                limit,
            ),
            "growth_per_h": list_values({name: growth[name] for name in grows}, limit),
            "compounds_without_exchange": list_names(unmapped, limit),
            "would_restore_growth": {
                fit.medium: list_names(_first_sets(fit.missing), set_limit)
                for fit in [fit for fit in self.fits if fit.missing][:limit]
            },
        }


def run(model: Model, args: Args, media: tuple[LibraryMedium, ...]) -> Result:
    """Map each medium, optimise growth (1/h) on it, and find the missing nutrients where it does not grow.

    Raises:
        FluxError: `MEDIUM` if the model's exchanges cannot be told; `SOLVER` or `TIMEOUT`.
    """
    result = MediaResult.model_validate(grow_on_media(model, media, args.biomass))
    fits = tuple(_fit(model, row, args) for row in result.media)
    return Result.model_validate({**dict(result), "min_growth_per_h": args.min_growth_per_h, "fits": fits})


def _fit(model: Model, row: MediumGrowth, args: Args) -> Compatibility:
    grows = (row.growth_per_h or 0.0) >= args.min_growth_per_h
    missing = None
    if not grows and args.find_missing and row.status not in {Outcome.NO_OBJECTIVE, Outcome.UNBOUNDED}:
        missing = _missing(model, row, args)
    return Compatibility(
        medium=row.medium,
        fit="no_growth" if not grows else "partial" if row.unmapped else "complete",
        exchanged_fraction=row.exchanged / row.components if row.components else None,
        missing=missing,
    )


def _missing(model: Model, row: MediumGrowth, args: Args) -> Restoration:
    conditions = ConditionArgs(medium=row.uptakes_mmol_per_gdw_h, biomass=args.biomass)
    with hold_conditions(model, conditions):
        return restoration(
            model,
            args.min_growth_per_h,
            args.open_uptake_mmol_per_gdw_h,
            _ALTERNATIVES,
            solver=args.integer_solver,
        )


def _first_sets(missing: Restoration | None) -> Sequence[str]:
    return [" + ".join(nutrients.exchanges) for nutrients in missing.sets] if missing else []


TOOL = Tool(
    name="analyze_media_compatibility",
    purpose="Which media fit the model: compounds it cannot exchange, growth on each, and what is lacking.",
    answers=("media", "growth"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    reference="Suthers et al. 2009, doi:10.1371/journal.pcbi.1000308; media: see their sources",
    example={"media": ["M9_glucose", "M9", "LB"]},
)
