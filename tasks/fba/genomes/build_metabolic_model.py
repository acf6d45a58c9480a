"""A draft of a model from an annotated genome: reactions with evidence, connected so that it grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import list_names, list_values
from fluxagents.tasks.fba.genomes.annotation import ANNOTATE, Annotation, read_annotation
from fluxagents.tasks.fba.genomes.draft_growth import (
    FilledDraft,
    MediumGrowth,
    fill_media,
    find_growth_lost,
)
from fluxagents.tasks.fba.genomes.draft_model import BUILD, DraftReaction, ModelDraft, tabulate_draft
from fluxagents.tasks.fba.genomes.reaction_scores import ReactionScore, score_reactions
from fluxagents.tasks.fba.genomes.reference_set import find_reference
from fluxagents.tasks.fba.genomes.selection.draft_ensemble import Ensemble, select_ensemble
from fluxagents.tasks.fba.genomes.selection.flux_network import FluxNetwork
from fluxagents.tasks.fba.genomes.selection.reaction_selection import Selection, select_reactions
from fluxagents.tasks.fba.solving.biomass import find_biomass
from fluxagents.tasks.fba.solving.conditions import GrowthArgs, exchanges
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.ports.media import LibraryMedium
from fluxagents.tasks.ports.results import Result as ToolResult
from fluxagents.tasks.ports.results import ResultFile
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Model, Reaction

MAINTENANCE = "ATPM"
"""A network that grows must be able to pay for maintenance too, where its universal model has that."""


HALF = 0.5
"""Of all networks: a reaction that fewer have is a guess."""


class Args(GrowthArgs):
    """What the genome says, and what the model is to do."""

    annotation: str = Field(
        min_length=6,
        max_length=300,
        description=f"Its digest, 'annotation.digest' of a result of '{ANNOTATE}'.",
    )
    media: tuple[str, ...] = Field(
        default=("M9_glucose",),
        min_length=1,
        max_length=20,
        description="Names of media of the library on which it must grow; the first becomes the model's own.",
    )
    min_growth_per_h: float = Field(default=0.05, gt=0, description="Growth on each of them, 1/h.")
    penalty: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="What a reaction without evidence costs, and in part one whose complex lacks genes; "
        "1 is the median score of those with evidence.",
    )
    gap_fraction: float = Field(
        default=0.001, ge=0, lt=1, description="Fraction of the best score at which the search may end."
    )
    time_limit_s: float = Field(default=480.0, gt=0, le=3_000, description="Of the search.")  # s
    seed: int = Field(
        default=0,
        ge=0,
        description="Count that fixes the solver's choices: others give other equally good networks.",
    )
    alternatives: int = Field(
        default=0,
        ge=0,
        le=50,
        description="Count of further networks, for other costs of what has no evidence: how many have each "
        "reaction. All searches share 'time_limit_s'.",
    )

    @property
    def further_solvers(self) -> tuple[str, ...]:
        return ("highspy",)


class Result(ToolResult):
    """The draft: a decision for each reaction of the universal model."""

    model_id: str
    draft: ModelDraft
    biomass_reaction: str
    status: str = Field(description="optimal within the gap, or time_limit.")
    score: float = Field(
        description="Sum over the reactions that are kept; 1 is the median of those with evidence."
    )
    score_bound: float = Field(description="No network has a larger score; in medians as well.")
    gap_fraction: float
    genes: int = Field(description="Count of genes in the rules.")
    alternatives: int = Field(description="Count of further networks that were found in time.")
    alternatives_optimal: int = Field(description="Count of these that are optimal within the gap.")
    media: tuple[MediumGrowth, ...]

    def files(self) -> Sequence[ResultFile]:
        return (self.draft.file,)

    def display(self, limit: int) -> dict[str, JsonValue]:
        kept = [row for row in self.draft.reactions if row.is_in]
        unsupported = sorted(
            (row for row in kept if row.score is None and row.growth_lost_fraction is not None),
            key=lambda row: (-(row.growth_lost_fraction or 0.0), row.reaction),
        )
        decisions = Counter(row.decision for row in self.draft.reactions)
        added = [row.reaction for row in kept if row.decision == "added"]
        without_growth = [row.medium for row in self.media if row.growth_per_h is None]
        return {
            "model": self.model_id,
            "status": self.status,
            "gap_fraction": self.gap_fraction,
            "reactions_count": len(kept),
            "genes_count": self.genes,
            "with_evidence_count": sum(row.score is not None and row.score > 0 for row in kept),
            "left_out_count": decisions["left_out"],
            "growth_per_h": list_values({row.medium: row.growth_per_h for row in self.media}, limit),
            "media_without_growth": list_names(without_growth, limit),
            "added_for_growth": list_names(added, limit),
            "without_evidence": list_names([row.reaction for row in unsupported], limit),
            "growth_lost_without_fraction": list_values(
                {row.reaction: row.growth_lost_fraction for row in unsupported}, limit
            ),
            **self._display_agreement(),
            "draft": self.draft.file.display(),
        }

    def _display_agreement(self) -> dict[str, JsonValue]:
        """On how many reactions the alternatives agree; nothing where none were asked for."""
        agreement = self.draft.agreement_fraction
        if not agreement:
            return {}
        shares = [agreement[row.reaction] for row in self.draft.reactions if row.is_in]
        return {
            "alternatives_count": self.alternatives,
            "alternatives_optimal_count": self.alternatives_optimal,
            "in_all_alternatives_count": sum(share == 1 for share in shares),
            "in_less_than_half_count": sum(share < HALF for share in shares),
        }

    def tables(self) -> Mapping[str, pd.DataFrame]:
        media = [{**row.model_dump(), "added": " ".join(row.added), "unmapped": ", ".join(row.unmapped)}
                 for row in self.media]  # fmt: skip
        numbers = dict.fromkeys(("growth_before_per_h", "growth_per_h"), "float64")
        return {
            "reactions": tabulate_draft(self.draft),
            "media": pd.DataFrame(media, columns=list(MediumGrowth.model_fields)).astype(numbers),
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the genome says, and the media that the model must grow on."""

    annotation: Annotation
    media: tuple[LibraryMedium, ...]


