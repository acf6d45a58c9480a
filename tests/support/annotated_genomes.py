"""Two genes of E. coli, enolase and phosphoglycerate kinase, as the usual programs write a genome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap

from tests.support.genomes import read_benchmark_proteins

CODONS = dict(
    zip(
        "ARNDCQEGHILKMFPSTWYV",
        wrap("GCGCGTAACGATTGCCAGGAAGGCCATATTCTGAAAATGTTTCCGAGCACCTGGTATGTG", 3),
        strict=True,
    )
)
"""The codon that E. coli uses most for each amino acid."""

BEFORE = 24
"""Bases of the contig before the first gene, and between the two."""


@dataclass(frozen=True, slots=True)
class Gene:
    """A gene of the forward strand."""

    number: int
    sequence: str
    product: str
    ec_number: str
    start: int

    @property
    def bases(self) -> str:
        return "".join(CODONS[letter] for letter in self.sequence) + "TAA"

    @property
    def end(self) -> int:
        return self.start + len(self.bases) - 1


def list_genes() -> tuple[Gene, Gene]:
    """The genes b2779 and b2926."""
    known = dict(read_benchmark_proteins("Ecoli_K12_MG1655", 4_321))
    first = Gene(1, known["b2779"], "Enolase", "4.2.1.11", BEFORE + 1)
    return first, Gene(2, known["b2926"], "Phosphoglycerate kinase", "2.7.2.3", first.end + BEFORE + 1)


def write_contig() -> str:
    """The bases of both."""
    return "".join("TTAACTAGCTAAGGAGGTTTAACT" + gene.bases for gene in list_genes())


def write_fasta_text() -> str:
    return f">contig_1\n{write_contig()}\n"


def write_prokka_gff() -> str:
    """GFF3 with its contigs behind."""
    lines = [
        f"contig_1\tProdigal:002006\tCDS\t{gene.start}\t{gene.end}\t.\t+\t0\tID=PROKKA_0000{gene.number};"
        f"eC_number={gene.ec_number};inference=ab initio prediction:Prodigal:002006;"
        f"locus_tag=PROKKA_0000{gene.number};product={gene.product}"
        for gene in list_genes()
    ]
    head = f"##gff-version 3\n##sequence-region contig_1 1 {len(write_contig())}\n"
    return head + "\n".join(lines) + "\n##FASTA\n" + write_fasta_text()


def write_bakta_gff() -> str:
    """GFF3 with features of other kinds, a gene and its coding sequence, and contigs behind."""
    lines = [f"contig_1\tBakta\tregion\t1\t{len(write_contig())}\t.\t+\t.\tID=contig_1;Name=contig_1"]
    for gene in list_genes():
        place = f"{gene.start}\t{gene.end}\t.\t+\t"
        tag = f"ABCDEF_0000{gene.number}"
        words = f"locus_tag={tag};Dbxref=EC:{gene.ec_number},SO:0001217;Parent={tag}_gene"
        lines += [
            f"contig_1\tProdigal\tgene\t{place}.\tID={tag}_gene;locus_tag={tag}",
            f"contig_1\tProdigal\tCDS\t{place}0\tID={tag};Name={gene.product};product={gene.product};{words}",
        ]
    head = "##gff-version 3\n##feature-ontology https://example.org/so.obo\n# Annotated with Bakta\n"
    return head + "\n".join(lines) + "\n##FASTA\n" + write_fasta_text()


def write_rast_gff() -> str:
    """GFF3 without contigs; a column of frames, and ids with bars."""
    lines = [
        f"contig_1\tFIG\tCDS\t{gene.start}\t{gene.end}\t.\t+\t0\tID=fig|562.9.peg.{gene.number};"
        f"Name={gene.product} %28EC {gene.ec_number}%29;Ontology_term=KEGG_ENZYME:{gene.ec_number}"
        for gene in list_genes()
    ]
    return "##gff-version 3\n" + "\n".join(lines) + "\n"


def write_prokka_genbank() -> str:
    return _write_genbank(
        {
            gene.number: {
                "locus_tag": f"PROKKA_0000{gene.number}",
                "EC_number": gene.ec_number,
                "codon_start": "1",
                "transl_table": "11",
                "product": gene.product,
                "translation": gene.sequence,
            }
            for gene in list_genes()
        }
    )


def write_rast_genbank() -> str:
    """Without locus tags: genes are called by references to SEED."""
    return _write_genbank(
        {
            gene.number: {
                "db_xref": f"SEED:fig|562.9.peg.{gene.number}",
                "translation": gene.sequence,
                "product": f"{gene.product} (EC {gene.ec_number})",
            }
            for gene in list_genes()
        }
    )


def _write_genbank(qualifiers: Mapping[int, Mapping[str, str]]) -> str:
    contig = write_contig()
    lines = [
        f"LOCUS       contig_1             {len(contig):>7} bp    DNA     linear   UNK 30-NOV-2026",
        "DEFINITION  Escherichia coli strain strain.",
        "ACCESSION   contig_1",
        "FEATURES             Location/Qualifiers",
        f"     source          1..{len(contig)}",
        '                     /mol_type="genomic DNA"',
    ]
    for gene in list_genes():
        lines.append(f"     CDS             {gene.start}..{gene.end}")
        for name, value in qualifiers[gene.number].items():
            lines += [" " * 21 + part for part in wrap(f'/{name}="{value}"', 58)]
    lines.append("ORIGIN")
    for at in range(0, len(contig), 60):
        row = contig[at : at + 60].lower()
        lines.append(f"{at + 1:>9} " + " ".join(row[start : start + 10] for start in range(0, len(row), 10)))
    return "\n".join([*lines, "//", ""])
