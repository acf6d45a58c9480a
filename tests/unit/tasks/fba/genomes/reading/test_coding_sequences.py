"""Coding sequences over the origin, in pieces, cut off at a contig's end, and with several starts."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from Bio import SeqFeature as FeatureModule
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.genomes.protein_table import Protein
from fluxagents.tasks.fba.genomes.reading.genome_file import parse_genome
from fluxagents.tasks.fba.genomes.reading.protein_reading import read_proteins

Feature: Any = FeatureModule
"""Biopython has no types here."""

GENE = "ATGAAAGAATGGTAA"
"""Of the protein MKEW."""

BACKWARDS = "TTACCATTCTTTCAT"


def read_gff(contig: str, *lines: str) -> tuple[Protein, ...]:
    body = "\n".join(f"c\tx\t{line}" for line in lines)
    return read_proteins(parse_genome("g.gff", f"##gff-version 3\n{body}\n##FASTA\n>c\n{contig}\n".encode()))


@pytest.mark.parametrize(
    ("contig", "lines", "sequence"),
    [
        (GENE[9:] + "GG" + GENE[:9], ("region\t1\t17\t.\t+\t.\tIs_circular=true",
                                     "CDS\t9\t23\t.\t+\t0\tID=a"), "MKEW"),
        (GENE[9:] + "GG" + GENE[:9], ("CDS\t9\t17\t.\t+\t0\tID=a", "CDS\t1\t6\t.\t+\t0\tID=a"), "MKEW"),
        (GENE[:6] + "G" + GENE[6:], ("CDS\t1\t6\t.\t+\t0\tID=a", "CDS\t8\t16\t.\t+\t0\tID=a"), "MKEW"),
        (BACKWARDS[:9] + "G" + BACKWARDS[9:],
         ("CDS\t11\t16\t.\t-\t0\tID=a", "CDS\t1\t9\t.\t-\t0\tID=a"), "MKEW"),
        (GENE[1:], ("CDS\t1\t14\t.\t+\t2\tID=a",), "KEW"),
        (BACKWARDS[:-1] , ("CDS\t1\t14\t.\t-\t2\tID=a",), "KEW"),
        (GENE.replace("T", "U"), ("CDS\t1\t15\t.\t+\t0\tID=a",), "MKEW"),
    ],
    ids=["over the origin", "over the origin in pieces", "pieces", "pieces backwards", "cut off",
         "cut off backwards", "RNA"],
)  # fmt: skip
def test_a_gene_is_read_from_its_first_codon(contig: str, lines: tuple[str, ...], sequence: str) -> None:
    [protein] = read_gff(contig, *lines)
    assert protein.sequence == sequence


def test_of_several_starts_of_a_gene_the_first_counts() -> None:
    contig = "ATGATG" + GENE + "GG" + GENE
    whole = "CDS\t1\t21\t.\t+\t0\tID=cds-1;locus_tag=b1"
    part = "CDS\t7\t21\t.\t+\t0\tID=cds-2;locus_tag=b1"
    for lines in ((whole, part), (part, whole)):
        [protein] = read_gff(contig, *lines)
        assert (protein.protein, protein.sequence) == ("b1", "MMMKEW")
    with pytest.raises(FluxError, match="has the id 'b1' twice"):
        read_gff(contig, whole, "CDS\t24\t38\t.\t+\t0\tID=cds-3;locus_tag=b1")


def test_a_genbank_gene_that_is_cut_off_begins_at_its_first_whole_codon() -> None:
    record = SeqRecord(Seq(GENE[1:]), id="c", annotations={"molecule_type": "DNA"})
    words = {"locus_tag": ["b1"], "codon_start": ["3"]}
    record.features = [Feature.SeqFeature(Feature.SimpleLocation(0, 14, 1), type="CDS", qualifiers=words)]
    out = StringIO()
    SeqIO.write(record, out, "genbank")
    [protein] = read_proteins(parse_genome("g.gbk", out.getvalue().encode()))
    assert protein.sequence == "KEW"
