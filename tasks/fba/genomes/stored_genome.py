"""A genome as a tool names it: the digests of stored files, and the proteins that are in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.tasks.fba.genomes.protein_table import Protein
from fluxagents.tasks.fba.genomes.reading.eggnog_table import add_eggnog
from fluxagents.tasks.fba.genomes.reading.genome_file import (
    GenomeFile,
    GenomeFormat,
    parse_genome,
)
from fluxagents.tasks.fba.genomes.reading.protein_reading import read_proteins
from fluxagents.tasks.ports.results import Args

if TYPE_CHECKING:
    from fluxagents.tasks.ports.artifacts import ArtifactStore
    from fluxagents.tasks.ports.sources import Sources

FileDigest = Annotated[str, Field(min_length=6, max_length=300)]


class StoredGenome(BaseModel):
    """A genome's file that tools can name."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    digest: str
    """Of its unpacked text: the input `genome` of tools and flows."""
    format: GenomeFormat
    """As its content tells."""
    size_bytes: int
    """Unpacked."""


class GenomeArgs(Args):
    """Which genome."""

    genome: FileDigest = Field(
        description="Digest of its file (FASTA, GenBank, GFF3 or eggNOG), as `fluxagents genomes add` prints."
    )
    sequences: FileDigest | None = Field(
        default=None, description="Digest of the contigs of a GFF3 file that has none itself."
    )
    annotations: FileDigest | None = Field(
        default=None, description="Digest of eggNOG-mapper's table for the same proteins."
    )


def store_genome(artifacts: ArtifactStore, genome: GenomeFile) -> StoredGenome:
    """Store a genome under the digest of its unpacked text."""
    ref = artifacts.put_file(genome.file, tool="")
    return StoredGenome(digest=ref.digest, format=genome.format, size_bytes=ref.size_bytes)


def read_stored_proteins(sources: Sources, args: GenomeArgs) -> tuple[Protein, ...]:
    """The proteins of a stored genome; genes of nucleotides without marked ones are called.

    Raises:
        FluxError: `UNKNOWN_ID` if a file is not stored, `BAD_ARGUMENT` if it is no genome.
    """
    contigs = None if args.sequences is None else _read_file(sources, args.sequences)
    proteins = read_proteins(_read_file(sources, args.genome), contigs)
    return (
        proteins if args.annotations is None else add_eggnog(proteins, _read_file(sources, args.annotations))
    )


def _read_file(sources: Sources, text: str) -> GenomeFile:
    digest = sources.artifacts.find(text)
    return parse_genome(digest, sources.artifacts.get(digest))
