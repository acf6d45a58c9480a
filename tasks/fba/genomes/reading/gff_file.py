"""GFF3: nine columns, of which the coding sequences are read (as Prokka, Bakta and RAST write them)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from urllib.parse import unquote

from fluxagents.tasks.fba.genomes.protein_table import Protein
from fluxagents.tasks.fba.genomes.reading.gene_calling import Contig
from fluxagents.tasks.fba.genomes.reading.genome_file import GenomeFile, refuse

COLUMNS = 9

_EC = re.compile(r"\b\d+\.\d+\.\d+\.(?:n?\d+|-)")
_KEGG = re.compile(r"\bK\d{5}\b")


@dataclass(frozen=True, slots=True)
class _Piece:
    """One line of a coding sequence; a gene over the origin has two."""

    contig: str
    start: int
    end: int
    strand: str
    words: dict[str, str]


def read_gff(file: GenomeFile, contigs: Sequence[Contig]) -> Iterator[Protein]:
    """The proteins of the coding sequences, translated from the contigs.

    Raises:
        FluxError: `BAD_ARGUMENT` for a line of another shape, or a contig that has no sequence.
    """
    sequences = {contig.name: contig.sequence for contig in contigs}
    translate = import_module("Bio.Seq").translate
    complement = import_module("Bio.Seq").reverse_complement
    for name, pieces in _group(file).items():
        first = pieces[0]
        if first.contig not in sequences:
            raise refuse(file.name, f"speaks of the contig '{first.contig}', which the sequences do not have")
        bases = "".join(sequences[first.contig][piece.start - 1 : piece.end] for piece in pieces)
        table = int(first.words.get("transl_table", "11"))
        sequence = translate(complement(bases) if first.strand == "-" else bases, table=table)
        everything = " ".join(first.words.values())
        yield Protein(
            protein=name,
            sequence=sequence.rstrip("*").partition("*")[0],
            contig=first.contig,
            start=min(piece.start for piece in pieces),
            end=max(piece.end for piece in pieces),
            strand=first.strand,
            function=first.words.get("product", first.words.get("Name", "")),
            ec_numbers=" ".join(dict.fromkeys(_EC.findall(everything))),
            kegg_orthologs=" ".join(dict.fromkeys(_KEGG.findall(everything))),
            source="GFF3",
        )


def _group(file: GenomeFile) -> dict[str, list[_Piece]]:
    genes: dict[str, list[_Piece]] = {}
    for number, line in enumerate(file.text.partition("##FASTA")[0].splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != COLUMNS or not (cells[3].isdigit() and cells[4].isdigit()):
            raise refuse(file.name, f"has no line of GFF3 at {number}: {line[:60]!r}")
        if cells[2] != "CDS":
            continue
        pairs = (pair.partition("=") for pair in cells[8].split(";") if "=" in pair)
        words = {key.strip(): unquote(value) for key, _, value in pairs}
        if words.get("pseudo") == "true":
            continue
        name = words.get("locus_tag") or words.get("ID") or f"{cells[0]}_{number}"
        genes.setdefault(name, []).append(_Piece(cells[0], int(cells[3]), int(cells[4]), cells[6], words))
    if not genes:
        raise refuse(file.name, "has no coding sequence (CDS)")
    return genes
