"""What the report of a draft says: what it is made of, what it can do, and what it is like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.changes.growth_change import hold_change
from fluxagents.tasks.fba.deletions import analyze_essentiality
from fluxagents.tasks.fba.genomes.draft_model import DraftReaction, ModelDraft, reduce_to_draft
from fluxagents.tasks.fba.genomes.reference_models import (
    Likeness,
    PathwayCover,
    cover_pathways,
    rank_reference_models,
)
from fluxagents.tasks.fba.genomes.reference_set import ReferenceSet
from fluxagents.tasks.fba.maps import draw_flux_map
from fluxagents.tasks.fba.maps.core_map import lay_core_map
from fluxagents.tasks.fba.media import compare_media_performance, predict_auxotrophies
from fluxagents.tasks.fba.models import score_model
from fluxagents.tasks.ports.media import LibraryMedium

if TYPE_CHECKING:
    from cobra import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftReport:
    """A draft and the analyses of the model that it becomes; growth in 1/h."""

    draft: ModelDraft
    metabolites: int
    genes: int
    score: score_model.Result
    media: compare_media_performance.Result
    essentiality: analyze_essentiality.Result
    auxotrophies: predict_auxotrophies.Result
    flux_map: draw_flux_map.Result | None
    """None where the draft has no reaction of the map of core metabolism."""
    likenesses: tuple[Likeness, ...]
    """All curated models, the nearest first."""
    pathways: tuple[PathwayCover, ...]
    """Of the nearest curated model."""

    @property
    def with_genes(self) -> list[DraftReaction]:
        """What is in the draft because of its genes, the least certain first."""
        rows = [row for row in self.draft.reactions if row.is_in and row.gene_rule]
        return sorted(rows, key=lambda row: (row.score or 0.0, row.reaction))

    @property
    def without_genes(self) -> list[DraftReaction]:
        """What is in the draft although no gene speaks for it, the most needed first; no exchanges."""
        rows = [row for row in self.draft.reactions if row.is_in and not row.gene_rule]
        rows = [row for row in rows if not row.reaction.startswith("EX_")]
        return sorted(rows, key=lambda row: (-(row.growth_lost_fraction or 0.0), row.reaction))

    @property
    def left_out(self) -> list[DraftReaction]:
        """What genes speak for and is not in the draft, the most certain first."""
        rows = [row for row in self.draft.reactions if not row.is_in and row.best_hits]
        return sorted(rows, key=lambda row: (-(row.score or 0.0), row.reaction))


def analyze_draft(
    universal: Model, draft: ModelDraft, media: Sequence[LibraryMedium], reference: ReferenceSet
) -> DraftReport:
    """Make the draft of its universal model, and analyse it; the universal model is as it was afterwards.

    Raises:
        FluxError: As `reduce_to_draft`; `SOLVER` or `TIMEOUT`.
    """
    with hold_change(universal, lambda held: reduce_to_draft(held, draft)) as (model, _):
        reactions = [reaction.id for reaction in model.reactions]
        likenesses = rank_reference_models(reactions, reference)
        return DraftReport(
            draft=draft,
            metabolites=len(model.metabolites),
            genes=len(model.genes),
            score=score_model.run(model, score_model.Args()),
            media=compare_media_performance.run(model, compare_media_performance.Args(), tuple(media)),
            essentiality=analyze_essentiality.run(model, analyze_essentiality.Args(what="genes")),
            auxotrophies=predict_auxotrophies.run(model, predict_auxotrophies.Args()),
            flux_map=_draw_fluxes(model),
            likenesses=likenesses,
            pathways=cover_pathways(reactions, likenesses[0].model, reference),
        )


def _draw_fluxes(model: Model) -> draw_flux_map.Result | None:
    return None if lay_core_map(model) is None else draw_flux_map.run(model, draw_flux_map.Args())