def gather(sources: Sources, args: Args) -> Evidence:
    """The annotation and the media; raises as `read_annotation` and `MediaCatalog.medium`."""
    media = tuple(sources.media.medium(name) for name in dict.fromkeys(args.media))
    return Evidence(read_annotation(sources, args.annotation), media)


def run(model: Model, args: Args, evidence: Evidence) -> Result:
    """Choose the reactions of the universal model `model`; growth in 1/h, uptakes in mmol/gDW/h.

    Facts for flows: `reactions_count`, `genes_count`, `with_evidence_count`, `gap_fraction`, `status`,
    `media_without_growth.count`, `added_for_growth.count`, `without_evidence.count`, `draft.digest`; with
    alternatives `alternatives_count`, `in_all_alternatives_count`, `in_less_than_half_count`.

    Raises:
        FluxError: `BAD_ARGUMENT` if no protein is like one of a curated model, or the model has no biomass
            reaction; `INFEASIBLE`, `SOLVER`, `TIMEOUT`.
    """
    biomass = find_biomass(model, args.biomass)
    if biomass.reaction is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, f"model '{model.id}' is no universal model: {biomass.problem}"
        )
    universal = frozenset(reaction.id for reaction in model.reactions)
    scores = score_reactions(evidence.annotation, find_reference(), universal, args.penalty)
    if not any(score.score > 0 for name, score in scores.items() if name in model.reactions):
        message = f"no protein of the genome speaks for a reaction of model '{model.id}'"
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, message, suggestions=("use a universal model with BiGG ids",)
        )
    # By id, since a model that was changed and put back has another order, which would decide between ties.
    reactions = sorted(model.reactions, key=lambda reaction: str(reaction.id))
    selection, ensemble = _select(reactions, biomass.reaction, scores, args)
    chosen = frozenset(reactions[position].id for position in selection.kept)
    filled = fill_media(model, biomass.reaction, chosen, evidence.media, args.min_growth_per_h)
    unsupported = [
        reaction.id
        for reaction in reactions
        if reaction.id in filled.reactions and reaction.id not in scores and not reaction.boundary
    ]
    lost = find_growth_lost(model, biomass.reaction, filled, unsupported)
    context = _DraftContext(biomass.reaction, chosen, filled, scores, lost)
    rows = tuple(context.describe(reaction) for reaction in reactions)
    genes = {name for row in rows for name in cobra.core.gene.GPR.from_string(row.gene_rule).genes}
    return Result(
        model_id=model.id or "",
        draft=ModelDraft(
            genome=evidence.annotation.genome,
            universal=model.id or "",
            medium_mmol_per_gdw_h=filled.medium,
            reactions=rows,
            agreement_fraction={
                reaction.id: share for reaction, share in zip(reactions, ensemble.agreement, strict=True)
            }
            if args.alternatives
            else {},
        ),
        biomass_reaction=biomass.reaction.id,
        status="optimal" if selection.is_optimal else "time_limit",
        score=selection.score,
        score_bound=selection.bound,
        gap_fraction=round(selection.gap_fraction, 9),
        genes=len(genes),
        alternatives=ensemble.alternatives,
        alternatives_optimal=ensemble.optimal,
        media=filled.growths,
    )


