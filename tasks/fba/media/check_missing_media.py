"""Nutrients that a medium lacks: the smallest sets of further uptakes with which a model grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import Field, JsonValue

from fluxagents.tasks.display import fit_display, list_names, list_values
from fluxagents.tasks.fba.media.restoration import Restoration, restoration
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, exchanges
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.optlang_program import IntegerArgs
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(IntegerArgs, ConditionArgs):
    """The growth to restore, and how."""

    min_growth_per_h: float = Field(
        default=0.01, gt=0, description="The growth to reach, 1/h; below it nutrients are looked for."
    )
    open_uptake_mmol_per_gdw_h: float = Field(
        default=10.0, gt=0, le=1000, description="How far a closed uptake is opened, mmol/gDW/h."
    )
    alternatives: int = Field(
        default=20, ge=1, le=200, description="Count of sets to look for, all with the fewest nutrients."
    )


class Result(ConditionResult):
    """Sets of nutrients that restore growth; none if it grows already or no nutrient helps."""

    min_growth_per_h: float = Field(description="The growth asked for, 1/h.")
    is_growing: bool = Field(description="Whether the medium suffices as it is.")
    missing: Restoration | None = Field(description="None if nothing is missing or nothing is optimised.")
    names: dict[str, str] = Field(description="Exchange -> its name, for all exchanges of the sets.")

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, min(limit, 10)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, limit), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = [
            (number, exchange, self.names[exchange], needed, nutrients.best_growth_per_h)
            for number, nutrients in enumerate(self.missing.sets if self.missing else (), start=1)
            for exchange, needed in nutrients.needed_uptakes_mmol_per_gdw_h.items()
        ]
        columns = ["set", "exchange", "name", "needed_uptake_mmol_per_gdw_h", "best_growth_per_h"]
        return {"sets": pd.DataFrame(rows, columns=columns)}

    def _display(self, limit: int, set_limit: int) -> dict[str, JsonValue]:
        display: dict[str, JsonValue] = {
            **self.conditions(min(limit, 8)),
            "min_growth_per_h": self.min_growth_per_h,
            "is_growing": self.is_growing,
        }
        missing = self.missing
        if missing is None:
            return display
        sizes = {len(nutrients.exchanges) for nutrients in missing.sets}
        return {
            **display,
            "closed_exchanges": missing.candidates,
            "status_with_all_open": str(missing.status_with_all),
            "best_growth_with_all_per_h": missing.best_growth_with_all_per_h,
            "fewest_missing_nutrients": min(sizes, default=None),
            "sufficient_alone": list_names(missing.sufficient_alone, limit),
            "missing_in_every_set": list_names(missing.required, limit),
            "is_complete": missing.is_complete,
            "alternatives": {
                "count": len(missing.sets),
                "shown": min(set_limit, len(missing.sets)),
                "needed_uptakes_mmol_per_gdw_h": [
                    list_values(nutrients.needed_uptakes_mmol_per_gdw_h, limit)
                    for nutrients in missing.sets[:set_limit]
                ],
            },
        }


def run(model: Model, args: Args) -> Result:
    """Find the fewest closed uptakes whose opening restores growth (1/h); uptakes in mmol/gDW/h.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for conditions that do not fit the model; `SOLVER` or `TIMEOUT`.
    """
    with hold_conditions(model, args) as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum)
        is_growing = optimum.value is not None and optimum.value >= args.min_growth_per_h
        lacks = (
            optimum.status in {Outcome.OPTIMAL, Outcome.ZERO_GROWTH, Outcome.INFEASIBLE} and not is_growing
        )
        missing = None
        if lacks and conditions.program.objective():
            missing = restoration(
                model,
                args.min_growth_per_h,
                args.open_uptake_mmol_per_gdw_h,
                args.alternatives,
                solver=args.integer_solver,
            )
        named = {name for nutrients in (missing.sets if missing else ()) for name in nutrients.exchanges}
        names = {i: reaction.name or i for i, reaction in exchanges(model).items() if i in named}
    return Result.model_validate(
        report
        | {
            "min_growth_per_h": args.min_growth_per_h,
            "is_growing": is_growing,
            "missing": missing,
            "names": names,
        }
    )


TOOL = Tool(
    name="check_missing_media",
    purpose="Which nutrients a medium lacks: the fewest uptakes that restore growth, with alternatives.",
    answers=("missing nutrients", "needed nutrients", "growth"),
    args=Args,
    result=Result,
    run=run,
    reference="Suthers et al. 2009, doi:10.1371/journal.pcbi.1000308; see nutrient_search",
    example={"medium_changes": {"EX_nh4_e": 0}},
)
