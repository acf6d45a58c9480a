"""The model of a draft: a universal model without what the draft leaves out, with gene rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import Field, JsonValue

from fluxagents.flows.language.catalog import MODEL_BEFORE
from fluxagents.tasks.fba.changes.growth_change import hold_change
from fluxagents.tasks.fba.genomes.draft_model import ModelDraft, reduce_to_draft
from fluxagents.tasks.fba.genomes.stored_draft import DraftArgs, read_draft
from fluxagents.tasks.fba.solving.growth import measure_growth
from fluxagents.tasks.ports.results import Result as ToolResult
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(DraftArgs):
    """The draft, and what speaks for it."""

    evidence: str = Field(
        default="",
        max_length=2_000,
        description="What tests of the draft have shown, for whoever approves it.",
    )


class Result(ToolResult):
    """The model that the draft becomes."""

    draft: str
    genome: str = Field(description="Digest of the genome's file.")
    growth_per_h: float | None = Field(description="1/h, in its own medium; None without growth.")
    reactions: int = Field(description="Count of its reactions.")
    metabolites: int = Field(description="Count of its metabolites.")
    genes: int = Field(description="Count of its genes.")
    without_evidence: int = Field(description="Count of its reactions that no gene speaks for.")

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"model": pd.DataFrame([self.model_dump()]).astype({"growth_per_h": "float64"})}

    def display(self, limit: int) -> dict[str, JsonValue]:
        del limit
        return {
            "draft": self.draft,
            "genome": self.genome,
            "growth_per_h": self.growth_per_h,
            "reactions_count": self.reactions,
            "metabolites_count": self.metabolites,
            "genes_count": self.genes,
            "without_evidence_count": self.without_evidence,
        }


def gather(sources: Sources, args: Args) -> ModelDraft:
    """The draft; raises as `read_draft`."""
    return read_draft(sources, args)


def run(model: Model, args: Args, draft: ModelDraft) -> Result:
    """Report what `change` makes of the universal model; growth in 1/h.

    Facts for flows: `growth_per_h`, `reactions_count`, `genes_count`, `without_evidence_count`.

    Raises:
        FluxError: `BAD_ARGUMENT` if the draft was made from another universal model.
    """
    with hold_change(model, lambda held: reduce_to_draft(held, draft)) as (changed, _):
        growth, _ = measure_growth(changed, args.biomass)
        return Result(
            draft=draft.file.digest,
            genome=draft.genome,
            growth_per_h=growth.value,
            reactions=len(changed.reactions),
            metabolites=len(changed.metabolites),
            genes=len(changed.genes),
            without_evidence=sum(row.is_in and not row.gene_rule for row in draft.reactions),
        )


def change(model: Model, args: Args, draft: ModelDraft) -> None:
    """Make the draft of its universal model; raises as `run`."""
    del args
    reduce_to_draft(model, draft)


def find_evidence(ids: Sequence[str], draft: ModelDraft) -> Mapping[str, str]:
    """Why each reaction is in the draft."""
    asked = frozenset(ids)
    return {row.reaction: row.reason for row in draft.reactions if row.reaction in asked}


TOOL = Tool(
    name="apply_model_draft",
    purpose="Make a draft that was built from a genome into a model of its own. Needs approval.",
    answers=("models from genomes",),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    rests_on=EVERYTHING,
    change=change,
    evidence=find_evidence,
    compensation=MODEL_BEFORE,
    reference="Machado et al. 2018, doi:10.1093/nar/gky537",
    example={"draft": "sha256:360bd85cb448820ca871d45ebd309ef9fe3cffe9d8443edda7b5380510a685a9"},
    queue="tools.long",
    soft_time_limit_s=1_800,
)
