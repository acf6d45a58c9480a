"""Small genomes that are real enough: proteins of E. coli's core metabolism, and annotations of them."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from fluxagents.tasks.fba.genomes.alignment import Hit
from fluxagents.tasks.fba.genomes.annotation import Annotation
from fluxagents.tasks.fba.genomes.draft_model import DraftReaction, ModelDraft
from fluxagents.tasks.fba.genomes.reading.eggnog_table import read_eggnog
from fluxagents.tasks.fba.genomes.reading.genome_file import read_genome_file
from fluxagents.tasks.fba.genomes.reference_set import find_reference, read_gene_rules
from fluxagents.tasks.ports.artifacts import ArtifactStore

GENOME = Path(__file__).parents[1] / "data" / "genomes" / "glycolysis.emapper.annotations"
"""Fifteen enzymes of E. coli, as eggNOG-mapper describes them: no aligner is needed to know what they are."""

LEFT_OUT = frozenset({"FRUpts2", "EX_fru_e"})
"""Of the core model, in the draft that examples name."""


@cache
def read_reference_proteins(count: int) -> tuple[tuple[str, str], ...]:
    """The first proteins of the reference set with their sequences."""
    with find_reference().proteins.open(encoding="ascii") as lines:
        pairs = zip(lines, lines, strict=False)
        return tuple((header[1:].strip(), body.strip()) for header, body in islice(pairs, count))


def write_fasta(file: Path, records: Collection[tuple[str, str]]) -> Path:
    """A FASTA file with these ids and sequences."""
    file.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in records), encoding="ascii")
    return file


def annotate_from_rules(model: Any, hidden: Collection[str]) -> Annotation:
    """A hit for each gene that the reference set knows for the reactions that are not hidden."""
    rules: pd.DataFrame = read_gene_rules(find_reference())
    names = {reaction.id for reaction in model.reactions} - set(hidden)
    chosen = rules[rules["reaction"].isin(names)]
    keys = sorted({f"{model}.{gene}" for model, gene in zip(chosen["model"], chosen["gene"], strict=True)})
    wrong = rules[rules["reaction"].isin(hidden)]
    withheld = {f"{model}.{gene}" for model, gene in zip(wrong["model"], wrong["gene"], strict=True)}
    hits = [
        Hit(
            protein=key.replace(".", "_"),
            reference=key,
            identity_percent=100.0,
            coverage_fraction=1.0,
            e_value=0.0,
            bit_score=600.0 + len(key),
        )
        for key in keys
        if key not in withheld
    ]
    return Annotation(genome="", aligner="diamond 2.1.3", reference="carveme 1.6.6", hits=tuple(hits))


def store_examples(artifacts: ArtifactStore, model: Any) -> None:
    """Store the genome, annotation and draft whose digests the examples of tools name."""
    genome_file = read_genome_file(GENOME)
    genome = artifacts.put_file(genome_file.file, tool="").digest
    hits = [
        Hit(
            protein=protein.protein,
            reference=protein.bigg_genes,
            identity_percent=None,
            coverage_fraction=None,
            e_value=None,
            bit_score=protein.bit_score or 0.0,
        )
        for protein in read_eggnog(genome_file)
    ]
    annotation = Annotation(genome=genome, aligner="none", reference="carveme", hits=tuple(hits))
    artifacts.put_file(annotation.file, tool="")
    rows = [
        DraftReaction(
            reaction=reaction.id,
            name=reaction.name,
            equation=reaction.reaction,
            decision="left_out" if reaction.id in LEFT_OUT else "kept",
            reason="genes" if reaction.gene_reaction_rule else "no evidence",
            score=1.0 if reaction.gene_reaction_rule else None,
            gene_rule=reaction.gene_reaction_rule,
            identity_percent=None,
            best_hits="",
            growth_lost_fraction=None,
        )
        for reaction in model.reactions
    ]
    draft = ModelDraft(
        genome=genome,
        universal="e_coli_core",
        medium_mmol_per_gdw_h={name: limit for name, limit in model.medium.items() if name not in LEFT_OUT},
        reactions=tuple(rows),
    )
    artifacts.put_file(draft.file, tool="")


def read_benchmark_proteins(genome: str, count: int) -> tuple[tuple[str, str], ...]:
    """The first proteins of a genome that comes with the reference set, with their sequences."""
    file = find_reference().folder.parent / "benchmark" / "fasta" / f"{genome}.faa"
    records = f"\n{file.read_text(encoding='ascii')}".split("\n>")[1 : count + 1]
    pairs = (record.partition("\n") for record in records)
    return tuple((header.strip().partition(" ")[0], body.replace("\n", "")) for header, _, body in pairs)
