"""A corrected model: reactions added or removed, bounds and gene rules, with the evidence for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import Field, JsonValue

from fluxagents.flows.language.catalog import MODEL_BEFORE
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.changes import gapfill_model
from fluxagents.tasks.fba.changes.curation.correction import Correction, apply_correction
from fluxagents.tasks.fba.changes.growth_change import GrowthChange, compare_growth
from fluxagents.tasks.fba.changes.model_changes import ModelChangeRow, list_model_changes, outline_model
from fluxagents.tasks.fba.solving.conditions import GrowthArgs
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(GrowthArgs):
    """The correction, and why."""

    correction: Correction = Field(description="Reactions to add or remove, bounds or gene rules.")
    universal: str | None = Field(
        default=None, min_length=1, max_length=255, description="Stored model that has the reactions to add."
    )
    evidence: str = Field(
        default="", max_length=4_000, description="What speaks for it; shown to whoever decides."
    )

    accepted_before: tuple[str, ...] = Field(
        default=(), max_length=200, description="Names of corrections that this model has already."
    )

    @property
    def further_models(self) -> tuple[str, ...]:
        return () if self.universal is None else (self.universal,)


class Result(GrowthChange):
    """What was changed, and growth before and after."""

    correction: str
    evidence: str
    accepted: tuple[str, ...] = Field(description="Names of all corrections of the new model.")
    changes: tuple[ModelChangeRow, ...]

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = [row.model_dump() for row in self.changes]
        return {"changes": pd.DataFrame(rows, columns=list(ModelChangeRow.model_fields))}

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {
            **self.growths(),
            "correction": cut_text(self.correction, 400),
            "evidence": cut_text(self.evidence, 400),
            "accepted": list(self.accepted),
            "changes": {
                "count": len(self.changes),
                "shown": min(limit, len(self.changes)),
                "after": {cut_text(row.what): cut_text(row.after) for row in self.changes[:limit]},
            },
        }


def gather(sources: Sources, args: Args) -> gapfill_model.Universal | None:
    """The universal model, if one is named; raises as `gapfill_model.load_universal`."""
    return None if args.universal is None else gapfill_model.load_universal(sources, args.universal)


def run(model: Model, args: Args, universal: gapfill_model.Universal | None) -> Result:
    """Report what `change` does to the model: growth in 1/h, bounds in mmol/gDW/h; raises as it."""
    outline = outline_model(model)

    def change_and_list(changed: Model) -> tuple[ModelChangeRow, ...]:
        apply_correction(changed, args.correction, universal)
        return list_model_changes(outline, changed, find_evidence(args.correction.add, universal))

    growths, changes = compare_growth(model, args.biomass, change_and_list)
    name = str(args.correction)
    accepted = (*args.accepted_before, name)
    done = {"correction": name, "evidence": args.evidence, "accepted": accepted, "changes": changes}
    return Result.model_validate(growths | done)


def change(model: Model, args: Args, universal: gapfill_model.Universal | None) -> None:
    """Correct the model; raises as `apply_correction`."""
    apply_correction(model, args.correction, universal)


def find_evidence(ids: Sequence[str], universal: gapfill_model.Universal | None) -> Mapping[str, str]:
    """Where each added reaction comes from."""
    return {} if universal is None else gapfill_model.find_evidence(ids, universal)


TOOL = Tool(
    name="correct_model",
    purpose="Make a new model with a correction of reactions, bounds or gene rules. Needs approval.",
    answers=("growth", "model contents"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    change=change,
    evidence=find_evidence,
    rests_on=EVERYTHING,
    compensation=MODEL_BEFORE,
    reference="Thiele, Palsson 2010, doi:10.1038/nprot.2009.203",
    example={
        "correction": {"gene_rules": {"PFK": "b3916"}, "bounds": {"FUM": {"lower_mmol_per_gdw_h": 0}}},
        "evidence": "b3916 is essential in an experiment",
    },
)
