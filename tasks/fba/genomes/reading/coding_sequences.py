"""Coding sequences: from bases to proteins, and the genes that a file names more than once."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from importlib import import_module

from fluxagents.tasks.fba.genomes.protein_table import Protein
from fluxagents.tasks.fba.genomes.reading.genome_file import GenomeFile, refuse, refuse_twice

BACTERIAL_CODE = "11"
"""NCBI's number of the genetic code of bacteria, archaea and plastids."""

CODON = 3


def translate(file: GenomeFile, gene: str, bases: str, code: str) -> str:
    """The protein up to its first stop; bases after the last whole codon are left out.

    Args:
        file: That names the gene.
        gene: Its id, for errors.
        bases: From the first base of a codon, in the direction of the gene.
        code: NCBI's number of the genetic code.

    Raises:
        FluxError: `BAD_ARGUMENT` if there is no such code.
    """
    codes = import_module("Bio.Data.CodonTable").unambiguous_dna_by_id
    if not code.isdecimal() or int(code) not in codes:
        raise refuse(
            file.name, f"gives '{gene}' the genetic code '{code}', which is none", "bacteria have code 11"
        )
    whole = bases[: len(bases) // CODON * CODON]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of codes whose stops may also be amino acids
        return str(import_module("Bio.Seq").translate(whole, table=int(code), to_stop=True))


def keep_longest(file: GenomeFile, proteins: Iterable[Protein]) -> list[Protein]:
    """One protein for each id: of coding sequences of one gene, which begin at several starts, the longest.

    Raises:
        FluxError: `BAD_ARGUMENT` if two that share no base have the same id.
    """
    kept: dict[str, Protein] = {}
    for protein in proteins:
        other = kept.setdefault(protein.protein, protein)
        if other is protein:
            continue
        if not _overlap(other, protein):
            raise refuse_twice(file.name, protein.protein)
        if len(protein.sequence) > len(other.sequence):
            kept[protein.protein] = protein
    return list(kept.values())


def _overlap(one: Protein, other: Protein) -> bool:
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return False
    is_same_strand = (one.contig, one.strand) == (other.contig, other.strand)
    return is_same_strand and one.start <= other.end and other.start <= one.end
