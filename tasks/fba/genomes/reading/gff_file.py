"""GFF3: nine columns, of which the coding sequences are read (as Prokka, Bakta and RAST write them)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from urllib.parse import unquote

from fluxagents.tasks.fba.genomes.protein_table import Protein
from fluxagents.tasks.fba.genomes.reading.coding_sequences import BACTERIAL_CODE, translate
from fluxagents.tasks.fba.genomes.reading.contigs import Contig
from fluxagents.tasks.fba.genomes.reading.genome_file import GenomeFile, refuse

COLUMNS = 9

_EC = re.compile(r"\b\d+\.\d+\.\d+\.(?:n?\d+|-)")
_KEGG = re.compile(r"\bK\d{5}\b")
_PHASES = ("0", "1", "2")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of nine columns."""

    number: int
    contig: str
    kind: str
    start: int
    """Counted from 1, as `end`; a feature over the origin of a circular contig ends behind the contig."""
    end: int
    strand: str
    phase: int
    """Bases before the first whole codon."""
    words: dict[str, str]


def read_gff(file: GenomeFile, contigs: Sequence[Contig]) -> Iterator[Protein]:
    """The proteins of the coding sequences, translated from the contigs.

    Raises:
        FluxError: `BAD_ARGUMENT` for a line of another shape, or a place that the contigs do not have.
    """
    sequences = {contig.name: contig.sequence for contig in contigs}
    lines = list(_read_lines(file))
    circular = {line.contig for line in lines if line.words.get("Is_circular") == "true"}
    for pieces in _group(file, lines):
        first = pieces[0]
        for piece in pieces:
            _check_place(file, piece, sequences.get(piece.contig), is_circular=piece.contig in circular)
        whole = sequences[first.contig] * (1 + (first.contig in circular))
        bases = "".join(whole[piece.start - 1 : piece.end] for piece in pieces)
        phase = first.phase
        if first.strand == "-":
            bases, phase = import_module("Bio.Seq").reverse_complement(bases), pieces[-1].phase
        name = first.words.get("locus_tag") or first.words.get("ID") or f"{first.contig}_{first.number}"
        everything = " ".join(first.words.values())
        yield Protein(
            protein=name,
            sequence=translate(file, name, bases[phase:], first.words.get("transl_table", BACTERIAL_CODE)),
            contig=first.contig,
            start=min(piece.start for piece in pieces),
            end=max(piece.end for piece in pieces),
            strand=first.strand,
            function=first.words.get("product", first.words.get("Name", "")),
            ec_numbers=" ".join(dict.fromkeys(_EC.findall(everything))),
            kegg_orthologs=" ".join(dict.fromkeys(_KEGG.findall(everything))),
            source="GFF3",
        )


def _read_lines(file: GenomeFile) -> Iterator[_Line]:
    for number, text in enumerate(file.text.partition("##FASTA")[0].splitlines(), start=1):
        if not text or text.startswith("#"):
            continue
        cells = text.split("\t")
        if len(cells) != COLUMNS or not (cells[3].isdecimal() and cells[4].isdecimal()):
            raise refuse(file.name, f"has no line of GFF3 at {number}: {text[:60]!r}")
        pairs = (pair.partition("=") for pair in cells[8].split(";") if "=" in pair)
        words = {key.strip(): unquote(value) for key, _, value in pairs}
        phase = int(cells[7]) if cells[7] in _PHASES else 0
        yield _Line(number, cells[0], cells[2], int(cells[3]), int(cells[4]), cells[6], phase, words)


def _group(file: GenomeFile, lines: Sequence[_Line]) -> list[list[_Line]]:
    """The pieces of each coding sequence: lines with one id, on the reverse strand from the left."""
    genes: dict[tuple[str, ...], list[_Line]] = {}
    for line in lines:
        if line.kind == "CDS" and line.words.get("pseudo") != "true":
            name = line.words.get("ID") or line.words.get("locus_tag") or str(line.number)
            genes.setdefault((name, line.contig, line.strand), []).append(line)
    if not genes:
        raise refuse(file.name, "has no coding sequence (CDS)")
    return [
        sorted(pieces, key=lambda piece: piece.start) if strand == "-" else pieces
        for (_, _, strand), pieces in genes.items()
    ]


def _check_place(file: GenomeFile, piece: _Line, sequence: str | None, *, is_circular: bool) -> None:
    if sequence is None:
        raise refuse(file.name, f"speaks of the contig '{piece.contig}', which the sequences do not have")
    last = len(sequence) * (1 + is_circular)
    if not (1 <= piece.start <= min(piece.end, len(sequence)) and piece.end <= last):
        raise refuse(
            file.name,
            f"has a coding sequence from {piece.start} to {piece.end} in line {piece.number}, and the contig "
            f"'{piece.contig}' has {len(sequence)} bases",
            "give the contigs that it was written for",
        )
