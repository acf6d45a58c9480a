"""From alike proteins to scores of reactions, through the gene rules of the reference models.

A complex has the mean bit score of its genes, one without a hit counting 0; a reaction has that of its best
complex, by the median of all reactions with a score. Of several genes of the genome that are like one gene of
the reference the best is taken (Machado et al. 2018, doi:10.1093/nar/gky537).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from fluxagents.tasks.fba.genomes.alignment import Hit
from fluxagents.tasks.fba.genomes.annotation import Annotation
from fluxagents.tasks.fba.genomes.reference_set import SPONTANEOUS, ReferenceSet, read_gene_rules

ISOZYME_FRACTION = 0.5
"""Of how alike the best complex is to its reference: one that is less so is no isozyme.

Bit scores would judge by length: enzymes of one reaction that are no relatives differ in it.
"""


@dataclass(frozen=True, slots=True)
class ReactionScore:
    """What the genome says about one reaction."""

    reaction: str
    score: float
    """1 for the median of all reactions that have evidence; 0 for a spontaneous one."""
    gene_rule: str
    hits: tuple[Hit, ...]
    """Those that the best complex rests on."""
    is_spontaneous: bool = False

    @property
    def identity_percent(self) -> float | None:
        """The mean over the hits of the best complex; None without any."""
        known = [hit.identity_percent for hit in self.hits if hit.identity_percent is not None]
        return sum(known) / len(known) if known else None


@dataclass(frozen=True, slots=True)
class _Complex:
    bits: float
    likeness: float
    """Mean of identity times coverage, as a fraction; a gene without a hit counts 0."""
    hits: tuple[Hit, ...]

    @property
    def genes(self) -> frozenset[str]:
        """Those of the genome."""
        return frozenset(hit.protein for hit in self.hits)

    @property
    def rule(self) -> str:
        return f"({' and '.join(sorted(self.genes))})" if len(self.genes) > 1 else min(self.genes)


def score_reactions(annotation: Annotation, reference: ReferenceSet) -> dict[str, ReactionScore]:
    """Scores of all reactions that some protein of the genome speaks for, and of the spontaneous ones."""
    hits = annotation.hits
    best: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda item: (-item.bit_score, item.protein)):
        best.setdefault(hit.reference, hit)
    members: dict[tuple[str, str, str], list[str]] = {}
    rules = read_gene_rules(reference)
    for model, gene, name, reaction in zip(
        rules["model"], rules["gene"], rules["complex"], rules["reaction"], strict=True
    ):
        members.setdefault((reaction, model, name), []).append(gene)
    complexes: dict[str, list[_Complex]] = {}
    spontaneous: set[str] = set()
    for (reaction, model, _), genes in members.items():
        real = [gene for gene in genes if gene not in SPONTANEOUS]
        if len(real) < len(genes):
            spontaneous.add(reaction)
        found = tuple(best[key] for gene in real if (key := f"{model}.{gene}") in best)
        if found:
            bits = sum(hit.bit_score for hit in found) / len(genes)
            likeness = sum(_compare(hit) for hit in found) / len(genes)
            complexes.setdefault(reaction, []).append(_Complex(bits, likeness, found))
    scores = _build_scores(complexes)
    for reaction in spontaneous - set(scores):
        scores[reaction] = ReactionScore(reaction, 0.0, "", (), is_spontaneous=True)
    return scores


def _compare(hit: Hit) -> float:
    """Identity times coverage, as a fraction; 1 for a hit that others found."""
    if hit.identity_percent is None or hit.coverage_fraction is None:
        return 1.0
    return hit.identity_percent / 100 * hit.coverage_fraction


def _build_scores(complexes: Mapping[str, list[_Complex]]) -> dict[str, ReactionScore]:
    leaders = {
        reaction: max(group, key=lambda item: (item.bits, item.rule)) for reaction, group in complexes.items()
    }
    if not leaders:
        return {}
    levels = sorted(leader.bits for leader in leaders.values())
    median = (levels[(len(levels) - 1) // 2] + levels[len(levels) // 2]) / 2
    return {
        reaction: ReactionScore(
            reaction,
            round(leader.bits / median, 3),
            _join_rules(complexes[reaction]),
            leader.hits,
        )
        for reaction, leader in leaders.items()
    }


def _join_rules(complexes: Collection[_Complex]) -> str:
    """The isozymes; of a complex and a part of it, which another reference takes for all, the complex."""
    least = ISOZYME_FRACTION * max(item.likeness for item in complexes)
    isozymes = [item for item in complexes if item.likeness >= least]
    whole = {item.rule for item in isozymes if not any(item.genes < other.genes for other in isozymes)}
    return " or ".join(sorted(whole))
