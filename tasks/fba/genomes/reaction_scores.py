"""From alike proteins to scores of reactions, through the gene rules of the reference models.

A complex has the weighted mean bit score of its genes, one without a hit counting 0; a reaction has that of
its best complex, by the median of all reactions with a score. Of several genes of the genome that are like
one gene of the reference the best is taken (Machado et al. 2018, doi:10.1093/nar/gky537).

A gene weighs as much as it says about this one reaction: one part in the count of all reactions that it has
in its model; and what a complex lacks costs as much as what has no evidence. So the two enzymes that all
phosphotransferase systems share do not speak for a sugar whose own permease is missing.

What the universal model does not have under the name of a curated model it may have under another one: of
two copies it has one reaction, and a reaction of membrane and medium as that of membrane and periplasm, which
BiGG gives the same name with `pp` behind. Evidence for the one counts for the other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from fluxagents.tasks.fba.genomes.alignment import Hit
from fluxagents.tasks.fba.genomes.annotation import Annotation
from fluxagents.tasks.fba.genomes.reference_set import SPONTANEOUS, ReferenceSet, read_gene_rules

_COPY = re.compile(r"_copy\d+$")

ISOZYME_FRACTION = 0.5
"""Of how alike the best complex is to its reference: one that is less so is no isozyme.

Bit scores would judge by length: enzymes of one reaction that are no relatives differ in it.
"""


@dataclass(frozen=True, slots=True)
class ReactionScore:
    """What the genome says about one reaction."""

    reaction: str
    score: float
    """1 for the median of all reactions that have evidence; 0 for a spontaneous one; below 0 if what the best
    complex lacks costs more than its genes bring."""
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
    missing_fraction: float
    """Of what its genes weigh: those without a hit."""
    hits: tuple[Hit, ...]

    @property
    def genes(self) -> frozenset[str]:
        """Those of the genome."""
        return frozenset(hit.protein for hit in self.hits)

    @property
    def rule(self) -> str:
        return f"({' and '.join(sorted(self.genes))})" if len(self.genes) > 1 else min(self.genes)


def score_reactions(
    annotation: Annotation, reference: ReferenceSet, universal: Collection[str], penalty: float
) -> dict[str, ReactionScore]:
    """Scores of all reactions that some protein of the genome speaks for, and of the spontaneous ones.

    Args:
        annotation: The hits of the genome's proteins.
        reference: Whose gene rules say what they catalyse.
        universal: Ids of the reactions that a model may have.
        penalty: What a reaction without evidence costs.
    """
    hits = annotation.hits
    best: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda item: (-item.bit_score, item.protein)):
        best.setdefault(hit.reference, hit)
    members: dict[tuple[str, str, str], dict[str, None]] = {}
    rules = read_gene_rules(reference)
    names = {reaction: _name_in(universal, reaction) for reaction in rules["reaction"].unique()}
    for model, gene, name, reaction in zip(
        rules["model"], rules["gene"], rules["complex"], rules["reaction"], strict=True
    ):
        members.setdefault((names[reaction], model, name), {})[gene] = None
    # Once for a gene that is in several complexes of a reaction.
    pairs = {
        (reaction, f"{model}.{gene}") for (reaction, model, _), genes in members.items() for gene in genes
    }
    reactions = Counter(gene for _, gene in pairs)
    complexes: dict[str, list[_Complex]] = {}
    spontaneous: set[str] = set()
    for (reaction, model, _), genes in members.items():
        real = [gene for gene in genes if gene not in SPONTANEOUS]
        if len(real) < len(genes):
            spontaneous.add(reaction)
        weights = {key: 1 / reactions[key] for key in (f"{model}.{gene}" for gene in real)}
        found = tuple(best[key] for key in weights if key in best)
        if found:
            complexes.setdefault(reaction, []).append(_weigh(weights, found))
    scores = _build_scores(complexes, penalty)
    for reaction in spontaneous - set(scores):
        scores[reaction] = ReactionScore(reaction, 0.0, "", (), is_spontaneous=True)
    return scores


def _name_in(universal: Collection[str], reaction: str) -> str:
    """The name of a reaction of a curated model in the universal model; its own if that has none."""
    plain = _COPY.sub("", reaction)
    return next((name for name in (reaction, plain, f"{plain}pp") if name in universal), reaction)


def _weigh(weights: Mapping[str, float], found: tuple[Hit, ...]) -> _Complex:
    whole = sum(weights.values())
    shares = [(hit, weights[hit.reference] / whole) for hit in found]
    return _Complex(
        bits=sum(share * hit.bit_score for hit, share in shares),
        likeness=sum(_compare(hit) for hit in found) / len(weights),
        missing_fraction=round(max(0.0, 1 - sum(share for _, share in shares)), 6),
        hits=found,
    )


def _compare(hit: Hit) -> float:
    """Identity times coverage, as a fraction; 1 for a hit that others found."""
    if hit.identity_percent is None or hit.coverage_fraction is None:
        return 1.0
    return hit.identity_percent / 100 * hit.coverage_fraction


def _build_scores(complexes: Mapping[str, list[_Complex]], penalty: float) -> dict[str, ReactionScore]:
    if not complexes:
        return {}
    levels = sorted(max(item.bits for item in group) for group in complexes.values())
    median = (levels[(len(levels) - 1) // 2] + levels[len(levels) // 2]) / 2

    def judge(item: _Complex) -> tuple[float, str]:
        return item.bits / median - penalty * item.missing_fraction, item.rule

    leaders = {reaction: max(group, key=judge) for reaction, group in complexes.items()}
    return {
        reaction: ReactionScore(
            reaction, round(judge(leader)[0], 3), _join_rules(complexes[reaction]), leader.hits
        )
        for reaction, leader in leaders.items()
    }


def _join_rules(complexes: Collection[_Complex]) -> str:
    """The isozymes; of a complex and a part of it, which another reference takes for all, the complex."""
    least = ISOZYME_FRACTION * max(item.likeness for item in complexes)
    isozymes = [item for item in complexes if item.likeness >= least]
    whole = {item.rule for item in isozymes if not any(item.genes < other.genes for other in isozymes)}
    return " or ".join(sorted(whole))