def _select(
    reactions: Sequence[Reaction], biomass: Reaction, scores: Mapping[str, ReactionScore], args: Args
) -> tuple[Selection, Ensemble]:
    free = {*exchanges(biomass.model), biomass.id, MAINTENANCE}
    values = [
        0.0 if reaction.id in free else scores[reaction.id].score if reaction.id in scores else -args.penalty
        for reaction in reactions
    ]
    needed = [
        position for position, reaction in enumerate(reactions) if reaction.id in {biomass.id, MAINTENANCE}
    ]
    network, time_limit_s = FluxNetwork.of(reactions), args.time_limit_s / (1 + args.alternatives)
    selection = select_reactions(
        network, values, needed, gap=args.gap_fraction, time_limit_s=time_limit_s, seed=args.seed
    )
    ensemble = select_ensemble(
        network,
        values,
        needed,
        selection,
        count=args.alternatives,
        gap=args.gap_fraction,
        time_limit_s=time_limit_s,
        seed=args.seed,
    )
    return selection, ensemble


@dataclass(frozen=True, slots=True)
class _DraftContext:
    biomass: Reaction
    chosen: frozenset[str]
    filled: FilledDraft
    scores: Mapping[str, ReactionScore]
    lost: Mapping[str, float]

    def describe(self, reaction: Reaction) -> DraftReaction:
        score = self.scores.get(reaction.id)
        is_in = reaction.id in self.filled.reactions
        is_added = is_in and reaction.id not in self.chosen
        return DraftReaction(
            reaction=reaction.id,
            name=reaction.name or "",
            equation=reaction.reaction,
            decision="added" if is_added else "kept" if is_in else "left_out",
            reason=self._explain(reaction, score, is_in=is_in),
            score=score.score if score is not None else None,
            gene_rule=score.gene_rule if score is not None and is_in else "",
            identity_percent=None
            if score is None or score.identity_percent is None
            else round(score.identity_percent, 3),
            best_hits=" ".join(hit.reference for hit in score.hits) if score is not None else "",
            growth_lost_fraction=self.lost.get(reaction.id),
        )

    def _explain(self, reaction: Reaction, score: ReactionScore | None, *, is_in: bool) -> str:
        source = _name_source(score)
        media = [row.medium for row in self.filled.growths if reaction.id in row.added]
        if media:
            return f"{source}; without it there is no growth on {media[0]}"
        if reaction is self.biomass:
            return "biomass of the universal model"
        if reaction.boundary:
            return "exchange of a compound of the network" if is_in else "nothing in the network uses it"
        if is_in:
            return source if score is not None else f"{source}; connects reactions with genes"
        return source if score is None else f"{source}, but for a flux it needs too much without evidence"


def _name_source(score: ReactionScore | None) -> str:
    if score is None:
        return "no evidence"
    if score.is_spontaneous:
        return "spontaneous"
    return "genes" if score.score >= 0 else "genes of a part of its complex"


TOOL = Tool(
    name=BUILD,
    purpose="Draft a model from an annotated genome: run on a universal model; each reaction with evidence.",
    answers=("models from genomes",),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    rests_on=EVERYTHING,
    reference="Machado et al. 2018, doi:10.1093/nar/gky537; see reaction_selection",
    example={
        "gap_fraction": 0.05,
        "annotation": "sha256:952307bd17394a8f61b501682ab818ccae361827db3072c6e17e430d42ac56d6",
    },
    queue="tools.long",
    soft_time_limit_s=3_600,
)
