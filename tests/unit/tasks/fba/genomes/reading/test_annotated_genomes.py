"""Genomes that other programs have annotated give their proteins under the names that these gave them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support import annotated_genomes as written

from fluxagents.tasks.fba.genomes.reading.genome_file import parse_genome
from fluxagents.tasks.fba.genomes.reading.protein_reading import read_proteins


@pytest.mark.parametrize(
    ("write", "name", "has_contigs"),
    [
        (written.write_prokka_gff, "PROKKA_0000", True),
        (written.write_bakta_gff, "ABCDEF_0000", True),
        (written.write_rast_gff, "fig_562.9.peg.", False),
        (written.write_prokka_genbank, "PROKKA_0000", True),
        (written.write_rast_genbank, "fig_562.9.peg.", True),
    ],
)
def test_proteins_are_those_of_the_program(write: Callable[[], str], name: str, has_contigs: bool) -> None:
    contigs = None if has_contigs else parse_genome("contigs.fna", written.write_fasta_text().encode())
    proteins = read_proteins(parse_genome("genome", write().encode()), contigs)
    genes = written.list_genes()
    assert [protein.protein for protein in proteins] == [f"{name}1", f"{name}2"]
    assert [protein.sequence for protein in proteins] == [gene.sequence for gene in genes]
    assert [protein.ec_numbers for protein in proteins] == [gene.ec_number for gene in genes]
    assert all(
        protein.function.startswith(gene.product) for protein, gene in zip(proteins, genes, strict=True)
    )
    assert [(protein.start, protein.end, protein.strand) for protein in proteins] == [
        (gene.start, gene.end, "+") for gene in genes
    ]
