"""What the proteins of a genome are: the reference proteins that each is like, and the reactions of those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.genomes.alignment import Hit, align, find_aligner
from fluxagents.tasks.fba.genomes.annotation import ANNOTATE, Annotation
from fluxagents.tasks.fba.genomes.protein_table import Protein
from fluxagents.tasks.fba.genomes.reference_set import PACKAGE, find_reference, read_gene_rules
from fluxagents.tasks.fba.genomes.stored_genome import GenomeArgs, read_stored_proteins
from fluxagents.tasks.ports.results import Result as ToolResult
from fluxagents.tasks.ports.results import ResultFile
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Model

Confidence = Literal["high", "medium", "low", "none"]

CONFIDENT: Mapping[Confidence, tuple[float, float]] = {"high": (60.0, 0.8), "medium": (35.0, 0.7)}
"""The least identity (percent) and coverage (fraction) of the best hit; one with less is low."""


class Args(GenomeArgs):
    """The genome."""


class ProteinAnnotation(BaseModel):
    """One protein and its best hit; empty and None without one."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    protein: str
    function: str = Field(description="As the genome's file says.")
    confidence: Confidence
    best_hit: str
    identity_percent: float | None = Field(description="Percent of the aligned residues.")
    coverage_fraction: float | None
    bit_score: float | None = Field(description="In bits.")
    hits: int = Field(description="Count of reference proteins within 10 % of the best bit score.")
    reactions: tuple[str, ...] = Field(description="BiGG ids, of the best hit's gene.")
    ec_numbers: str
    kegg_orthologs: str


class Result(ToolResult):
    """Every protein of the genome, with its hits in a table of their own."""

    proteins: tuple[ProteinAnnotation, ...]
    annotation: Annotation

    def files(self) -> Sequence[ResultFile]:
        return (self.annotation.file,)

    def display(self, limit: int) -> dict[str, JsonValue]:
        counts = Counter(protein.confidence for protein in self.proteins)
        shown = [protein for protein in self.proteins if protein.confidence != "none"][:limit]
        return {
            "proteins_count": len(self.proteins),
            "annotated_count": len(self.proteins) - counts["none"],
            "by_confidence_count": {name: counts[name] for name in ("high", "medium", "low", "none")},
            "reactions_count": len({name for protein in self.proteins for name in protein.reactions}),
            "aligner": self.annotation.aligner,
            "reference": self.annotation.reference,
            "annotation": self.annotation.file.display(),
            "examples": [
                cut_text(f"{item.protein}: {item.best_hit}, bit score {item.bit_score}") for item in shown
            ],
        }

    def tables(self) -> Mapping[str, pd.DataFrame]:
        proteins = [
            {**protein.model_dump(), "reactions": " ".join(protein.reactions)} for protein in self.proteins
        ]
        numbers = dict.fromkeys(("identity_percent", "coverage_fraction", "bit_score"), "float64")
        return {
            "proteins": pd.DataFrame(proteins, columns=list(ProteinAnnotation.model_fields)).astype(numbers),
            "hits": pd.DataFrame(
                [hit.model_dump() for hit in self.annotation.hits], columns=list(Hit.model_fields)
            ),
        }


def gather(sources: Sources, args: Args) -> tuple[Protein, ...]:
    """The proteins; raises as `read_stored_proteins`."""
    return read_stored_proteins(sources, args)


def run(model: Model | None, args: Args, proteins: Sequence[Protein]) -> Result:
    """Align the proteins of a genome with those of the curated models of BiGG.

    Identity in percent, coverage as a fraction of the longer protein. The confidence is high from 60 %
    identity over 80 % of the length, medium from 35 % over 70 %, and low below: such a hit may only be of the
    same family.

    Facts for flows: `proteins_count`, `annotated_count`, `reactions_count`, `annotation.digest`.

    Raises:
        FluxError: `BAD_ARGUMENT` if no aligner or no reference is installed; `TIMEOUT`.
    """
    del model
    reference = find_reference()
    hits: tuple[Hit, ...] = ()
    aligner = "none, as no protein has a sequence"
    if any(protein.sequence for protein in proteins):
        program = find_aligner()
        hits, aligner = align(proteins, reference.proteins, program), str(program)
    hits = (*hits, *_read_imported(proteins, {hit.protein for hit in hits}))
    rules = read_gene_rules(reference)
    reactions: dict[str, set[str]] = {}
    for name, gene, reaction in zip(rules["model"], rules["gene"], rules["reaction"], strict=True):
        reactions.setdefault(f"{name}.{gene}", set()).add(reaction)
    by_protein: dict[str, list[Hit]] = {}
    for hit in hits:
        by_protein.setdefault(hit.protein, []).append(hit)
    return Result(
        proteins=tuple(
            _describe(protein, by_protein.get(protein.protein, ()), reactions) for protein in proteins
        ),
        annotation=Annotation(
            genome=args.genome,
            aligner=aligner,
            reference=f"{PACKAGE} {reference.version}",
            hits=hits,
        ),
    )


def _describe(
    protein: Protein, hits: Sequence[Hit], reactions: Mapping[str, Iterable[str]]
) -> ProteinAnnotation:
    best = hits[0] if hits else None
    known = set(reactions.get(best.reference, ()) if best is not None else ())
    return ProteinAnnotation(
        protein=protein.protein,
        function=protein.function,
        confidence=_judge(best),
        best_hit=best.reference if best else "",
        identity_percent=best.identity_percent if best else None,
        coverage_fraction=best.coverage_fraction if best else None,
        bit_score=best.bit_score if best else None,
        hits=len(hits),
        reactions=tuple(sorted(known)),
        ec_numbers=protein.ec_numbers,
        kegg_orthologs=protein.kegg_orthologs,
    )


def _read_imported(proteins: Sequence[Protein], found: Collection[str]) -> Iterator[Hit]:
    """Hits that the genome came with, of the proteins for which none were found here."""
    for protein in proteins:
        if protein.protein not in found and protein.bit_score is not None:
            for gene in protein.bigg_genes.split():
                yield Hit(
                    protein=protein.protein,
                    reference=gene,
                    identity_percent=None,
                    coverage_fraction=None,
                    e_value=None,
                    bit_score=protein.bit_score,
                )


def _judge(best: Hit | None) -> Confidence:
    if best is None:
        return "none"
    for name, (identity, coverage) in CONFIDENT.items():
        if (best.identity_percent or 0.0) >= identity and (best.coverage_fraction or 0.0) >= coverage:
            return name
    return "low"


TOOL = Tool(
    name=ANNOTATE,
    purpose="Which reactions the proteins of a genome catalyse: hits among curated models, with confidence.",
    answers=("models from genomes",),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    rests_on=EVERYTHING,
    needs_model=False,
    reference="Buchfink et al. 2021, doi:10.1038/s41592-021-01101-x; Steinegger 2017, doi:10.1038/nbt.3988",
    example={"genome": "sha256:8ec238c69ee6eb8ed52608f91b5f98e421be245a024a20cf48d01215e596a0f9"},
    queue="tools.long",
    soft_time_limit_s=3_600,
)
