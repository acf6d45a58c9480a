"""A genome's file and the contigs beside it belong together, or it is said why not."""

from __future__ import annotations

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.genomes.reading.genome_file import check_sequences, parse_genome

GFF = parse_genome("f.gff", b"##gff-version 3\n")
WHOLE = parse_genome("w.gff", b"##gff-version 3\n##FASTA\n>c\nACGT\n")
CONTIGS = parse_genome("c.fna", b">c\nACGTACGT\n")
PROTEINS = parse_genome("p.faa", b">a\nMKVLAAGIVGLCAKAYESTQ\n")


def test_contigs_stand_where_they_are_needed() -> None:
    for file, sequences in (
        (GFF, CONTIGS),
        (WHOLE, None),
        (WHOLE, CONTIGS),
        (PROTEINS, None),
        (CONTIGS, None),
    ):
        check_sequences(file, sequences)
    for file, contigs, words in (
        (GFF, None, "'f.gff' has no sequences"),
        (GFF, PROTEINS, "'p.faa' is protein FASTA, and GFF3 needs nucleotides"),
        (PROTEINS, CONTIGS, "'p.faa' is protein FASTA and needs no second file"),
    ):
        with pytest.raises(FluxError, match=words):
            check_sequences(file, contigs)
