"""A draft: which reactions of a universal model an organism has and why, before it becomes a model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.changes.reaction_removal import remove_reactions
from fluxagents.tasks.fba.solving.conditions import MediumArgs, apply_medium
from fluxagents.tasks.fba.solving.lazy_libraries import cobra, pd
from fluxagents.tasks.ports.results import ResultFile

if TYPE_CHECKING:
    from cobra import Model, Reaction

Decision = Literal["kept", "added", "left_out"]

BUILD = "build_metabolic_model"
"""The tool whose result holds a draft."""

EVIDENCE_NOTE = "evidence"
"""Of the notes of a reaction: why it is in the model."""


class DraftReaction(BaseModel):
    """One reaction of the universal model, what was decided, and what speaks for that."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: str
    name: str
    equation: str
    decision: Decision
    reason: str
    score: float | None = Field(
        description="1 for the median of reactions with evidence; None without any; below 0 if what its "
        "complex lacks costs more than its genes bring."
    )
    gene_rule: str
    identity_percent: float | None = Field(description="Percent; mean of the hits of the best complex.")
    best_hits: str = Field(description="The reference genes of the best complex.")
    growth_lost_fraction: float | None = Field(
        description="Of the growth on the first medium, without the reaction; None where it was not tested."
    )

    @property
    def is_in(self) -> bool:
        """Whether the draft has the reaction."""
        return self.decision != "left_out"


class ModelDraft(BaseModel):
    """All that a model is made of, beside its universal model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["draft"] = "draft"
    genome: str
    """Digest of the table of its proteins."""
    universal: str
    """Id of the universal model."""
    medium_mmol_per_gdw_h: dict[str, float]
    reactions: tuple[DraftReaction, ...]
    agreement_fraction: dict[str, float] = Field(default_factory=dict)
    """Reaction -> fraction of the alternative networks that have it; empty where none were made."""

    @property
    def file(self) -> ResultFile:
        """As an artifact; the same draft has the same digest."""
        absent = None if self.agreement_fraction else {"agreement_fraction"}
        content = self.model_dump_json(indent=0, exclude=absent).encode()
        return ResultFile(name="draft.json", media_type="application/json", content=content)


def reduce_to_draft(model: Model, draft: ModelDraft) -> None:
    """Make a draft of its universal model: reactions, gene rules, medium, and evidence in the notes.

    Inside `with model:` all of it is undone at the end.

    Raises:
        FluxError: `BAD_ARGUMENT` if the draft was made from another universal model.
    """
    kept = {row.reaction: row for row in draft.reactions if row.is_in}
    missing = [name for name in kept if name not in model.reactions]
    if missing:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"the draft has reaction '{missing[0]}', and model '{model.id}' has not",
            suggestions=("run it on the universal model that the draft was made from",),
        )
    dropped = [reaction for reaction in model.reactions if reaction.id not in kept]
    remove_reactions(model, dropped)
    for reaction in model.reactions:
        row = kept[reaction.id]
        if reaction.gene_reaction_rule != row.gene_rule:
            # Setting the rule it has would take the genes from the reaction when a context ends (cobra 0.32).
            reaction.gene_reaction_rule = row.gene_rule
        _set_notes(model, reaction, {EVIDENCE_NOTE: _describe(row)})
    _drop_idle_genes(model)
    medium = draft.medium_mmol_per_gdw_h
    uptakes = {name: limit for name, limit in medium.items() if name in model.reactions}
    apply_medium(model, MediumArgs(medium=uptakes))
    origin = {"genome": draft.genome, "draft": draft.file.digest, "universal model": draft.universal}
    _set_notes(model, model, origin)


def _drop_idle_genes(model: Model) -> None:
    """Take out genes without reactions; cobra's function would write every other rule anew for it."""
    idle = [gene for gene in model.genes if not gene.reactions]
    context = cobra.util.context.get_context(model)
    if context is not None:
        context(partial(model.genes.extend, idle))
    model.genes -= idle


def _set_notes(model: Model, noted: Model | Reaction, notes: Mapping[str, str]) -> None:
    """Add notes; the old ones come back with the context, of which cobra's setter knows nothing."""
    context = cobra.util.context.get_context(model)
    if context is not None:
        context(partial(setattr, noted, "notes", noted.notes))
    noted.notes = {**noted.notes, **notes}


def _describe(row: DraftReaction) -> str:
    score = "" if row.score is None else f"; score {row.score:g}"
    hits = f"; like {row.best_hits}" if row.best_hits else ""
    return f"{row.decision}: {row.reason}{score}{hits}"


def tabulate_draft(draft: ModelDraft) -> pd.DataFrame:
    """The evidence table, one row per reaction of the universal model."""
    numbers = ("score", "identity_percent", "growth_lost_fraction", "agreement_fraction")
    rows = [
        {**row.model_dump(), "agreement_fraction": draft.agreement_fraction.get(row.reaction)}
        for row in draft.reactions
    ]
    columns = [*DraftReaction.model_fields, "agreement_fraction"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, "float64"))
