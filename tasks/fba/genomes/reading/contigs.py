"""Contigs: pieces of nucleotide sequence, each with an id of its own and no other letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fluxagents.tasks.fba.genomes.reading.genome_file import (
    NUCLEOTIDES,
    GenomeFile,
    refuse,
    refuse_empty_record,
    refuse_twice,
)


@dataclass(frozen=True, slots=True)
class Contig:
    """A piece of nucleotide sequence, with T where RNA has U."""

    name: str
    sequence: str


def read_contigs(file: GenomeFile, records: Iterable[tuple[str, str]]) -> tuple[Contig, ...]:
    """The contigs of a file, from the ids and sequences of its records.

    Raises:
        FluxError: `BAD_ARGUMENT` if an id occurs twice, a contig is empty, or holds what is no nucleotide.
    """
    contigs: dict[str, Contig] = {}
    for name, sequence in records:
        if name in contigs:
            raise refuse_twice(file.name, name)
        if not sequence:
            raise refuse_empty_record(file.name, name)
        if strange := set(sequence) - NUCLEOTIDES:
            raise refuse(
                file.name,
                f"has the letter {min(strange)!r} in the contig '{name}', which is no nucleotide",
                "give contigs, or the proteins alone",
            )
        contigs[name] = Contig(name, sequence.replace("U", "T"))
    return tuple(contigs.values())
